//! Keeps buckets with the host: each bucket that it exports stands for one that
//! it imports, so that every function goes through both ways.

use std::cell::Cell;

wit_bindgen::generate!({
    path: "wit",
    world: "vault",
    generate_all,
});

use demo::vault::store as host;
use exports::demo::vault::store::{
    Bucket as Ours, BucketBorrow, ErrorCode, Guest as Store, GuestBucket, Pair, Refusal, Slot,
};

struct Component;
export!(Component);

thread_local! {
    static LIVE: Cell<u32> = const { Cell::new(0) };
}

/// A bucket of the component's: one of the host's, counted.
struct Inner(Cell<Option<host::Bucket>>);

impl Inner {
    fn new(b: host::Bucket) -> Inner {
        LIVE.with(|n| n.set(n.get() + 1));
        Inner(Cell::new(Some(b)))
    }

    fn with<T>(&self, f: impl FnOnce(&host::Bucket) -> T) -> T {
        let b = self.0.take().expect("the bucket is there");
        let out = f(&b);
        self.0.set(Some(b));
        out
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        LIVE.with(|n| n.set(n.get() - 1));
    }
}

/// The host's bucket out of one of the component's.
fn out(b: Ours) -> host::Bucket {
    b.into_inner::<Inner>().0.take().expect("the bucket is there")
}

fn wrap(b: host::Bucket) -> Ours {
    Ours::new(Inner::new(b))
}

fn code(e: host::ErrorCode) -> ErrorCode {
    match e {
        host::ErrorCode::NoSuchBucket => ErrorCode::NoSuchBucket,
        host::ErrorCode::Full => ErrorCode::Full,
    }
}

impl GuestBucket for Inner {
    fn new(name: String) -> Inner {
        Inner::new(host::Bucket::new(&name))
    }

    fn open(name: String) -> Result<Ours, ErrorCode> {
        host::Bucket::open(&name).map(wrap).map_err(code)
    }

    fn merge(a: Ours, b: BucketBorrow<'_>) -> Ours {
        wrap(b.get::<Inner>().with(|b| host::Bucket::merge(out(a), b)))
    }

    fn name(&self) -> String {
        self.with(|b| b.name())
    }

    fn get(&self, key: String) -> Option<Vec<u8>> {
        self.with(|b| b.get(&key))
    }

    fn put(&self, key: String, value: Vec<u8>) -> Result<(), ErrorCode> {
        self.with(|b| b.put(&key, &value)).map_err(code)
    }

    fn copy(&self) -> Ours {
        wrap(self.with(|b| b.copy()))
    }

    fn drop(&self) -> u32 {
        self.with(|b| b.drop())
    }

    fn close(&self) -> u32 {
        self.with(|b| b.close())
    }
}

impl Store for Component {
    type Bucket = Inner;

    fn split(b: Ours) -> Pair {
        let p = host::split(out(b));
        Pair { left: wrap(p.left), label: p.label, right: p.right.map(wrap) }
    }

    fn join(p: Pair) -> Ours {
        wrap(host::join(host::Pair { left: out(p.left), label: p.label, right: p.right.map(out) }))
    }

    fn spill(s: Slot) -> Vec<Ours> {
        let s = match s {
            Slot::Full(b) => host::Slot::Full(out(b)),
            Slot::Many(bs) => host::Slot::Many(bs.into_iter().map(out).collect()),
            Slot::Empty => host::Slot::Empty,
        };
        host::spill(s).into_iter().map(wrap).collect()
    }

    fn fill(b: Vec<Ours>) -> Slot {
        match host::fill(b.into_iter().map(out).collect()) {
            host::Slot::Full(b) => Slot::Full(wrap(b)),
            host::Slot::Many(bs) => Slot::Many(bs.into_iter().map(wrap).collect()),
            host::Slot::Empty => Slot::Empty,
        }
    }

    fn keep(b: Vec<Ours>) -> Result<u32, Refusal> {
        host::keep(b.into_iter().map(out).collect()).map_err(|e| match e {
            host::Refusal::TooMany(bs) => Refusal::TooMany(bs.into_iter().map(wrap).collect()),
            host::Refusal::Unnamed => Refusal::Unnamed,
        })
    }

    fn swap(r: Result<Ours, String>) -> Result<String, Ours> {
        host::swap(match r {
            Ok(b) => Ok(out(b)),
            Err(s) => Err(s),
        })
        .map_err(wrap)
    }

    fn names(b: Vec<BucketBorrow<'_>>) -> Vec<String> {
        let taken: Vec<host::Bucket> =
            b.iter().map(|b| b.get::<Inner>().0.take().expect("lent once")).collect();
        let names = host::names(&taken.iter().collect::<Vec<_>>());
        for (b, t) in b.iter().zip(taken) {
            b.get::<Inner>().0.set(Some(t));
        }
        names
    }

    fn first(b: (Option<BucketBorrow<'_>>, BucketBorrow<'_>)) -> String {
        b.1.get::<Inner>().with(|second| match &b.0 {
            Some(first) => first.get::<Inner>().with(|first| host::first((Some(first), second))),
            None => host::first((None, second)),
        })
    }
}

impl Guest for Component {
    fn pass(b: host::Bucket) -> host::Bucket {
        b
    }

    fn ask(b: &host::Bucket) -> String {
        format!("{}: {}", b.name(), appraise(b))
    }

    fn live() -> u32 {
        LIVE.with(|n| n.get())
    }
}
