// The part of the C library's stdlib.h that bindings for components need.
#pragma once
#include <stddef.h>

void *malloc(size_t n);
void *realloc(void *p, size_t n);
void free(void *p);
_Noreturn void abort(void);
