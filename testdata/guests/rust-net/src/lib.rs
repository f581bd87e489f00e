//! A program that does with the network what its first argument says, by the
//! functions of wasi:sockets and wasi:http alone.

wit_bindgen::generate!({
    inline: "package demo:net; world net { include wasi:cli/imports@0.2.12; import wasi:http/outgoing-handler@0.2.12; export wasi:cli/run@0.2.12; }",
    path: "../../../wit/packages/wasi",
    world: "demo:net/net",
    generate_all,
});

mod everything;
mod http;
mod orphans;
mod pump;
mod revoked;

use wasi::io::streams::{InputStream, OutputStream, StreamError};
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::ip_name_lookup::resolve_addresses;
use wasi::sockets::network::{ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress};
use wasi::sockets::tcp::{ShutdownType, TcpSocket};
use wasi::sockets::tcp_create_socket::create_tcp_socket;
use wasi::sockets::udp::{OutgoingDatagram, OutgoingDatagramStream, UdpSocket};
use wasi::sockets::udp_create_socket::create_udp_socket;

struct Program;
export!(Program);

impl exports::wasi::cli::run::Guest for Program {
    fn run() -> Result<(), ()> {
        let args = wasi::cli::environment::get_arguments();
        let args: Vec<&str> = args.iter().skip(1).map(|s| s.as_str()).collect();
        command(&args).map_err(|e| print(&format!("error: {e}\n")))
    }
}

pub type Outcome = Result<(), String>;

pub fn print(text: &str) {
    let out = wasi::cli::stdout::get_stdout();
    for part in text.as_bytes().chunks(4096) {
        let _ = out.blocking_write_and_flush(part);
    }
}

fn command(args: &[&str]) -> Outcome {
    match args {
        ["send", to, text] => send(address(to)?, text),
        ["get", name, port, text] => get(name, port, text),
        ["bulk", to, size] => bulk(address(to)?, size.parse().unwrap()),
        ["serve", at, n] => serve(address(at)?, n.parse().unwrap()),
        ["udp-send", from, to, text] => udp_send(address(from)?, address(to)?, text),
        ["udp-serve", at, n] => udp_serve(address(at)?, n.parse().unwrap()),
        ["resolve", name] => resolve(name).map(|all| print(&format!("{}\n", all.iter().map(|a| text(&with_port(a, 0))).collect::<Vec<_>>().join(" ")))),
        ["leak", to, n] => leak(address(to)?, n.parse().unwrap()),
        ["hold", to] => hold(address(to)?),
        ["options"] => options(),
        ["states", at] => states(address(at)?),
        ["fetch", rest @ ..] => http::fetch(rest),
        ["fields"] => http::fields(),
        ["everything", peer, server, then] => everything::everything(peer, server, then),
        ["revoked", kind, peer, server] => revoked::revoked(kind, peer, server),
        ["ambient", what] => ambient(what),
        ["pump", kind, with, n] => pump::pump(kind, with, n.parse().unwrap()),
        ["orphan", kind, first, to] => orphans::orphan(kind, first, to),
        _ => Err(format!("what is {args:?}?")),
    }
}

fn code(e: ErrorCode) -> String {
    e.name().to_string()
}

fn address(text: &str) -> Result<IpSocketAddress, String> {
    match text.parse::<std::net::SocketAddr>().map_err(|e| format!("{text}: {e}"))? {
        std::net::SocketAddr::V4(a) => {
            let o = a.ip().octets();
            Ok(IpSocketAddress::Ipv4(Ipv4SocketAddress { port: a.port(), address: (o[0], o[1], o[2], o[3]) }))
        }
        std::net::SocketAddr::V6(a) => {
            let s = a.ip().segments();
            Ok(IpSocketAddress::Ipv6(Ipv6SocketAddress {
                port: a.port(), flow_info: 0, scope_id: 0,
                address: (s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]),
            }))
        }
    }
}

fn text(a: &IpSocketAddress) -> String {
    match a {
        IpSocketAddress::Ipv4(a) => {
            let (b, c, d, e) = a.address;
            format!("{b}.{c}.{d}.{e}:{}", a.port)
        }
        IpSocketAddress::Ipv6(a) => {
            let v = a.address;
            format!("[{}]:{}", std::net::Ipv6Addr::new(v.0, v.1, v.2, v.3, v.4, v.5, v.6, v.7), a.port)
        }
    }
}

