// Gives back maps and fixed-length lists, directly or by way of the host. Its
// bindings are written by hand, straight from the canonical ABI: a map lies in
// memory as a list of keys with values, a fixed-length list as its elements one
// after the other, without a pointer. Maps are copied entry by entry, so that
// what the host wrote where it does not belong does not come back.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned u32;
typedef unsigned long long u64;
#define EXPORT(n) __attribute__((export_name(n), used))
#define HOST(n) __attribute__((import_module("demo:atlas-c/host@0.1.0"), import_name("echo-" n)))

// Memory. What a call allocates is forgotten as a whole when the host is done
// with its result.
extern u8 __heap_base;
static u32 top;
static void *alloc(u32 n, u32 align) {
  if (!top)
    top = (u32)&__heap_base;
  u32 p = (top + align - 1) & ~(align - 1), end = p + n, have = __builtin_wasm_memory_size(0) << 16;
  if (end > have && __builtin_wasm_memory_grow(0, ((end - have) >> 16) + 1) == (u32)-1)
    __builtin_trap();
  top = end;
  return (void *)p;
}
EXPORT("cabi_realloc") void *cabi_realloc(void *old, u32 old_size, u32 align, u32 n) {
  u8 *p = alloc(n, align);
  for (u32 i = 0; i < old_size && i < n; i++)
    p[i] = ((u8 *)old)[i];
  return p;
}
#define NEW(type, n) ((type *)alloc((n) * sizeof(type), _Alignof(type)))

// Values as they lie in memory.
typedef struct {
  const u8 *p;
  u32 n;
} string;
#define MAP(name, key, value)                                                                                          \
  typedef struct {                                                                                                     \
    key k;                                                                                                             \
    value v;                                                                                                           \
  } name##_entry;                                                                                                      \
  typedef struct {                                                                                                     \
    name##_entry *p;                                                                                                   \
    u32 n;                                                                                                             \
  } name;                                                                                                              \
  static name copy_##name(name##_entry *p, u32 n) {                                                                    \
    name m = {NEW(name##_entry, n), n};                                                                                \
    for (u32 i = 0; i < n; i++) {                                                                                      \
      m.p[i].k = p[i].k;                                                                                               \
      m.p[i].v = p[i].v;                                                                                               \
    }                                                                                                                  \
    return m;                                                                                                          \
  }
MAP(numbers, string, u32)
MAP(wides, u8, u64)
MAP(names, u16, string)
MAP(atlas, u32, names)
MAP(bytes, u8, u8)
MAP(marks, u32, u8)
MAP(table, string, string)
typedef struct {
  u32 *p;
  u32 n;
} list;
typedef struct {
  u8 id;
  string words[2];
  marks marks;
  u64 big;
} sheet;
typedef struct {
  u8 tag;
  union {
    string words[2];
    table table;
    u64 wide[3];
  };
} cell;

// Each function has its flat parameters, what they make, and how they are passed
// on. What it gives lies in memory, and the caller says when it is done with it.
#define ROUNDTRIP(name, id, type, params, make, args)                                                                  \
  HOST(name) void host_##id(UNPACK params, type *ret);                                                                 \
  EXPORT("demo:atlas-c/roundtrip@0.1.0#echo-" name) type *echo_##id params {                                           \
    type *ret = NEW(type, 1);                                                                                          \
    make;                                                                                                              \
    return ret;                                                                                                        \
  }                                                                                                                    \
  EXPORT("demo:atlas-c/roundtrip@0.1.0#via-host-" name) type *via_host_##id params {                                   \
    type *ret = NEW(type, 1);                                                                                          \
    host_##id(UNPACK args, ret);                                                                                       \
    return ret;                                                                                                        \
  }                                                                                                                    \
  EXPORT("cabi_post_demo:atlas-c/roundtrip@0.1.0#echo-" name) void echo_post_##id(type *ret) {                         \
    (void)ret;                                                                                                         \
    top = 0;                                                                                                           \
  }                                                                                                                    \
  EXPORT("cabi_post_demo:atlas-c/roundtrip@0.1.0#via-host-" name) void via_post_##id(type *ret) {                      \
    (void)ret;                                                                                                         \
    top = 0;                                                                                                           \
  }
#define UNPACK(...) __VA_ARGS__

