//! Requests.

use crate::wasi::http::outgoing_handler::handle;
use crate::wasi::http::types::{ErrorCode, Fields, FutureIncomingResponse, HeaderError, IncomingBody, Method, OutgoingBody, OutgoingRequest, RequestOptions, Scheme};
use crate::{print, read_all, write_all, Outcome};

fn code(e: ErrorCode) -> String {
    format!("{e:?}")
}

/// fetch METHOD URL [BODY [TRAILER]]
pub fn fetch(args: &[&str]) -> Outcome {
    let (method, url) = (args[0], args[1]);
    let (scheme, rest) = url.split_once("://").ok_or("no scheme")?;
    let (authority, path) = match rest.find('/') {
        Some(i) => (&rest[..i], &rest[i..]),
        None => (rest, "/"),
    };
    let headers = Fields::from_list(&[("x-guest".to_string(), b"rust-net".to_vec())]).map_err(|e| format!("{e:?}"))?;
    let request = OutgoingRequest::new(headers);
    let method = match method {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        other => Method::Other(other.to_string()),
    };
    request.set_method(&method).map_err(|_| "method")?;
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_string()),
    };
    request.set_scheme(Some(&scheme)).map_err(|_| "scheme")?;
    request.set_authority(Some(authority)).map_err(|_| "authority")?;
    request.set_path_with_query(Some(path)).map_err(|_| "path")?;
    let body = request.body().map_err(|_| "body")?;
    let options = RequestOptions::new();
    // Who is waited for in vain is not waited for long; the others have a minute, on a busy machine.
    let patience = if path == "/never" || path == "/stuck" { 1_000_000_000 } else { 60_000_000_000 };
    options.set_connect_timeout(Some(60_000_000_000)).map_err(|_| "timeout")?;
    options.set_first_byte_timeout(Some(patience)).map_err(|_| "timeout")?;
    options.set_between_bytes_timeout(Some(patience)).map_err(|_| "timeout")?;
    if args.len() == 2 {
        // That there is none is known before it is sent, which then can be sent again.
        OutgoingBody::finish(body, None).map_err(code)?;
        return answer(handle(request, Some(options)).map_err(code)?);
    }
    let response = handle(request, Some(options)).map_err(code)?;
    {
        let out = body.write().map_err(|_| "write")?;
        let bytes = match args[2].strip_prefix("size:") {
            Some(n) => vec![b'x'; n.parse().unwrap()],
            None => args[2].as_bytes().to_vec(),
        };
        write_all(&out, &bytes)?;
    }
    let trailers = match args.get(3) {
        Some(v) => Some(Fields::from_list(&[("x-trailer".to_string(), v.as_bytes().to_vec())]).map_err(|e| format!("{e:?}"))?),
        None => None,
    };
    OutgoingBody::finish(body, trailers).map_err(code)?;
    answer(response)
}

/// answer prints what comes.
fn answer(response: FutureIncomingResponse) -> Outcome {
    response.subscribe().block();
    let response = response.get().ok_or("not ready")?.map_err(|_| "twice")?.map_err(code)?;
    let body = response.consume().map_err(|_| "consume")?;
    print(&format!("{}\n", response.status()));
    let mut entries = response.headers().entries();
    entries.sort();
    for (name, value) in entries {
        if name.starts_with("X-") || name.starts_with("x-") || name == "Location" || name == "location" {
            print(&format!("{name}: {}\n", String::from_utf8_lossy(&value)));
        }
    }
    let stream = body.stream().map_err(|_| "stream")?;
    let bytes = read_all(&stream)?;
    drop(stream);
    if bytes.len() > 1000 {
        print(&format!("{} bytes\n", bytes.len()));
    } else {
        print(&format!("{}\n", String::from_utf8_lossy(&bytes)));
    }
    let trailers = IncomingBody::finish(body);
    trailers.subscribe().block();
    if let Some(t) = trailers.get().ok_or("not ready")?.map_err(|_| "twice")?.map_err(code)? {
        for (name, value) in t.entries() {
            print(&format!("trailer {name}: {}\n", String::from_utf8_lossy(&value)));
        }
    }
    Ok(())
}

/// What fields take and what not.
pub fn fields() -> Outcome {
    let show = |name: &str, r: Result<(), HeaderError>| print(&format!("{name}: {}\n", r.map(|_| "ok".to_string()).unwrap_or_else(|e| format!("{e:?}"))));
    let f = Fields::new();
    show("good", f.append("X-One", b"1"));
    show("second", f.append("x-one", b"2"));
    show("no name", f.append("", b"1"));
    show("bad name", f.append("x y", b"1"));
    show("bad value", f.append("x-two", b"a\r\nb: c"));
    show("nul", f.append("x-two", b"a\0b"));
    show("bytes", f.append("x-bytes", b"\xff\xfe"));
    show("host", f.append("Host", b"elsewhere"));
    show("connection", f.set("connection", &[b"close".to_vec()]));
    show("transfer", f.set("Transfer-Encoding", &[b"chunked".to_vec()]));
    show("list", Fields::from_list(&[("ok".to_string(), b"1".to_vec()), ("no:".to_string(), b"".to_vec())]).map(|_| ()));
    print(&format!("{:?}\n", f.get("X-ONE").len()));
    show("delete", f.delete("x-One"));
    print(&format!("{} {}\n", f.has("x-one"), f.has("X-Bytes")));
    let request = OutgoingRequest::new(f.clone());
    show("request's", request.headers().append("x", b"1"));
    let c = request.headers().clone();
    show("copy", c.append("x", b"1"));
    print(&format!("{}\n", request.set_method(&Method::Other("BAD METHOD".to_string())).is_err()));
    print(&format!("{}\n", request.set_path_with_query(Some("/a b")).is_err()));
    print(&format!("{}\n", request.set_authority(Some("user@host")).is_err()));
    print(&format!("{}\n", request.set_authority(Some("a b")).is_err()));
    print(&format!("{}\n", request.set_scheme(Some(&Scheme::Other("1x".to_string()))).is_err()));
    Ok(())
}