fn with_port(a: &IpAddress, port: u16) -> IpSocketAddress {
    match *a {
        IpAddress::Ipv4(address) => IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address }),
        IpAddress::Ipv6(address) => IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info: 0, scope_id: 0, address }),
    }
}

fn family(a: &IpSocketAddress) -> IpAddressFamily {
    match a {
        IpSocketAddress::Ipv4(_) => IpAddressFamily::Ipv4,
        IpSocketAddress::Ipv6(_) => IpAddressFamily::Ipv6,
    }
}

/// Waits as long as it has to.
fn wait<T>(pollable: wasi::io::poll::Pollable, mut f: impl FnMut() -> Result<T, ErrorCode>) -> Result<T, String> {
    loop {
        match f() {
            Err(ErrorCode::WouldBlock) => pollable.block(),
            other => return other.map_err(code),
        }
    }
}

type Connection = (TcpSocket, InputStream, OutputStream);

fn connect(to: IpSocketAddress) -> Result<Connection, String> {
    let socket = create_tcp_socket(family(&to)).map_err(code)?;
    socket.start_connect(&instance_network(), to).map_err(code)?;
    let (input, output) = wait(socket.subscribe(), || socket.finish_connect())?;
    Ok((socket, input, output))
}

pub fn broken(e: StreamError) -> String {
    match e {
        StreamError::Closed => "closed".to_string(),
        StreamError::LastOperationFailed(e) => match wasi::http::types::http_error_code(&e) {
            Some(code) => format!("{code:?}"),
            None => e.to_debug_string(),
        },
    }
}

pub fn write_all(out: &OutputStream, mut bytes: &[u8]) -> Outcome {
    while !bytes.is_empty() {
        match out.check_write().map_err(broken)? {
            0 => out.subscribe().block(),
            n => {
                let n = bytes.len().min(n as usize);
                out.write(&bytes[..n]).map_err(broken)?;
                bytes = &bytes[n..];
            }
        }
    }
    out.blocking_flush().map_err(broken)
}

pub fn read_all(input: &InputStream) -> Result<Vec<u8>, String> {
    let mut all = Vec::new();
    loop {
        match input.blocking_read(1 << 16) {
            Ok(b) => all.extend(b),
            Err(StreamError::Closed) => return Ok(all),
            Err(e) => return Err(broken(e)),
        }
    }
}

fn send(to: IpSocketAddress, what: &str) -> Outcome {
    let (socket, input, output) = connect(to)?;
    write_all(&output, what.as_bytes())?;
    socket.shutdown(ShutdownType::Send).map_err(code)?;
    let answer = read_all(&input)?;
    print(&format!("{} from {}\n", String::from_utf8_lossy(&answer), text(&socket.remote_address().map_err(code)?)));
    Ok(())
}

fn resolve(name: &str) -> Result<Vec<IpAddress>, String> {
    let stream = resolve_addresses(&instance_network(), name).map_err(code)?;
    let mut all = Vec::new();
    while let Some(a) = wait(stream.subscribe(), || stream.resolve_next_address())? {
        all.push(a);
    }
    Ok(all)
}

fn get(name: &str, port: &str, what: &str) -> Outcome {
    let mut last = Err("no address".to_string());
    for a in resolve(name)? {
        last = send(with_port(&a, port.parse().unwrap()), what);
        if last.is_ok() {
            break;
        }
    }
    last
}

/// Sends more than anybody keeps, while reading it back.
fn bulk(to: IpSocketAddress, size: usize) -> Outcome {
    let (socket, input, output) = connect(to)?;
    let (mut sent, mut got, mut wrong) = (0usize, 0usize, 0usize);
    let mut ended = false;
    while got < size {
        let mut ready = vec![input.subscribe()];
        if sent < size {
            ready.push(output.subscribe());
        }
        wasi::io::poll::poll(&ready.iter().collect::<Vec<_>>());
        drop(ready);
        if sent < size {
            let n = output.check_write().map_err(|e| format!("{e:?}"))? as usize;
            let n = n.min(size - sent);
            let part: Vec<u8> = (sent..sent + n).map(|i| (i % 251) as u8).collect();
            output.write(&part).map_err(|e| format!("{e:?}"))?;
            sent += n;
        } else if !ended {
            output.blocking_flush().map_err(|e| format!("{e:?}"))?;
            socket.shutdown(ShutdownType::Send).map_err(code)?;
            ended = true;
        }
        for b in input.read(1 << 16).map_err(|e| format!("{e:?}"))? {
            wrong += (b != (got % 251) as u8) as usize;
            got += 1;
        }
    }
    print(&format!("{sent} sent, {got} back, {wrong} wrong\n"));
    Ok(())
}

