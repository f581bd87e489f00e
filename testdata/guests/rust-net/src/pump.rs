//! Bytes, moved as fast as streams go.

use crate::wasi::filesystem::preopens::get_directories;
use crate::wasi::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags, PathFlags};
use crate::wasi::http::outgoing_handler::handle;
use crate::wasi::http::types::{Fields, IncomingBody, Method, OutgoingBody, OutgoingRequest, Scheme};
use crate::wasi::io::streams::{InputStream, OutputStream, StreamError};
use crate::{address, broken, connect, print, Outcome};

const PART: usize = 1 << 16;

fn name(e: ErrorCode) -> String {
    e.name().to_string()
}

/// Reads to the end.
fn take(input: &InputStream) -> Result<usize, String> {
    let mut n = 0;
    loop {
        match input.blocking_read(PART as u64) {
            Ok(b) => n += b.len(),
            Err(StreamError::Closed) => return Ok(n),
            Err(e) => return Err(broken(e)),
        }
    }
}

/// Writes so many bytes.
fn give(out: &OutputStream, n: usize) -> Result<usize, String> {
    let part = vec![b'x'; PART];
    let mut left = n;
    let pollable = out.subscribe();
    while left > 0 {
        match out.check_write().map_err(broken)? as usize {
            0 => pollable.block(),
            room => {
                let n = room.min(left).min(PART);
                out.write(&part[..n]).map_err(broken)?;
                left -= n;
            }
        }
    }
    out.blocking_flush().map_err(broken)?;
    Ok(n)
}

/// pump KIND WITH BYTES
pub fn pump(kind: &str, with: &str, n: usize) -> Outcome {
    let n = match kind {
        "file-in" | "file-read" | "file-out" => file(kind, with, n)?,
        "tcp-in" => take(&connect(address(with)?)?.1)?,
        "tcp-out" => give(&connect(address(with)?)?.2, n)?,
        "http-in" | "http-out" | "http-out-said" => http(kind, with, n)?,
        _ => return Err(format!("what is {kind}?")),
    };
    print(&format!("{n}\n"));
    Ok(())
}

fn file(kind: &str, path: &str, n: usize) -> Result<usize, String> {
    let (folder, _) = get_directories().pop().ok_or("no folder")?;
    let (how, flags) = match kind {
        "file-out" => (OpenFlags::CREATE | OpenFlags::TRUNCATE, DescriptorFlags::WRITE),
        _ => (OpenFlags::empty(), DescriptorFlags::READ),
    };
    let file = folder.open_at(PathFlags::empty(), path, how, flags).map_err(name)?;
    match kind {
        "file-out" => give(&file.write_via_stream(0).map_err(name)?, n),
        "file-in" => take(&file.read_via_stream(0).map_err(name)?),
        _ => {
            let mut at = 0;
            loop {
                let (b, end) = file.read(PART as u64, at as u64).map_err(name)?;
                at += b.len();
                if end {
                    return Ok(at);
                }
            }
        }
    }
}

fn http(kind: &str, to: &str, n: usize) -> Result<usize, String> {
    let headers = Fields::new();
    if kind == "http-out-said" {
        headers.append("content-length", n.to_string().as_bytes()).map_err(|e| format!("{e:?}"))?;
    }
    let request = OutgoingRequest::new(headers);
    request.set_method(&if kind == "http-in" { Method::Get } else { Method::Post }).map_err(|_| "method")?;
    request.set_scheme(Some(&Scheme::Http)).map_err(|_| "scheme")?;
    request.set_authority(Some(to)).map_err(|_| "authority")?;
    let body = if kind == "http-in" { None } else { Some(request.body().map_err(|_| "body")?) };
    let future = handle(request, None).map_err(|e| format!("{e:?}"))?;
    if let Some(body) = body {
        let out = body.write().map_err(|_| "write")?;
        give(&out, n)?;
        drop(out);
        OutgoingBody::finish(body, None).map_err(|e| format!("{e:?}"))?;
    }
    future.subscribe().block();
    let response = future.get().ok_or("not ready")?.map_err(|_| "twice")?.map_err(|e| format!("{e:?}"))?;
    let body: IncomingBody = response.consume().map_err(|_| "consume")?;
    let input = body.stream().map_err(|_| "stream")?;
    let got = take(&input)?;
    Ok(if kind == "http-in" { got } else { n })
}
