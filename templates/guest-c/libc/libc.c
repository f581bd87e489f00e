// The little of a C library that the guests need: memory and strings. No files,
// no standard output, nothing that would ask for an import.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern uint8_t __heap_base;

// A block is a header and as many bytes as its class says: 16 << class. Freed
// blocks of a class wait in a list for the next that needs one. A header is as
// wide as the largest alignment of the component model, 8 bytes.
typedef struct block {
  uint32_t class;
  uint32_t unused;
  struct block *next; // only while the block is free
} block;

enum { HEADER = 8, CLASSES = 28, PAGE = 65536 };

static block *waiting[CLASSES];
static uint32_t top;

static block *fresh(uint32_t class) {
  if (!top)
    top = ((uint32_t)&__heap_base + 7) & ~7u;
  uint64_t end = (uint64_t)top + HEADER + (16ull << class);
  uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * PAGE;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == (size_t)-1)
    return NULL;
  block *b = (block *)top;
  top = (uint32_t)end;
  b->class = class;
  return b;
}

void *malloc(size_t n) {
  uint32_t class = 0;
  if (n > 16)
    class = 28 - __builtin_clz((uint32_t)n - 1);
  if (class >= CLASSES)
    return NULL;
  block *b = waiting[class];
  if (b)
    waiting[class] = b->next;
  else if (!(b = fresh(class)))
    return NULL;
  return (uint8_t *)b + HEADER;
}

void free(void *p) {
  if (!p)
    return;
  block *b = (block *)((uint8_t *)p - HEADER);
  b->next = waiting[b->class];
  waiting[b->class] = b;
}

void *realloc(void *p, size_t n) {
  if (!p)
    return malloc(n);
  block *b = (block *)((uint8_t *)p - HEADER);
  size_t have = (size_t)16 << b->class;
  if (n <= have)
    return p;
  void *q = malloc(n);
  if (!q)
    return NULL;
  memcpy(q, p, have);
  free(p);
  return q;
}

_Noreturn void abort(void) { __builtin_trap(); }

// The compiler makes memory.copy and memory.fill of these two.
void *memcpy(void *to, const void *from, size_t n) { return __builtin_memmove(to, from, n); }
void *memset(void *p, int c, size_t n) { return __builtin_memset(p, c, n); }

// These two are written out, and the compiler must not make calls of themselves
// of their loops.
#define PLAIN __attribute__((no_builtin))

PLAIN int memcmp(const void *a, const void *b, size_t n) {
  const uint8_t *x = a, *y = b;
  for (; n; n--, x++, y++)
    if (*x != *y)
      return *x - *y;
  return 0;
}

PLAIN size_t strlen(const char *s) {
  const char *e = s;
  while (*e)
    e++;
  return e - s;
}
