// A guest whose bindings are written by hand, straight from the canonical ABI:
// strings, lists, records, a variant, flags, an enum, an exported resource and
// an imported one. It has no C library; what a call allocates is forgotten as a
// whole when the host is done with its result (cabi_post_…).
typedef unsigned int u32;
typedef int s32;
typedef unsigned char u8;
typedef double f64;
#define EXP(n) __attribute__((export_name(n), used))
#define IMP(m, n) __attribute__((import_module(m), import_name(n)))

// Memory.
extern u8 __heap_base;
static u32 top;
void *memcpy(void *d, const void *s, unsigned long n) {
  u8 *a = d;
  const u8 *b = s;
  while (n--) *a++ = *b++;
  return d;
}
void *memset(void *d, int c, unsigned long n) {
  u8 *a = d;
  while (n--) *a++ = (u8)c;
  return d;
}
static void *bump(u32 n, u32 al) {
  if (!top) top = (u32)&__heap_base;
  u32 p = (top + al - 1) & ~(al - 1);
  u32 e = p + n;
  u32 have = __builtin_wasm_memory_size(0) << 16;
  if (e > have && __builtin_wasm_memory_grow(0, ((e - have) >> 16) + 1) == (u32)-1) __builtin_trap();
  top = e;
  return (void *)p;
}
EXP("cabi_realloc") void *cabi_realloc(void *old, u32 olds, u32 al, u32 n) {
  if (!n) return (void *)al;
  void *p = bump(n, al);
  if (old && olds) memcpy(p, old, olds < n ? olds : n);
  return p;
}
static void reset(void) { top = 0; }

typedef struct {
  u8 *p;
  u32 n;
} str;
typedef struct {
  s32 x, y;
} point;
typedef struct {
  point *p;
  u32 n;
} points;

IMP("demo:c/host@0.1.0", "log") void host_log(const void *p, u32 n);
IMP("demo:c/host@0.1.0", "[constructor]sink") u32 sink_new(const void *p, u32 n);
IMP("demo:c/host@0.1.0", "[method]sink.push") void sink_push(u32 self, const void *p, u32 n, void *ret);
IMP("demo:c/host@0.1.0", "[resource-drop]sink") void sink_drop(u32 h);
IMP("[export]demo:c/api@0.1.0", "[resource-new]counter") u32 counter_new(u32 rep);
IMP("[export]demo:c/api@0.1.0", "[resource-drop]counter") void counter_drop(u32 h);
IMP("[export]demo:c/api@0.1.0", "[resource-rep]counter") u32 counter_rep(u32 h);

// The exported resource: a counter is a slot, which holds its value plus one.
static u32 slots[64];
static u32 alloc_slot(u32 v) {
  for (u32 i = 1; i < 64; i++)
    if (!slots[i]) {
      slots[i] = v + 1;
      return i;
    }
  __builtin_trap();
}
#define API "demo:c/api@0.1.0#"
EXP(API "[constructor]counter") u32 c_new(u32 start) { return counter_new(alloc_slot(start)); }
EXP(API "[method]counter.incr") u32 c_incr(u32 rep, u32 by) {
  slots[rep] += by;
  return slots[rep] - 1;
}
EXP(API "[static]counter.merge") u32 c_merge(u32 a, u32 brep) {
  u32 v = slots[counter_rep(a)] - 1 + slots[brep] - 1;
  counter_drop(a);
  return counter_new(alloc_slot(v));
}
EXP(API "[dtor]counter") void c_dtor(u32 rep) {
  slots[rep] = 0;
  host_log("dtor", 4);
}

// The functions. A result that is more than one value lies in memory.
static str retstr;
EXP(API "greet") str *greet(u8 *p, u32 n) {
  u8 *o = bump(n + 7, 1);
  memcpy(o, "Hello, ", 7);
  memcpy(o + 7, p, n);
  host_log(o, n + 7);
  u32 s = sink_new("s", 1);
  struct {
    u8 tag;
    u32 a, b;
  } r;
  sink_push(s, o, n + 7, &r);
  sink_drop(s);
  if (r.tag) {
    retstr.p = (u8 *)r.a;
    retstr.n = r.b;
  } else {
    retstr.p = o;
    retstr.n = n + 7;
  }
  return &retstr;
}
EXP("cabi_post_" API "greet") void greet_post(void *r) {
  (void)r;
  reset();
}
static struct {
  u32 *p;
  u32 n;
} retl;
EXP(API "rev") void *rev(u32 *p, u32 n) {
  for (u32 i = 0; i < n / 2; i++) {
    u32 t = p[i];
    p[i] = p[n - 1 - i];
    p[n - 1 - i] = t;
  }
  retl.p = p;
  retl.n = n;
  return &retl;
}
EXP("cabi_post_" API "rev") void rev_post(void *r) {
  (void)r;
  reset();
}
static struct {
  u8 tag;
  union {
    point v;
    str e;
  };
} retc;
EXP(API "centroid") void *centroid(u8 *name, u32 nn, point *p, u32 n, u32 has, u8 *tag, u32 tn) {
  if (!n) {
    u32 l = nn + 11;
    u8 *o = bump(l, 1);
    memcpy(o, "no points: ", 11);
    memcpy(o + 11, name, nn);
    retc.tag = 1;
    retc.e.p = o;
    retc.e.n = l;
    return &retc;
  }
  s32 x = 0, y = 0;
  for (u32 i = 0; i < n; i++) {
    x += p[i].x;
    y += p[i].y;
  }
  retc.tag = 0;
  retc.v.x = x / (s32)n;
  retc.v.y = y / (s32)n;
  if (has) host_log(tag, tn);
  return &retc;
}
EXP("cabi_post_" API "centroid") void centroid_post(void *r) {
  (void)r;
  reset();
}
static struct {
  u8 tag;
  f64 v;
} reto;
// A shape is its discriminant and two slots: a circle's f64 and a polygon's
// pointer share the first, so it is an i64, and the second is the length.
EXP(API "area") void *area(u32 disc, unsigned long long a, u32 b) {
  if (disc == 0) {
    f64 r;
    memcpy(&r, &a, 8);
    reto.tag = 1;
    reto.v = 3.141592653589793 * r * r;
  } else if (disc == 1) {
    point *p = (point *)(u32)a;
    f64 s = 0;
    for (u32 i = 0; i < b; i++) {
      point q = p[(i + 1) % b];
      s += (f64)p[i].x * q.y - (f64)q.x * p[i].y;
    }
    reto.tag = 1;
    reto.v = s < 0 ? -s / 2 : s / 2;
  } else
    reto.tag = 0;
  return &reto;
}
static struct {
  u8 p, c;
} rett;
EXP(API "toggle") void *toggle(u32 p, u32 c) {
  rett.p = (u8)(p ^ 7);
  rett.c = (u8)((c + 1) % 3);
  return &rett;
}
