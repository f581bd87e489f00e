//! Takes all that it can of something, by the standard library's own means where
//! it has some. Every export is scalars only, so no bindings are needed.

use std::arch::wasm32::{memory_grow, memory_size};
use std::collections::{HashMap, VecDeque};
use std::hint::black_box;

const PAGE: usize = 65536;
const FILLED: usize = 16 << 20;

#[export_name = "spin"]
pub extern "C" fn spin() {
    let mut n = 0u64;
    loop {
        n = black_box(n).wrapping_add(1);
    }
}

#[inline(never)]
fn collatz(n: u32) -> u32 {
    (1..)
        .scan(n, |n, step| {
            *n = if *n % 2 == 0 { *n / 2 } else { 3 * *n + 1 };
            (*n > 1).then_some(step)
        })
        .last()
        .unwrap_or(0)
}

#[export_name = "work"]
pub extern "C" fn work() {
    for n in (1..10_000).cycle() {
        black_box(collatz(n));
    }
}

#[export_name = "tree"]
pub extern "C" fn tree(depth: u32) -> u64 {
    match depth {
        0 => 1,
        _ => tree(black_box(depth) - 1) + tree(black_box(depth) - 1) + 1,
    }
}

/// Something of each call lies in memory, so that the guest's own stack is used
/// as well as the engine's.
#[inline(never)]
fn deeper(n: u32) -> u32 {
    let kept = black_box([n; 4]);
    deeper(kept[0] + 1) + black_box(kept)[3]
}

#[export_name = "recurse"]
#[allow(unconditional_recursion)]
pub extern "C" fn recurse() -> u32 {
    deeper(0)
}

#[export_name = "grow"]
pub extern "C" fn grow() -> u32 {
    while memory_grow(0, 1) != usize::MAX {
        let last = (memory_size(0) - 1) * PAGE;
        unsafe { (last as *mut u8).write_volatile(1) };
    }
    memory_size(0) as u32
}

#[export_name = "hoard"]
pub extern "C" fn hoard() {
    let mut all = HashMap::new();
    for n in 0u32.. {
        all.insert(n, VecDeque::from([n; 4]));
    }
    black_box(all);
}

#[export_name = "swell"]
pub extern "C" fn swell() {
    let mut all = String::from("all work and no play ");
    loop {
        all += &black_box(all.clone());
    }
}

#[export_name = "churn"]
pub extern "C" fn churn() {
    let mut n = 1u32;
    loop {
        n = n.wrapping_mul(1664525).wrapping_add(1013904223);
        drop(black_box(vec![n as u8; (n >> 16) as usize]));
    }
}

#[export_name = "fill"]
pub extern "C" fn fill() {
    let mut all = vec![0u8; FILLED];
    for c in (0..=255u8).cycle() {
        black_box(&mut all).fill(c);
    }
}

#[export_name = "copy"]
pub extern "C" fn copy() {
    let mut all = vec![1u8; 2 * FILLED];
    loop {
        black_box(&mut all).copy_within(..FILLED, FILLED);
        black_box(&mut all).copy_within(FILLED.., 0);
    }
}

#[export_name = "ok"]
pub extern "C" fn ok(v: u32) -> u32 {
    v.wrapping_add(1)
}
