// Takes all that it can of something. Every export is scalars only, so no
// bindings are needed.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define NAMED __attribute__((noinline))

enum { PAGE = 65536, FILLED = 256 };

static volatile uint32_t sink;

EXPORT("spin") void spin(void) {
  for (;;)
    sink++;
}

NAMED static uint32_t collatz(uint32_t n) {
  uint32_t steps = 0;
  for (; n > 1; steps++)
    n = n % 2 ? 3 * n + 1 : n / 2;
  return steps;
}

EXPORT("work") void work(void) {
  for (uint32_t n = 1;; n = n % 10000 + 1)
    sink = collatz(n);
}

EXPORT("tree") uint64_t tree(uint32_t depth) {
  if (depth == 0)
    return 1;
  uint64_t left = tree(depth - 1);
  uint64_t right = tree(depth - 1);
  sink = depth;
  return left + right + 1;
}

// Something of each call lies in memory, so that the guest's own stack is used
// as well as the engine's.
NAMED static uint32_t deeper(uint32_t n) {
  volatile uint32_t kept = n;
  uint32_t below = sink == UINT32_MAX ? 0 : deeper(n + 1);
  return below + kept;
}

EXPORT("recurse") uint32_t recurse(void) { return deeper(0); }

EXPORT("grow") uint32_t grow(void) {
  while (__builtin_wasm_memory_grow(0, 1) != (uint32_t)-1)
    *(volatile uint8_t *)((__builtin_wasm_memory_size(0) - 1) * PAGE) = 1;
  return __builtin_wasm_memory_size(0);
}

NAMED static void *wanted(size_t size) {
  void *p = malloc(size);
  if (!p)
    __builtin_trap();
  return p;
}

EXPORT("hoard") void hoard(void) {
  for (void **last = 0;;) {
    void **next = wanted(40);
    *next = last;
    last = next;
  }
}

EXPORT("swell") void swell(void) {
  for (size_t size = 1024;; size *= 2)
    memset(wanted(size), 1, size);
}

EXPORT("churn") void churn(void) {
  for (uint32_t n = 1;; n = n * 1664525 + 1013904223) {
    uint8_t *p = wanted(n >> 16);
    *(volatile uint8_t *)p = (uint8_t)n;
    free(p);
  }
}

NAMED static uint8_t *room(uint32_t pages) {
  uint32_t from = __builtin_wasm_memory_grow(0, pages);
  if (from == (uint32_t)-1)
    __builtin_trap();
  return (uint8_t *)(from * PAGE);
}

EXPORT("fill") void fill(void) {
  uint8_t *at = room(FILLED);
  for (uint8_t c = 0;; c++)
    __builtin_memset(at, c, FILLED * PAGE);
}

EXPORT("copy") void copy(void) {
  uint8_t *at = room(2 * FILLED);
  for (;; sink++) {
    __builtin_memcpy(at + FILLED * PAGE, at, FILLED * PAGE);
    __builtin_memcpy(at, at + FILLED * PAGE, FILLED * PAGE);
  }
}

uint32_t grow_table(uint32_t n); // in table.s
uint32_t size_of_table(void);

EXPORT("pile") uint32_t pile(uint32_t step) {
  while (grow_table(step) != (uint32_t)-1)
    ;
  return size_of_table();
}

EXPORT("ok") uint32_t ok(uint32_t v) { return v + 1; }