fn listen(at: IpSocketAddress) -> Result<TcpSocket, String> {
    let socket = create_tcp_socket(family(&at)).map_err(code)?;
    socket.start_bind(&instance_network(), at).map_err(code)?;
    socket.finish_bind().map_err(code)?;
    socket.start_listen().map_err(code)?;
    socket.finish_listen().map_err(code)?;
    Ok(socket)
}

/// Gives back what some connections send, one after the other.
fn serve(at: IpSocketAddress, n: usize) -> Outcome {
    let socket = listen(at)?;
    print(&format!("{}\n", text(&socket.local_address().map_err(code)?)));
    for _ in 0..n {
        let (_peer, input, output) = wait(socket.subscribe(), || socket.accept())?;
        loop {
            match output.blocking_splice(&input, 1 << 16) {
                Ok(_) => {}
                Err(StreamError::Closed) => break,
                Err(e) => return Err(format!("{e:?}")),
            }
        }
        output.blocking_flush().map_err(|e| format!("{e:?}"))?;
    }
    Ok(())
}

fn udp(at: IpSocketAddress) -> Result<UdpSocket, String> {
    let socket = create_udp_socket(family(&at)).map_err(code)?;
    socket.start_bind(&instance_network(), at).map_err(code)?;
    socket.finish_bind().map_err(code)?;
    Ok(socket)
}

/// Waits until something may be sent.
fn permit(output: &OutgoingDatagramStream) -> Outcome {
    while output.check_send().map_err(code)? == 0 {
        output.subscribe().block();
    }
    Ok(())
}

fn udp_send(from: IpSocketAddress, to: IpSocketAddress, what: &str) -> Outcome {
    let socket = udp(from)?;
    let (input, output) = socket.stream(Some(to)).map_err(code)?;
    permit(&output)?;
    output.send(&[]).map_err(code)?;
    output.send(&[OutgoingDatagram { data: what.as_bytes().to_vec(), remote_address: None }]).map_err(code)?;
    loop {
        let got = input.receive(8).map_err(code)?;
        if let Some(d) = got.first() {
            print(&format!("{} from {}\n", String::from_utf8_lossy(&d.data), text(&d.remote_address)));
            return Ok(());
        }
        input.subscribe().block();
    }
}

fn udp_serve(at: IpSocketAddress, n: usize) -> Outcome {
    let socket = udp(at)?;
    let (input, output) = socket.stream(None).map_err(code)?;
    print(&format!("{}\n", text(&socket.local_address().map_err(code)?)));
    let mut done = 0;
    while done < n {
        for d in input.receive(16).map_err(code)? {
            permit(&output)?;
            output.send(&[OutgoingDatagram { data: d.data, remote_address: Some(d.remote_address) }]).map_err(code)?;
            done += 1;
        }
        if done < n {
            input.subscribe().block();
        }
    }
    Ok(())
}

/// Leaves sockets open for the host to close.
fn leak(to: IpSocketAddress, n: usize) -> Outcome {
    for i in 0..n {
        match connect(to) {
            Ok(c) => std::mem::forget(c),
            Err(e) => return Err(format!("socket {i}: {e}")),
        }
    }
    Ok(())
}

/// Writes and reads until somebody stops it.
fn hold(to: IpSocketAddress) -> Outcome {
    let (_socket, input, output) = connect(to)?;
    loop {
        write_all(&output, b"ping")?;
        input.blocking_read(16).map_err(broken)?;
        print(".");
    }
}

