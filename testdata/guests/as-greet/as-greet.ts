// A guest in AssemblyScript with bindings written by hand: a string each way.
@external("demo:asc/host@0.1.0", "log") declare function hostLog(p: usize, n: usize): void;
let ret: StaticArray<u32> = new StaticArray<u32>(2);
const keep = new Map<usize, ArrayBuffer>();
export function cabi_realloc(old: usize, oldLen: usize, align: usize, len: usize): usize {
  if (len == 0) return align;
  const p = heap.alloc(len + 8); const q = (p + 7) & ~7;
  if (oldLen) memory.copy(q, old, min(oldLen, len));
  return q;
}
export function greet(p: usize, n: usize): usize {
  const s = "Hello from AS, " + String.UTF8.decodeUnsafe(p, n);
  const b = String.UTF8.encode(s); keep.set(0, b);
  hostLog(changetype<usize>(b), b.byteLength);
  ret[0] = <u32>changetype<usize>(b); ret[1] = b.byteLength; return changetype<usize>(ret);
}
export function add(a: u32, b: u32): u32 { return a + b; }
