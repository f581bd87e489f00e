//! Sockets and connections: `socket tcp4`, `connect H ADDRESS`, `send H TEXT` and
//! so on, each after the function that it calls. An ADDRESS is `127.0.0.1:80` or
//! `[::1]:80`.

use std::net::{IpAddr, SocketAddr};

use crate::airssys::ext_network::types::*;
use crate::airssys::ext_network::{connection as conn, socket};
use crate::{done, outcome, shown, Args};

pub fn run(verb: &str, a: &Args) -> Option<String> {
    Some(match verb {
        "socket" => shown(create(&a.text(0))),
        "mixed" => shown(socket::create_socket(AddressFamily::Ipv4, SocketType::TcpStream, Protocol::Udp)),
        "end" => done(socket::close_socket(a.number(0))),
        "bind" => done(socket::bind(a.number(0), address(&a.text(1)))),
        "listen" => done(socket::listen(a.number(0), a.number(1))),
        "accept" => shown(socket::accept(a.number(0))),
        "options" => outcome(socket::get_socket_options(a.number(0)), |o| format!("{o:?}")),
        "set" => match socket::get_socket_options(a.number(0)) {
            Ok(mut o) => {
                change(&mut o, &a.text(1), a.number(2));
                done(socket::set_socket_options(a.number(0), o))
            }
            Err(e) => done(Err(e)),
        },
        "send" => outcome(socket::send(a.number(0), a.rest(1).as_bytes()), |r| r.bytes_sent.to_string()),
        "sendto" => outcome(socket::send_to(a.number(0), a.rest(2).as_bytes(), address(&a.text(1))), |r| {
            r.bytes_sent.to_string()
        }),
        "receive" => outcome(socket::receive(a.number(0), a.number(1)), received),
        "receivefrom" => outcome(socket::receive_from(a.number(0), a.number(1)), received),
        "sendall" => done(socket::send_all(a.number(0), a.rest(1).as_bytes())),
        "flood" => done(socket::send_all(a.number(0), &vec![b'x'; a.number(1)])),
        "receiveall" => outcome(socket::receive_all(a.number(0), a.number(1)), received),
        "local" => outcome(socket::get_local_address(a.number(0)), text),
        "remote" => outcome(socket::get_remote_address(a.number(0)), text),
        "shutdown" => done(socket::shutdown(a.number(0), &a.text(1))),
        "connect" => done(conn::connect(a.number(0), address(&a.text(1)))),
        "retry" => done(conn::connect_with_retry(a.number(0), address(&a.text(1)), a.number(2), a.number(3))),
        "resolve" => outcome(conn::resolve_hostname(&a.text(0)), |r| {
            let all: Vec<String> = r.addresses.into_iter().map(info).collect();
            format!("{} {} {}", r.hostname, r.ttl, all.join(","))
        }),
        "resolve1" => outcome(conn::resolve_hostname_single(&a.text(0)), info),
        "reverse" => shown(conn::reverse_lookup(&a.text(0))),
        "info" => outcome(conn::get_connection_info(a.number(0)), |i| {
            format!(
                "{} {} {:?} {} {} {}",
                text(i.local_address),
                text(i.remote_address),
                i.state,
                i.established_time,
                i.bytes_sent,
                i.bytes_received
            )
        }),
        "connected" => conn::is_connected(a.number(0)).to_string(),
        "pool" => shown(conn::create_pool(a.number(0), a.number(1))),
        "acquire" => shown(conn::pool_acquire(a.number(0), address(&a.text(1)))),
        "release" => done(conn::pool_release(a.number(0), a.number(1))),
        "endpool" => done(conn::close_pool(a.number(0))),
        "tls" => done(conn::upgrade_to_tls(a.number(0), &a.text(1), a.text(2) != "any")),
        "tlsinfo" => shown(conn::get_tls_info(a.number(0))),
        "idle" => done(conn::set_idle_timeout(a.number(0), a.number(1))),
        "alive" => done(conn::enable_keep_alive(a.number(0), a.number(1))),
        "stats" => shown(conn::get_connection_stats(a.number(0))),
        _ => return None,
    })
}

fn create(kind: &str) -> Result<u64, NetworkError> {
    let family = if kind.ends_with('6') { AddressFamily::Ipv6 } else { AddressFamily::Ipv4 };
    if kind.starts_with("udp") {
        return socket::create_socket(family, SocketType::UdpDatagram, Protocol::Udp);
    }
    socket::create_socket(family, SocketType::TcpStream, Protocol::Tcp)
}

fn change(o: &mut SocketOptions, key: &str, n: u32) {
    match key {
        "non-blocking" => o.non_blocking = n > 0,
        "reuse-port" => o.reuse_port = n > 0,
        "read-timeout" => o.read_timeout = n,
        "write-timeout" => o.write_timeout = n,
        "connect-timeout" => o.connect_timeout = n,
        "no-delay" => o.tcp_no_delay = n > 0,
        "keep-alive" => o.tcp_keep_alive = n > 0,
        "send-buffer" => o.send_buffer_size = n,
        "receive-buffer" => o.receive_buffer_size = n,
        _ => {}
    }
}

fn received(r: ReceiveResult) -> String {
    let mut data = String::from_utf8_lossy(&r.data).into_owned();
    if data.len() > 100 {
        data = "…".into();
    }
    match r.sender_address {
        Some(from) => format!("{} from {}: {data}", r.bytes_received, text(from)),
        None => format!("{} {data}", r.bytes_received),
    }
}

fn address(text: &str) -> SocketAddress {
    let parsed: SocketAddr = text.parse().unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
    SocketAddress {
        port: parsed.port(),
        address: match parsed.ip() {
            IpAddr::V4(ip) => Address::Ipv4(ip.octets().into()),
            IpAddr::V6(ip) => Address::Ipv6(ip.segments().into()),
        },
    }
}

fn ip(a: Address) -> IpAddr {
    match a {
        Address::Ipv4(b) => IpAddr::from(<[u8; 4]>::from(b)),
        Address::Ipv6(b) => IpAddr::from(<[u16; 8]>::from(b)),
    }
}

fn text(a: SocketAddress) -> String {
    SocketAddr::new(ip(a.address), a.port).to_string()
}

fn info(i: AddressInfo) -> String {
    ip(i.address).to_string()
}
