// Prices orders: takes a tenth off those of 50.00 and more, and hands each on to
// the actor that the variable NEXT names. The bindings to the world
// airssys:core/airssys-component are written by hand, by the canonical ABI:
// every pointer that the host hands over was allocated by cabi_realloc, and what
// is handed out lives until the next call.
//
// An order whose amount is no number is handed on as it is: what it is worth is
// the ledger's to say.

// @ts-ignore: decorator
@external("airssys:core/host-services@1.0.0", "log")
declare function hostLog(level: i32, p: usize, n: usize, some: i32, facts: usize, count: usize): void;
// @ts-ignore: decorator
@external("airssys:core/host-services@1.0.0", "send-message")
declare function hostSend(ns: usize, nsLen: usize, name: usize, nameLen: usize, version: usize, versionLen: usize, p: usize, n: usize, ret: usize): void;

const INFO = 2;
const THRESHOLD: i64 = 5000; // in hundredths

let next = ""; // namespace:name
const area = new StaticArray<u8>(128); // what results are returned in
let kept: ArrayBuffer = new ArrayBuffer(0); // what the last result points to

export function cabi_realloc(old: usize, oldLen: usize, align: usize, len: usize): usize {
  if (len == 0) return align;
  const p = heap.alloc(len); // aligned to 16
  if (oldLen) {
    memory.copy(p, old, min(oldLen, len));
    heap.free(old);
  }
  return p;
}

// take reads a string that the host has handed over, and frees it.
function take(p: usize, n: usize): string {
  if (n == 0) return "";
  const s = String.UTF8.decodeUnsafe(p, n);
  heap.free(p);
  return s;
}

// ok is a result without a value.
function ok(): usize {
  const p = changetype<usize>(area);
  memory.fill(p, 0, 16);
  return p;
}

// fail is the error of that case, with a text: a result<_, variant { case(string) }>.
function fail(which: u8, text: string): usize {
  kept = String.UTF8.encode(text);
  const p = ok();
  store<u8>(p, 1);
  store<u8>(p + 4, which);
  store<u32>(p + 8, <u32>changetype<usize>(kept));
  store<u32>(p + 12, kept.byteLength);
  return p;
}

function say(text: string): void {
  const b = String.UTF8.encode(text);
  hostLog(INFO, changetype<usize>(b), b.byteLength, 0, 0, 0);
}

// hundredths reads "12", "12.5" or "12.50"; -1 is no amount.
function hundredths(text: string): i64 {
  const parts = text.split(".");
  if (parts.length > 2 || parts[0].length == 0 || text.length > 15) return -1;
  let n: i64 = 0;
  const digits = parts.length == 1 ? parts[0] + "00" : parts[0] + (parts[1] + "00").substr(0, 2);
  if (parts.length == 2 && (parts[1].length == 0 || parts[1].length > 2)) return -1;
  for (let i = 0; i < digits.length; i++) {
    const c = digits.charCodeAt(i);
    if (c < 48 || c > 57) return -1;
    n = n * 10 + (c - 48);
  }
  return n;
}

function amount(n: i64): string {
  return (n / 100).toString() + "." + (n % 100).toString().padStart(2, "0");
}

// price gives an order with what is off taken off.
function price(order: string): string {
  const fields = order.split(";");
  for (let i = 0; i < fields.length; i++) {
    if (!fields[i].startsWith("amount=")) continue;
    const full = hundredths(fields[i].substr(7));
    if (full < THRESHOLD) continue;
    const less = full - full / 10;
    say("a tenth off: " + amount(less) + " for " + amount(full));
    fields[i] = "amount=" + amount(less);
  }
  return fields.join(";");
}

export function init(env: usize, envLen: usize, some: i32, data: usize, dataLen: usize, mem: i64, cpu: i64, time: i64): usize {
  for (let i: usize = 0; i < envLen; i++) {
    const at = env + 16 * i;
    const key = take(load<u32>(at), load<u32>(at + 4));
    const value = take(load<u32>(at + 8), load<u32>(at + 12));
    if (key == "NEXT") next = value;
  }
  if (envLen) heap.free(env);
  if (some && dataLen) heap.free(data);
  if (next.indexOf(":") < 0) return fail(1, "the variable NEXT names whom priced orders go to, as in orders:ledger"); // configuration-invalid
  __collect();
  return ok();
}

export function handle_message(ns: usize, nsLen: usize, name: usize, nameLen: usize, version: usize, versionLen: usize, p: usize, n: usize): usize {
  take(ns, nsLen);
  take(name, nameLen);
  take(version, versionLen);
  const order = String.UTF8.encode(price(take(p, n)));
  const colon = next.indexOf(":");
  const toNs = String.UTF8.encode(next.substr(0, colon));
  const toName = String.UTF8.encode(next.substr(colon + 1));
  const ret = changetype<usize>(area);
  hostSend(changetype<usize>(toNs), toNs.byteLength, changetype<usize>(toName), toName.byteLength, 0, 0,
    changetype<usize>(order), order.byteLength, ret);
  const why = load<u8>(ret) ? take(load<u32>(ret + 8), load<u32>(ret + 12)) : "";
  const result = load<u8>(ret) ? fail(3, "an order did not reach " + next + ": " + why) : ok(); // internal-error
  __collect();
  return result;
}

// execute answers a request: an order, priced and handed on to nobody.
export function execute(p: usize, n: usize, id: usize, idLen: usize, timeout: i64, caller: i32, component: i32,
  ns: usize, nsLen: usize, name: usize, nameLen: usize, version: usize, versionLen: usize,
  external: i32, source: usize, sourceLen: usize): usize {
  const order = price(take(p, n));
  take(id, idLen);
  if (caller && component) {
    take(ns, nsLen);
    take(name, nameLen);
    take(version, versionLen);
  }
  if (caller && external) take(source, sourceLen);
  kept = String.UTF8.encode(order);
  const ret = ok();
  store<u32>(ret + 4, <u32>changetype<usize>(kept));
  store<u32>(ret + 8, kept.byteLength);
  __collect();
  return ret;
}

export function handle_callback(id: usize, idLen: usize, failed: i32, p: usize, n: usize): usize {
  take(id, idLen);
  take(p, n);
  return fail(3, "pricing makes no requests");
}

export function metadata(): usize {
  kept = String.UTF8.encode("pricing1.0.0Prices orders.witgen");
  const p = ok();
  memory.fill(p, 0, 64);
  const lengths: StaticArray<i32> = [7, 5, 14, 6];
  let at = <u32>changetype<usize>(kept);
  for (let i = 0; i < 4; i++) {
    store<u32>(p + 8 * i, at);
    store<u32>(p + 8 * i + 4, lengths[i]);
    at += lengths[i];
  }
  return p;
}

export function health(): i32 { return 0; }

export function shutdown(): usize { return ok(); }
