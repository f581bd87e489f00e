//! A handler of requests that does what their path says.

wit_bindgen::generate!({
    inline: "package demo:http; world proxy { include wasi:http/proxy@0.2.12; }",
    path: "../../../wit/packages/wasi",
    world: "demo:http/proxy",
    generate_all,
});

use wasi::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingRequest, Method, OutgoingBody, OutgoingRequest, OutgoingResponse, ResponseOutparam, Scheme,
};
use wasi::io::streams::StreamError;

struct Handler;
export!(Handler);

impl exports::wasi::http::incoming_handler::Guest for Handler {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        match path {
            "/hello" => text(out, 200, "hello"),
            "/about" => about(&request, out),
            "/echo" => echo(request, out),
            "/length" => length(request, out),
            "/big" => big(out, query.parse().unwrap()),
            "/late" => {
                text(out, 200, "first");
                say("afterwards");
            }
            "/trap" => unreachable(),
            "/half" => half(out),
            "/short" => short(out),
            "/nothing" => {}
            "/error" => ResponseOutparam::set(out, Err(ErrorCode::LoopDetected)),
            "/spin" => loop {
                std::hint::black_box(0);
            },
            "/wait" => wasi::clocks::monotonic_clock::subscribe_duration(3_600_000_000_000).block(),
            "/fetch" => fetch(out, query),
            "/orphan" => orphan(request, out, query),
            _ => text(out, 404, "there is no such page"),
        }
    }
}

fn unreachable() {
    panic!("on purpose");
}

fn say(text: &str) {
    let _ = wasi::cli::stderr::get_stderr().blocking_write_and_flush(text.as_bytes());
}

/// Begins a response and gives its body.
fn respond(out: ResponseOutparam, status: u16, fields: &[(&str, &str)]) -> OutgoingBody {
    let all: Vec<_> = fields.iter().map(|(n, v)| (n.to_string(), v.as_bytes().to_vec())).collect();
    let response = OutgoingResponse::new(Fields::from_list(&all).unwrap());
    response.set_status_code(status).unwrap();
    let body = response.body().unwrap();
    ResponseOutparam::set(out, Ok(response));
    body
}

fn text(out: ResponseOutparam, status: u16, text: &str) {
    let body = respond(out, status, &[("content-type", "text/plain"), ("content-length", &text.len().to_string())]);
    let stream = body.write().unwrap();
    stream.write(text.as_bytes()).unwrap();
    drop(stream);
    OutgoingBody::finish(body, None).unwrap();
}

fn about(request: &IncomingRequest, out: ResponseOutparam) {
    let mut lines = format!("{:?} {:?} {:?}\n", request.method(), request.scheme(), request.path_with_query());
    for (name, value) in request.headers().entries() {
        if name.starts_with("x-") {
            lines += &format!("{name}: {}\n", String::from_utf8_lossy(&value));
        }
    }
    text(out, 200, &lines);
}

/// Sends back what comes, while it comes, with the trailers.
fn echo(request: IncomingRequest, out: ResponseOutparam) {
    let body = respond(out, 200, &[]);
    let stream = body.write().unwrap();
    let from = request.consume().unwrap();
    let input = from.stream().unwrap();
    loop {
        match stream.blocking_splice(&input, 1 << 16) {
            Ok(_) => {}
            Err(StreamError::Closed) => break,
            Err(e) => {
                say(&format!("{e:?}"));
                return;
            }
        }
    }
    drop((stream, input));
    let trailers = IncomingBody::finish(from);
    trailers.subscribe().block();
    let trailers = trailers.get().unwrap().unwrap().unwrap().map(|t| t.clone());
    OutgoingBody::finish(body, trailers).unwrap();
}

/// Reads all and answers how much it was.
fn length(request: IncomingRequest, out: ResponseOutparam) {
    let body = request.consume().unwrap();
    let stream = body.stream().unwrap();
    let mut n = 0;
    let answer = loop {
        match stream.blocking_read(1 << 16) {
            Ok(b) => n += b.len(),
            Err(StreamError::Closed) => break n.to_string(),
            Err(StreamError::LastOperationFailed(e)) => break format!("{n}, then {:?}", wasi::http::types::http_error_code(&e)),
        }
    };
    text(out, 200, &answer);
}

fn big(out: ResponseOutparam, n: usize) {
    let body = respond(out, 200, &[]);
    let stream = body.write().unwrap();
    let mut left = n;
    while left > 0 {
        match stream.check_write() {
            Ok(0) => stream.subscribe().block(),
            Ok(room) => {
                let n = left.min(room as usize);
                stream.write(&vec![b'x'; n]).unwrap();
                left -= n;
            }
            Err(e) => {
                say(&format!("{} left, {e:?}", left));
                return;
            }
        }
    }
    drop(stream);
    OutgoingBody::finish(body, None).unwrap();
}

/// Leaves a body without its end.
fn half(out: ResponseOutparam) {
    let body = respond(out, 200, &[]);
    let stream = body.write().unwrap();
    stream.blocking_write_and_flush(b"half").unwrap();
}

/// Ends a body before what it said.
fn short(out: ResponseOutparam) {
    let body = respond(out, 200, &[("content-length", "100")]);
    let stream = body.write().unwrap();
    stream.blocking_write_and_flush(b"short").unwrap();
    drop(stream);
    say(&format!("{:?}", OutgoingBody::finish(body, None)));
}

/// Answers with what another server does: AUTHORITY/PATH.
fn fetch(out: ResponseOutparam, from: &str) {
    let (authority, path) = from.split_at(from.find('/').unwrap_or(from.len()));
    let request = OutgoingRequest::new(Fields::new());
    request.set_method(&Method::Get).unwrap();
    request.set_scheme(Some(&Scheme::Http)).unwrap();
    request.set_authority(Some(authority)).unwrap();
    request.set_path_with_query(Some(path)).unwrap();
    let response = match wasi::http::outgoing_handler::handle(request, None) {
        Ok(r) => {
            r.subscribe().block();
            r.get().unwrap().unwrap()
        }
        Err(e) => Err(e),
    };
    match response {
        Err(e) => text(out, 502, &format!("{e:?}")),
        Ok(r) => {
            let from = r.consume().unwrap();
            let input = from.stream().unwrap();
            let body = respond(out, r.status(), &[]);
            let stream = body.write().unwrap();
            while stream.blocking_splice(&input, 1 << 16).is_ok() {}
            drop(stream);
            OutgoingBody::finish(body, None).unwrap();
        }
    }
}

/// Drops a parent before its child.
fn orphan(request: IncomingRequest, out: ResponseOutparam, kind: &str) {
    match kind {
        "request" => {
            let headers = request.headers();
            drop(request);
            drop(headers);
        }
        "body" => {
            let body = request.consume().unwrap();
            let stream = body.stream().unwrap();
            drop(body);
            drop(stream);
        }
        "response" => {
            let response = OutgoingResponse::new(Fields::new());
            let headers = response.headers();
            drop(response);
            drop(headers);
        }
        "set" => {
            let response = OutgoingResponse::new(Fields::new());
            let headers = response.headers();
            ResponseOutparam::set(out, Ok(response));
            drop(headers);
            return;
        }
        _ => {}
    }
    text(out, 200, "dropped");
}
