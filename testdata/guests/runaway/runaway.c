// Misbehaves on demand. Every export is scalars only, so no bindings are needed.
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define NAMED __attribute__((noinline))

enum { PAGE = 65536, FILLED = 256 };

static volatile uint32_t sink;

EXPORT("spin") void spin(void) {
  for (;;)
    sink++;
}

// The condition always holds, which the compiler cannot know; what is stored
// after the call keeps it from making a loop of this.
NAMED static void deeper(uint32_t n) {
  if (sink != UINT32_MAX)
    deeper(n + 1);
  sink = n;
}

EXPORT("recurse") void recurse(void) { deeper(0); }

EXPORT("tree") uint64_t tree(uint32_t depth) {
  if (depth == 0)
    return 1;
  uint64_t left = tree(depth - 1);
  uint64_t right = tree(depth - 1);
  sink = depth;
  return left + right + 1;
}

EXPORT("fill") void fill(void) {
  uint32_t from = __builtin_wasm_memory_grow(0, FILLED);
  if (from == (uint32_t)-1)
    __builtin_trap();
  for (uint8_t c = 0;; c++)
    __builtin_memset((void *)(from * PAGE), c, FILLED * PAGE);
}

EXPORT("grow") uint32_t grow(void) {
  while (__builtin_wasm_memory_grow(0, 1) != (uint32_t)-1)
    *(volatile uint8_t *)((__builtin_wasm_memory_size(0) - 1) * PAGE) = 1;
  return __builtin_wasm_memory_size(0);
}

NAMED static void fall(void) {
  sink++;
  __builtin_trap();
}

NAMED static void stumble(void) {
  fall();
  sink++;
}

EXPORT("trap") void trap(void) {
  stumble();
  sink++;
}

EXPORT("peek") uint32_t peek(uint32_t address) { return *(volatile uint8_t *)address; }

EXPORT("divide") uint32_t divide(uint32_t a, uint32_t b) { return a / b; }

EXPORT("ok") uint32_t ok(uint32_t v) { return v + 1; }
