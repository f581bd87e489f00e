//! One of each kind of thing that a program can have open.

use std::mem::forget;

use crate::wasi::cli::stdin::get_stdin;
use crate::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::wasi::filesystem::preopens::get_directories;
use crate::wasi::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};
use crate::wasi::http::outgoing_handler::handle;
use crate::wasi::http::types::Method;
use crate::wasi::sockets::instance_network::instance_network;
use crate::wasi::sockets::ip_name_lookup::resolve_addresses;
use crate::{address, code, connect, listen, orphans, print, udp, Outcome};

/// everything PEER SERVER stay|leave: opens one of each, drops none, and waits for
/// an hour or ends.
pub fn everything(peer: &str, server: &str, then: &str) -> Outcome {
    let name = |e: crate::wasi::filesystem::types::ErrorCode| e.name().to_string();
    let (folder, _) = get_directories().pop().ok_or("no folder")?;
    let both = DescriptorFlags::READ | DescriptorFlags::WRITE;
    let file = folder.open_at(PathFlags::empty(), "a.txt", OpenFlags::CREATE, both).map_err(name)?;
    forget((file.read_via_stream(0).map_err(name)?, file.write_via_stream(0).map_err(name)?, file.append_via_stream().map_err(name)?));
    forget((folder.read_directory().map_err(name)?, file, folder));

    let listener = listen(address("127.0.0.1:0")?)?;
    forget((listener.subscribe(), listener));
    let (socket, input, output) = connect(address(peer)?)?;
    forget((input.subscribe(), output.subscribe()));
    forget((input, output, socket));
    let socket = udp(address("127.0.0.1:0")?)?;
    let (input, output) = socket.stream(None).map_err(code)?;
    forget((input.subscribe(), output.subscribe()));
    forget((input, output, socket));
    let names = resolve_addresses(&instance_network(), "slow.example").map_err(code)?;
    forget((names.subscribe(), names));

    // A request whose body goes on, and whose response does not come; and a response
    // whose body does not end.
    let request = orphans::request(Method::Post, server, "/echo")?;
    let body = request.body().map_err(|_| "body")?;
    let out = body.write().map_err(|_| "write")?;
    let future = handle(request, None).map_err(|e| format!("{e:?}"))?;
    out.write(b"begun").map_err(|e| format!("{e:?}"))?;
    forget((out.subscribe(), future.subscribe()));
    forget((out, body, future));
    let future = handle(orphans::request(Method::Get, server, "/stuck")?, None).map_err(|e| format!("{e:?}"))?;
    future.subscribe().block();
    let response = future.get().ok_or("not ready")?.map_err(|_| "twice")?.map_err(|e| format!("{e:?}"))?;
    let body = response.consume().map_err(|_| "consume")?;
    let input = body.stream().map_err(|_| "stream")?;
    forget((input.subscribe(), response.headers()));
    forget((input, body, response, future));

    let input = get_stdin();
    forget((input.subscribe(), input));
    let timer = subscribe_duration(3_600_000_000_000);
    print("open\n");
    if then == "stay" {
        timer.block();
    }
    forget(timer);
    Ok(())
}
