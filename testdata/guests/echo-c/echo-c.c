// Gives back whatever it is given, directly or by way of the host.
#include "echo_c.h"

#define EXPORTED(name) exports_demo_echo_c_roundtrip_##name
#define HOST(name) demo_echo_c_host_##name

// Values that fit into a register.
#define SCALAR(name, type)                                                                                             \
  type EXPORTED(echo_##name)(type v) { return v; }                                                                     \
  type EXPORTED(via_host_##name)(type v) { return HOST(echo_##name)(v); }

SCALAR(u8, uint8_t)
SCALAR(s64, int64_t)
SCALAR(f32, float)
SCALAR(char, uint32_t)
SCALAR(perms, EXPORTED(perms_t))

// Values that live in memory. The parameter is the callee's; what the host is
// shown is only lent, so it is freed afterwards.
#define OWNED(name, type, release)                                                                                     \
  void EXPORTED(echo_##name)(type * v, type * ret) { *ret = *v; }                                                      \
  void EXPORTED(via_host_##name)(type * v, type * ret) {                                                               \
    HOST(echo_##name)(v, ret);                                                                                         \
    release(v);                                                                                                        \
  }

OWNED(string, echo_c_string_t, echo_c_string_free)
OWNED(bytes, echo_c_list_u8_t, echo_c_list_u8_free)
OWNED(value, EXPORTED(value_t), EXPORTED(value_free))
OWNED(wide, EXPORTED(wide_t), EXPORTED(wide_free))

// Lists have a type of their own in each interface, with the same layout.
#define LIST(name, element)                                                                                            \
  void EXPORTED(echo_##name)(EXPORTED(list_##element##_t) * v, EXPORTED(list_##element##_t) * ret) { *ret = *v; }      \
  void EXPORTED(via_host_##name)(EXPORTED(list_##element##_t) * v, EXPORTED(list_##element##_t) * ret) {               \
    HOST(list_##element##_t) in = {v->ptr, v->len}, out;                                                               \
    HOST(echo_##name)(&in, &out);                                                                                      \
    ret->ptr = out.ptr;                                                                                                \
    ret->len = out.len;                                                                                                \
    EXPORTED(list_##element##_free)(v);                                                                                \
  }

LIST(items, item)
LIST(values, value)

bool EXPORTED(echo_option)(echo_c_string_t *maybe, echo_c_string_t *ret) {
  if (maybe)
    *ret = *maybe;
  return maybe;
}

bool EXPORTED(via_host_option)(echo_c_string_t *maybe, echo_c_string_t *ret) {
  bool some = HOST(echo_option)(maybe, ret);
  if (maybe)
    echo_c_string_free(maybe);
  return some;
}

bool EXPORTED(first)(echo_c_string_t *s, uint8_t *ret, EXPORTED(code_t) * err) {
  size_t n = s->len;
  if (n)
    *ret = s->ptr[0];
  echo_c_string_free(s);
  *err = n ? DEMO_ECHO_C_TYPES_CODE_TOO_LONG : DEMO_ECHO_C_TYPES_CODE_EMPTY;
  return n > 0 && n <= 8;
}