fn options() -> Outcome {
    let s = create_tcp_socket(IpAddressFamily::Ipv4).map_err(code)?;
    let set = |name: &str, r: Result<(), ErrorCode>| print(&format!("{name} {}\n", r.map(|_| "ok".to_string()).unwrap_or_else(code)));
    set("keep-alive", s.set_keep_alive_enabled(true));
    set("idle", s.set_keep_alive_idle_time(1_500_000_000));
    set("interval", s.set_keep_alive_interval(3_000_000_000));
    set("count", s.set_keep_alive_count(7));
    set("hops", s.set_hop_limit(42));
    set("receive", s.set_receive_buffer_size(65536));
    set("send", s.set_send_buffer_size(65536));
    set("backlog", s.set_listen_backlog_size(10));
    set("no hops", s.set_hop_limit(0));
    set("no idle", s.set_keep_alive_idle_time(0));
    set("no count", s.set_keep_alive_count(0));
    set("no buffer", s.set_receive_buffer_size(0));
    set("no backlog", s.set_listen_backlog_size(0));
    print(&format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?}\n",
        s.keep_alive_enabled().map_err(code)?, s.keep_alive_idle_time().map_err(code)?, s.keep_alive_interval().map_err(code)?,
        s.keep_alive_count().map_err(code)?, s.hop_limit().map_err(code)?, s.receive_buffer_size().map_err(code)?, s.send_buffer_size().map_err(code)?,
    ));
    let u = create_udp_socket(IpAddressFamily::Ipv6).map_err(code)?;
    set("udp hops", u.set_unicast_hop_limit(43));
    print(&format!("{:?}\n", u.unicast_hop_limit().map_err(code)?));
    Ok(())
}

/// Does what may not be done in a state, and prints what it gets.
fn states(at: IpSocketAddress) -> Outcome {
    let net = instance_network();
    let show = |name: &str, r: Result<(), ErrorCode>| print(&format!("{name}: {}\n", r.map(|_| "ok".to_string()).unwrap_or_else(code)));
    let s = create_tcp_socket(IpAddressFamily::Ipv4).map_err(code)?;
    show("unbound finish-bind", s.finish_bind());
    show("unbound finish-connect", s.finish_connect().map(|_| ()));
    show("unbound start-listen", s.start_listen());
    show("unbound accept", s.accept().map(|_| ()));
    show("unbound local-address", s.local_address().map(|_| ()));
    show("unbound shutdown", s.shutdown(ShutdownType::Both));
    show("other family", s.start_bind(&net, address("[::1]:0")?));
    show("port 0", s.start_connect(&net, address("127.0.0.1:0")?));
    show("unspecified", s.start_connect(&net, address("0.0.0.0:80")?));
    show("mapped", create_tcp_socket(IpAddressFamily::Ipv6).map_err(code)?.start_connect(&net, address("[::ffff:127.0.0.1]:80")?));
    show("bind", s.start_bind(&net, at));
    show("binding start-bind", s.start_bind(&net, at));
    show("finish-bind", s.finish_bind());
    show("bound start-bind", s.start_bind(&net, at));
    show("bound finish-listen", s.finish_listen());
    show("listen", s.start_listen());
    show("finish-listen", s.finish_listen());
    show("listening", if s.is_listening() { Ok(()) } else { Err(ErrorCode::Unknown) });
    show("listening start-listen", s.start_listen());
    show("listening start-connect", s.start_connect(&net, address("127.0.0.1:9")?));
    show("listening remote-address", s.remote_address().map(|_| ()));
    show("nobody", s.accept().map(|_| ()));
    let u = create_udp_socket(IpAddressFamily::Ipv4).map_err(code)?;
    show("udp unbound stream", u.stream(None).map(|_| ()));
    show("udp bind", u.start_bind(&net, at));
    show("udp finish-bind", u.finish_bind());
    let (old, out) = u.stream(None).map_err(code)?;
    show("udp unconnected remote-address", u.remote_address().map(|_| ()));
    out.check_send().map_err(code)?;
    show("udp nobody named", out.send(&[OutgoingDatagram { data: vec![1], remote_address: None }]).map(|_| ()));
    let _new = u.stream(None).map_err(code)?;
    show("udp old stream", old.receive(1).map(|_| ()));
    Ok(())
}

/// Uses what is no matter of an address.
fn ambient(what: &str) -> Outcome {
    match what {
        "insecure" => drop(wasi::random::insecure::get_insecure_random_u64()),
        "seed" => drop(wasi::random::insecure_seed::insecure_seed()),
        "terminals" => print(&format!(
            "{} {} {}\n",
            wasi::cli::terminal_stdin::get_terminal_stdin().is_some(),
            wasi::cli::terminal_stdout::get_terminal_stdout().is_some(),
            wasi::cli::terminal_stderr::get_terminal_stderr().is_some(),
        )),
        _ => return Err(format!("what is {what}?")),
    }
    Ok(())
}
