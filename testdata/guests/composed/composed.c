// What the guest scalars imports, as a component of its own: both composed into
// one call each other through the canonical ABI, without the host.
typedef unsigned int u32;
typedef unsigned char u8;
#define EXPORTED(name) __attribute__((export_name(name), used))
#define HOST "demo:scalars/host@0.1.0#"

extern u8 __heap_base;
static u32 top; // of what is allocated; a call ends with nothing left

EXPORTED("cabi_realloc") void *cabi_realloc(void *old, u32 old_size, u32 align, u32 size) {
  (void)old;
  (void)old_size;
  if (!top)
    top = (u32)&__heap_base;
  u32 at = (top + align - 1) & ~(align - 1);
  u32 have = __builtin_wasm_memory_size(0) << 16;
  top = at + size;
  if (top > have && __builtin_wasm_memory_grow(0, ((top - have) >> 16) + 1) == (unsigned long)-1)
    __builtin_trap();
  return (void *)at;
}

EXPORTED(HOST "tick") u32 tick(u32 v) { return v + 1; }

EXPORTED(HOST "say") u32 say(u8 *text, u32 len) {
  (void)text;
  top = 0;
  return len;
}

static struct {
  u8 *text;
  u32 len;
} answer;

EXPORTED(HOST "repeat") void *repeat(u8 *text, u32 len) {
  answer.text = text;
  answer.len = len;
  return &answer;
}

EXPORTED("cabi_post_" HOST "repeat") void repeat_post(void *ret) {
  (void)ret;
  top = 0;
}