typedef string strings[3];
typedef u16 grid[2][3];
typedef list lists[2];
typedef bytes maps[2];
typedef u32 row[20];
typedef sheet sheets[2];

#define STRING(p, n) ((string){(const u8 *)(p), n})
#define LIST(p, n) ((list){p, n})

ROUNDTRIP("map-string", map_string, numbers, (numbers_entry * p, u32 n), *ret = copy_numbers(p, n), (p, n))

ROUNDTRIP("map-u8", map_u8, wides, (wides_entry * p, u32 n), *ret = copy_wides(p, n), (p, n))

static atlas copy_all(atlas_entry *p, u32 n) {
  atlas a = copy_atlas(p, n);
  for (u32 i = 0; i < n; i++)
    a.p[i].v = copy_names(p[i].v.p, p[i].v.n);
  return a;
}
ROUNDTRIP("map-map", map_map, atlas, (atlas_entry * p, u32 n), *ret = copy_all(p, n), (p, n))

ROUNDTRIP("fixed-string", fixed_string, strings, (const u8 *p, u32 n, const u8 *q, u32 m, const u8 *r, u32 o),
          (*ret)[0] = STRING(p, n);
          (*ret)[1] = STRING(q, m); (*ret)[2] = STRING(r, o), (p, n, q, m, r, o))

ROUNDTRIP("fixed-fixed", fixed_fixed, grid, (u32 a, u32 b, u32 c, u32 d, u32 e, u32 f), (*ret)[0][0] = a;
          (*ret)[0][1] = b; (*ret)[0][2] = c; (*ret)[1][0] = d; (*ret)[1][1] = e; (*ret)[1][2] = f, (a, b, c, d, e, f))

ROUNDTRIP("fixed-list", fixed_list, lists, (u32 * p, u32 n, u32 *q, u32 m), (*ret)[0] = LIST(p, n);
          (*ret)[1] = LIST(q, m), (p, n, q, m))

ROUNDTRIP("fixed-map", fixed_map, maps, (bytes_entry * p, u32 n, bytes_entry *q, u32 m), (*ret)[0] = copy_bytes(p, n);
          (*ret)[1] = copy_bytes(q, m), (p, n, q, m))

// More than sixteen flat values come as a pointer to them.
static void copy_row(row *to, row *from) {
  for (u32 i = 0; i < 20; i++)
    (*to)[i] = (*from)[i];
}
ROUNDTRIP("fixed-long", fixed_long, row, (row * v), copy_row(ret, v), (v))

static sheet make_sheet(u32 id, u8 *p, u32 n, u8 *q, u32 m, marks_entry *r, u32 o, u64 big) {
  return (sheet){.id = id, .words = {STRING(p, n), STRING(q, m)}, .marks = copy_marks(r, o), .big = big};
}
ROUNDTRIP("sheet", sheet, sheet, (u32 id, u8 *p, u32 n, u8 *q, u32 m, marks_entry *r, u32 o, u64 big),
          *ret = make_sheet(id, p, n, q, m, r, o, big), (id, p, n, q, m, r, o, big))

ROUNDTRIP("fixed-sheet", fixed_sheet, sheets,
          (u32 id, u8 *p, u32 n, u8 *q, u32 m, marks_entry *r, u32 o, u64 big, u32 id2, u8 *p2, u32 n2, u8 *q2, u32 m2,
           marks_entry *r2, u32 o2, u64 big2),
          (*ret)[0] = make_sheet(id, p, n, q, m, r, o, big);
          (*ret)[1] = make_sheet(id2, p2, n2, q2, m2, r2, o2, big2),
          (id, p, n, q, m, r, o, big, id2, p2, n2, q2, m2, r2, o2, big2))

// The cases share the slots: where one has an i32 and another an i64, it is one.
static cell make_cell(u32 tag, u64 a, u64 b, u64 c, u32 d) {
  switch (tag) {
  case 0:
    return (cell){.tag = tag, .words = {STRING((u32)a, b), STRING((u32)c, d)}};
  case 1:
    return (cell){.tag = tag, .table = copy_table((table_entry *)(u32)a, b)};
  case 2:
    return (cell){.tag = tag, .wide = {a, b, c}};
  }
  return (cell){.tag = tag};
}
ROUNDTRIP("cell", cell, cell, (u32 tag, u64 a, u64 b, u64 c, u32 d), *ret = make_cell(tag, a, b, c, d), (tag, a, b, c, d))
