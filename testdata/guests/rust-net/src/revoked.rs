//! What is open, used before and after a grant was taken back.

use crate::wasi::cli::stdin::get_stdin;
use crate::wasi::filesystem::preopens::get_directories;
use crate::wasi::filesystem::types::{DescriptorFlags, ErrorCode as FileError, OpenFlags, PathFlags};
use crate::wasi::http::outgoing_handler::handle;
use crate::wasi::http::types::Method;
use crate::wasi::io::streams::StreamError;
use crate::wasi::sockets::network::ErrorCode;
use crate::{address, broken, code, connect, listen, orphans, print, udp, OutgoingDatagram, Outcome};

fn name(e: FileError) -> String {
    e.name().to_string()
}

/// What a file's stream says, by its code.
fn failed(e: StreamError) -> String {
    match e {
        StreamError::LastOperationFailed(e) => match crate::wasi::filesystem::types::filesystem_error_code(&e) {
            Some(code) => name(code),
            None => e.to_debug_string(),
        },
        StreamError::Closed => "closed".to_string(),
    }
}

/// Does it, waits for a byte of input, and does it again.
fn twice(mut f: impl FnMut() -> Outcome) -> Outcome {
    f()?;
    print("first\n");
    let _ = get_stdin().blocking_read(1);
    f()?;
    print("second\n");
    Ok(())
}

/// revoked KIND PEER SERVER
pub fn revoked(kind: &str, peer: &str, server: &str) -> Outcome {
    match kind.split_once('-') {
        Some(("file", what)) => file(what),
        Some(("tcp", what)) => tcp(what, peer),
        Some(("udp", what)) => datagrams(what, peer),
        Some(("http", what)) => http(what, server),
        _ => Err(format!("what is {kind}?")),
    }
}

fn file(kind: &str) -> Outcome {
    let (folder, _) = get_directories().pop().ok_or("no folder")?;
    let flags = match kind {
        "write" | "sink" | "append" => DescriptorFlags::WRITE,
        _ => DescriptorFlags::READ,
    };
    let open = || folder.open_at(PathFlags::empty(), "a.txt", OpenFlags::empty(), flags).map_err(name);
    let file = open()?;
    match kind {
        "read" => twice(|| file.read(1, 0).map(|_| ()).map_err(name)),
        "write" => twice(|| file.write(b"x", 0).map(|_| ()).map_err(name)),
        "stat" => twice(|| file.stat().map(|_| ()).map_err(name)),
        "open" => twice(|| open().map(|_| ())),
        "source" => {
            let s = file.read_via_stream(0).map_err(name)?;
            twice(|| s.blocking_read(1).map(|_| ()).map_err(failed))
        }
        "sink" => {
            let s = file.write_via_stream(0).map_err(name)?;
            twice(|| s.blocking_write_and_flush(b"x").map_err(failed))
        }
        "append" => {
            let s = file.append_via_stream().map_err(name)?;
            twice(|| s.blocking_write_and_flush(b"x").map_err(failed))
        }
        "entries" => {
            let s = folder.read_directory().map_err(name)?;
            twice(|| s.read_directory_entry().map(|_| ()).map_err(name))
        }
        _ => Err(format!("what is {kind}?")),
    }
}

fn tcp(kind: &str, peer: &str) -> Outcome {
    if kind == "accept" {
        let socket = listen(address("127.0.0.1:0")?)?;
        return twice(|| match socket.accept() {
            Ok(_) | Err(ErrorCode::WouldBlock) => Ok(()),
            Err(e) => Err(code(e)),
        });
    }
    let (_socket, input, output) = connect(address(peer)?)?;
    output.blocking_write_and_flush(b"some text to be given back").map_err(broken)?;
    input.subscribe().block();
    match kind {
        "source" => twice(|| input.blocking_read(1).map(|_| ()).map_err(broken)),
        "sink" => twice(|| output.blocking_write_and_flush(b"x").map_err(broken)),
        "splice" => twice(|| output.blocking_splice(&input, 1).map(|_| ()).map_err(broken)),
        _ => Err(format!("what is {kind}?")),
    }
}

fn datagrams(kind: &str, peer: &str) -> Outcome {
    let socket = udp(address("127.0.0.1:0")?)?;
    let (input, output) = socket.stream(None).map_err(code)?;
    match kind {
        "receive" => twice(|| input.receive(1).map(|_| ()).map_err(code)),
        "check" => twice(|| output.check_send().map(|_| ()).map_err(code)),
        "send" => twice(|| {
            output.check_send().map_err(code)?;
            let one = OutgoingDatagram { data: b"x".to_vec(), remote_address: Some(address(peer)?) };
            output.send(&[one]).map(|_| ()).map_err(code)
        }),
        _ => Err(format!("what is {kind}?")),
    }
}

fn http(kind: &str, server: &str) -> Outcome {
    if kind == "sink" {
        let request = orphans::request(Method::Post, server, "/echo")?;
        let body = request.body().map_err(|_| "body")?;
        let out = body.write().map_err(|_| "write")?;
        let _future = handle(request, None).map_err(|e| format!("{e:?}"))?;
        return twice(|| out.blocking_write_and_flush(b"x").map_err(broken));
    }
    let future = handle(orphans::request(Method::Get, server, "/big")?, None).map_err(|e| format!("{e:?}"))?;
    future.subscribe().block();
    let get = || future.get().ok_or("not ready")?.map_err(|_| "twice")?.map_err(|e| format!("{e:?}"));
    match kind {
        "response" => {
            let mut before = true;
            twice(|| if std::mem::take(&mut before) { Ok(()) } else { get().map(|_| ()) })
        }
        "source" => {
            let body = get()?.consume().map_err(|_| "consume")?;
            let input = body.stream().map_err(|_| "stream")?;
            twice(|| input.blocking_read(1).map(|_| ()).map_err(broken))
        }
        _ => Err(format!("what is {kind}?")),
    }
}
