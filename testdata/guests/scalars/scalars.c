// The smallest calls in each direction: the time they take is the host's.
#include "scalars.h"

#define EXPORTED(name) exports_demo_scalars_api_##name
#define HOST(name) demo_scalars_host_##name
typedef scalars_string_t string;

uint32_t EXPORTED(add)(uint32_t a, uint32_t b) { return a + b; }

uint32_t EXPORTED(twice)(uint32_t n) {
  uint32_t v = 0;
  while (n--)
    v = HOST(tick)(v);
  return v;
}

void EXPORTED(echo)(string *s, string *ret) { *ret = *s; }

uint32_t EXPORTED(measure)(string *s) {
  uint32_t n = s->len;
  scalars_string_free(s);
  return n;
}

uint32_t EXPORTED(shout)(string *s) {
  uint32_t n = HOST(say)(s);
  scalars_string_free(s);
  return n;
}

uint32_t EXPORTED(shout_times)(string *s, uint32_t n) {
  uint32_t sum = 0;
  while (n--)
    sum += HOST(say)(s);
  scalars_string_free(s);
  return sum;
}

void EXPORTED(via_host)(string *s, string *ret) {
  HOST(repeat)(s, ret);
  scalars_string_free(s);
}
