//! The work on text that the meter is measured by: a JSON parser and a regular
//! expression engine, both as their users have them, on texts made here.
//! Each function gives a checksum of what it did.

use std::fmt::Write;

use regex_lite::Regex;
use serde_json::Value;

struct Random(u32);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1664525).wrapping_add(1013904223);
        (self.0 >> 8) % n
    }
}

const NAMES: [&str; 8] = ["Ada", "Grace", "Edsger", "Barbara", "Tony", "Margaret", "Niklaus", "Frances"];

/// A list of records with numbers, strings with escapes, lists and nothings.
fn records(n: u32) -> String {
    let mut r = Random(7);
    let mut s = String::from("[");
    for i in 0..n {
        if i > 0 {
            s.push(',');
        }
        let name = NAMES[r.below(8) as usize];
        let (whole, part) = (r.below(1000), r.below(100));
        write!(s, r#"{{"id": {i}, "name": "{name}", "price": {whole}.{part:02}, "note": "a \"quoted\" word\n", "ok": {}, "tags": ["#, r.below(2) == 0).unwrap();
        for t in 0..r.below(5) {
            write!(s, "{}\"t{}\"", if t > 0 { ", " } else { "" }, r.below(50)).unwrap();
        }
        s.push_str(r#"], "parent": null}"#);
    }
    s.push(']');
    s
}

fn weigh(v: &Value) -> u32 {
    match v {
        Value::Null => 1,
        Value::Bool(b) => 2 + u32::from(*b),
        Value::Number(n) => n.as_f64().map_or(0, |f| (f * 100.0) as u32),
        Value::String(s) => s.bytes().fold(0, |sum, b| sum * 31 + u32::from(b)),
        Value::Array(l) => l.iter().fold(5, |sum, v| sum * 7 ^ weigh(v)),
        Value::Object(m) => m.iter().fold(9, |sum, (_, v)| sum * 11 ^ weigh(v)),
    }
}

static mut RECORDS: Option<String> = None;
static mut LOG: Option<(String, [Regex; 3])> = None;

/// Parses n records as JSON, and walks what comes of it.
#[no_mangle]
#[allow(static_mut_refs)]
pub extern "C" fn json(n: u32) -> u32 {
    let text = unsafe { RECORDS.get_or_insert_with(|| records(n)) };
    serde_json::from_str(text).map_or(0, |v| weigh(&v))
}

/// Lines as a server logs them.
fn log(n: u32) -> String {
    let mut r = Random(11);
    let mut s = String::new();
    for _ in 0..n {
        let name = NAMES[r.below(8) as usize];
        writeln!(
            s,
            "2026-{:02}-{:02}T{:02}:{:02}:00Z {}.{}.0.{} {} user={name} path=/a/{}/b.html status={} took {}ms",
            1 + r.below(12), 1 + r.below(28), r.below(24), r.below(60),
            r.below(256), r.below(256), r.below(256),
            ["GET", "PUT", "POST"][r.below(3) as usize], r.below(1000), 200 + 100 * r.below(4), r.below(900),
        )
        .unwrap();
    }
    s
}

/// Searches n lines for three patterns.
#[no_mangle]
#[allow(static_mut_refs)]
pub extern "C" fn regex(n: u32) -> u32 {
    let (text, patterns) = unsafe {
        LOG.get_or_insert_with(|| {
            let compile = |p| Regex::new(p).unwrap();
            (
                log(n),
                [
                    compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})"),
                    compile(r"(GET|POST) user=(\w+) path=(/[a-z0-9/.]*) status=5\d\d"),
                    compile(r"took [5-9]\d\dms$"),
                ],
            )
        })
    };
    let mut sum = 0;
    for line in text.lines() {
        for p in patterns.iter() {
            if let Some(m) = p.captures(line) {
                sum = sum * 31 + m.iter().flatten().map(|g| (g.start() * 100 + g.end()) as u32).sum::<u32>();
            }
        }
    }
    sum
}
