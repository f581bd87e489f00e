// The part of the C library's string.h that bindings for components need.
#pragma once
#include <stddef.h>

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *p, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
