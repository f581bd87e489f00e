//! A guest whose bindings are written by hand, straight from the canonical ABI:
//! strings, lists of records, a variant, a result and an exported resource.

use std::alloc::{alloc, dealloc, realloc, Layout};
use std::mem::ManuallyDrop;

#[link(wasm_import_module = "demo:rs/host@0.1.0")]
extern "C" {
    #[link_name = "log"]
    fn host_log(p: *const u8, n: usize);
}
// The handle table hands the pointer back as it got it.
#[allow(improper_ctypes)]
#[link(wasm_import_module = "[export]demo:rs/api@0.1.0")]
extern "C" {
    #[link_name = "[resource-new]bag"]
    fn bag_new(rep: *mut Bag) -> u32;
}
fn log(s: &str) {
    unsafe { host_log(s.as_ptr(), s.len()) }
}

#[export_name = "cabi_realloc"]
pub unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_len: usize,
    align: usize,
    new_len: usize,
) -> *mut u8 {
    let p = if old_len == 0 {
        if new_len == 0 {
            return align as *mut u8;
        }
        alloc(Layout::from_size_align_unchecked(new_len, align))
    } else {
        realloc(
            old,
            Layout::from_size_align_unchecked(old_len, align),
            new_len,
        )
    };
    if p.is_null() {
        std::process::abort()
    }
    p
}
pub struct Item {
    name: String,
    qty: u32,
}
#[repr(C)]
pub struct RawItem {
    p: *mut u8,
    n: usize,
    qty: u32,
}
impl RawItem {
    unsafe fn lift(&self) -> Item {
        Item {
            name: String::from_raw_parts(self.p, self.n, self.n),
            qty: self.qty,
        }
    }
}
#[derive(Default)]
pub struct Bag {
    items: Vec<Item>,
}
static mut RET: [usize; 4] = [0; 4];

#[export_name = "demo:rs/api@0.1.0#[constructor]bag"]
pub unsafe extern "C" fn bag_ctor() -> u32 {
    bag_new(Box::into_raw(Box::<Bag>::default()))
}
#[export_name = "demo:rs/api@0.1.0#[dtor]bag"]
pub unsafe extern "C" fn bag_dtor(b: *mut Bag) {
    log("bag dropped");
    drop(Box::from_raw(b))
}
#[export_name = "demo:rs/api@0.1.0#[method]bag.add"]
pub unsafe extern "C" fn bag_add(b: *mut Bag, p: *mut u8, n: usize, qty: u32) -> u32 {
    (*b).items.push(RawItem { p, n, qty }.lift());
    (*b).items.len() as u32
}
#[export_name = "demo:rs/api@0.1.0#[method]bag.items"]
pub unsafe extern "C" fn bag_items(b: *mut Bag) -> *const usize {
    let v: Vec<RawItem> = (*b)
        .items
        .iter()
        .map(|i| {
            let mut s = ManuallyDrop::new(i.name.clone().into_bytes().into_boxed_slice());
            RawItem {
                p: s.as_mut_ptr(),
                n: s.len(),
                qty: i.qty,
            }
        })
        .collect();
    let mut v = ManuallyDrop::new(v.into_boxed_slice());
    RET[0] = v.as_mut_ptr() as usize;
    RET[1] = v.len();
    &raw const RET as *const usize
}
#[export_name = "cabi_post_demo:rs/api@0.1.0#[method]bag.items"]
pub unsafe extern "C" fn bag_items_post(r: *const usize) {
    let (p, n) = (*r as *mut RawItem, *r.add(1));
    if n == 0 {
        return;
    }
    for i in 0..n {
        drop((*p.add(i)).lift())
    }
    dealloc(p as *mut u8, Layout::array::<RawItem>(n).unwrap())
}
#[export_name = "demo:rs/api@0.1.0#total"]
pub unsafe extern "C" fn total(p: *mut RawItem, n: usize) -> u64 {
    let mut t = 0;
    for i in 0..n {
        t += (*p.add(i)).lift().qty as u64
    }
    if n > 0 {
        dealloc(p as *mut u8, Layout::array::<RawItem>(n).unwrap())
    }
    t
}
#[export_name = "demo:rs/api@0.1.0#describe"]
pub unsafe extern "C" fn describe(d: i32, a: u64, b: usize) -> *const usize {
    let r = match d {
        0 => Ok(format!("tick {a}")),
        1 => Ok(String::from_raw_parts(a as u32 as *mut u8, b, b).to_uppercase()),
        _ => Err("idle".to_string()),
    };
    let (t, s) = match r {
        Ok(s) => (0, s),
        Err(s) => (1, s),
    };
    let mut s = ManuallyDrop::new(s.into_bytes().into_boxed_slice());
    RET = [t, s.as_mut_ptr() as usize, s.len(), 0];
    &raw const RET as *const usize
}
#[export_name = "cabi_post_demo:rs/api@0.1.0#describe"]
pub unsafe extern "C" fn describe_post(r: *const usize) {
    let n = *r.add(2);
    drop(String::from_raw_parts(*r.add(1) as *mut u8, n, n))
}
#[export_name = "demo:rs/api@0.1.0#spin"]
pub extern "C" fn spin(n: u64) -> u64 {
    let mut x = 1u64;
    for i in 0..n {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(i)
    }
    x
}
