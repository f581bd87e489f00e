//! Parents that are dropped before their children, or after them.

use crate::wasi::cli::{stdin::get_stdin, stdout::get_stdout};
use crate::wasi::filesystem::preopens::get_directories;
use crate::wasi::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};
use crate::wasi::http::outgoing_handler::handle;
use crate::wasi::http::types::{Fields, FutureIncomingResponse, FutureTrailers, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme};
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::ip_name_lookup::resolve_addresses;
use crate::wasi::sockets::network::IpAddressFamily;
use crate::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::{address, code, connect, print, read_all, udp, Outcome};

/// Drops both, in one of two orders.
fn both<P, C>(first: bool, parent: P, child: C) {
    if first {
        drop(parent);
        drop(child);
    } else {
        drop(child);
        drop(parent);
    }
    print("dropped\n");
}

/// Opens a file of the first folder.
fn open(flags: DescriptorFlags) -> Result<Descriptor, String> {
    let (folder, _) = get_directories().pop().ok_or("no folder")?;
    folder.open_at(PathFlags::empty(), "a.txt", OpenFlags::CREATE, flags).map_err(|e| e.name().to_string())
}

pub fn request(method: Method, to: &str, path: &str) -> Result<OutgoingRequest, String> {
    let r = OutgoingRequest::new(Fields::new());
    r.set_method(&method).map_err(|_| "method")?;
    r.set_scheme(Some(&Scheme::Http)).map_err(|_| "scheme")?;
    r.set_authority(Some(to)).map_err(|_| "authority")?;
    r.set_path_with_query(Some(path)).map_err(|_| "path")?;
    Ok(r)
}

fn sent(to: &str) -> Result<FutureIncomingResponse, String> {
    handle(request(Method::Get, to, "/echo")?, None).map_err(|e| format!("{e:?}"))
}

fn response(to: &str) -> Result<IncomingResponse, String> {
    let future = sent(to)?;
    future.subscribe().block();
    future.get().ok_or("not ready")?.map_err(|_| "twice")?.map_err(|e| format!("{e:?}"))
}

fn incoming(to: &str) -> Result<IncomingBody, String> {
    Ok(response(to)?.consume().map_err(|_| "consume")?)
}

fn outgoing(to: &str) -> Result<OutgoingBody, String> {
    Ok(request(Method::Post, to, "/echo")?.body().map_err(|_| "body")?)
}

fn trailers(to: &str) -> Result<FutureTrailers, String> {
    let body = incoming(to)?;
    let stream = body.stream().map_err(|_| "stream")?;
    read_all(&stream)?;
    drop(stream);
    let trailers = IncomingBody::finish(body);
    trailers.subscribe().block();
    Ok(trailers)
}

/// orphan KIND parent|child PEER: who is dropped first.
pub fn orphan(kind: &str, first: &str, to: &str) -> Outcome {
    let first = first == "parent";
    match kind {
        "stdin" => {
            let s = get_stdin();
            let p = s.subscribe();
            both(first, s, p)
        }
        "stdout" => {
            let s = get_stdout();
            let p = s.subscribe();
            both(first, s, p)
        }
        "file-in" => {
            let s = open(DescriptorFlags::READ)?.read_via_stream(0).map_err(|e| e.name().to_string())?;
            let p = s.subscribe();
            both(first, s, p)
        }
        "file-out" => {
            let s = open(DescriptorFlags::WRITE)?.write_via_stream(0).map_err(|e| e.name().to_string())?;
            let p = s.subscribe();
            both(first, s, p)
        }
        "file-stream" => {
            let f = open(DescriptorFlags::READ)?;
            let s = f.read_via_stream(0).map_err(|e| e.name().to_string())?;
            both(first, f, s)
        }
        "tcp" => {
            let s = create_tcp_socket(IpAddressFamily::Ipv4).map_err(code)?;
            let p = s.subscribe();
            both(first, s, p)
        }
        "tcp-in" => {
            let (_socket, input, _output) = connect(address(to)?)?;
            let p = input.subscribe();
            both(first, input, p)
        }
        "tcp-out" => {
            let (_socket, _input, output) = connect(address(to)?)?;
            let p = output.subscribe();
            both(first, output, p)
        }
        "tcp-streams" => {
            let (socket, input, output) = connect(address(to)?)?;
            both(first, socket, (input, output))
        }
        "udp" => {
            let s = udp(address("127.0.0.1:0")?)?;
            let p = s.subscribe();
            both(first, s, p)
        }
        "udp-in" => {
            let s = udp(address("127.0.0.1:0")?)?;
            let (input, _output) = s.stream(None).map_err(code)?;
            let p = input.subscribe();
            both(first, input, p)
        }
        "udp-out" => {
            let s = udp(address("127.0.0.1:0")?)?;
            let (_input, output) = s.stream(None).map_err(code)?;
            let p = output.subscribe();
            both(first, output, p)
        }
        "resolve" => {
            let s = resolve_addresses(&instance_network(), "localhost").map_err(code)?;
            let p = s.subscribe();
            both(first, s, p)
        }
        "request" => {
            let r = request(Method::Get, to, "/echo")?;
            let h = r.headers();
            both(first, r, h)
        }
        "handle" => {
            let r = request(Method::Get, to, "/echo")?;
            let h = r.headers();
            if !first {
                drop(h);
                return handle(r, None).map(|_| print("dropped\n")).map_err(|e| format!("{e:?}"));
            }
            let _ = handle(r, None);
            drop(h);
        }
        "moved-headers" => {
            let r = request(Method::Get, to, "/echo")?;
            let other = OutgoingRequest::new(r.headers());
            both(first, r, other)
        }
        "future" => {
            let f = sent(to)?;
            let p = f.subscribe();
            both(first, f, p)
        }
        "response" => {
            let r = response(to)?;
            let h = r.headers();
            both(first, r, h)
        }
        "incoming-body" => {
            let b = incoming(to)?;
            let s = b.stream().map_err(|_| "stream")?;
            both(first, b, s)
        }
        "incoming-finish" => {
            let b = incoming(to)?;
            let s = b.stream().map_err(|_| "stream")?;
            if !first {
                drop(s);
                IncomingBody::finish(b);
                print("dropped\n");
                return Ok(());
            }
            IncomingBody::finish(b);
            drop(s);
        }
        "incoming-stream" => {
            let b = incoming(to)?;
            let s = b.stream().map_err(|_| "stream")?;
            let p = s.subscribe();
            both(first, s, p)
        }
        "future-trailers" => {
            let t = trailers(to)?;
            let p = t.subscribe();
            both(first, t, p)
        }
        "trailers" => {
            let t = trailers(to)?;
            let f = t.get().ok_or("not ready")?.map_err(|_| "twice")?.map_err(|e| format!("{e:?}"))?;
            both(first, t, f.ok_or("no trailers")?)
        }
        "outgoing-body" => {
            let b = outgoing(to)?;
            let s = b.write().map_err(|_| "write")?;
            both(first, b, s)
        }
        "outgoing-finish" => {
            let b = outgoing(to)?;
            let s = b.write().map_err(|_| "write")?;
            if !first {
                drop(s);
                let _ = OutgoingBody::finish(b, None);
                print("dropped\n");
                return Ok(());
            }
            let _ = OutgoingBody::finish(b, None);
            drop(s);
        }
        "outgoing-stream" => {
            let b = outgoing(to)?;
            let s = b.write().map_err(|_| "write")?;
            let p = s.subscribe();
            both(first, s, p)
        }
        _ => return Err(format!("what is {kind}?")),
    }
    Ok(())
}
