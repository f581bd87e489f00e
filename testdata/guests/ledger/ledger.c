// Books orders: keeps their running total. An order is a message like
//
//   id=1;item=tea;amount=12.50
//
// A message that is not an order is answered with an error. An amount that is
// not a number is worse: parse_amount takes it for a broken promise and traps,
// so that the component dies of it and its supervisor has something to do.
#include <stdlib.h>
#include <string.h>

#include "airssys_component.h"

// The bindings' names, shortened.
#define EXPORTED(name) exports_airssys_core_component_lifecycle_##name
#define SET airssys_component_string_set
#define DUP airssys_component_string_dup
typedef airssys_component_string_t string;
typedef airssys_component_list_u8_t bytes;
typedef EXPORTED(component_error_t) component_error;

#define NAMED __attribute__((noinline)) // keeps its name in a stack trace

static uint64_t total; // in hundredths
static uint32_t booked;

// text is a string under construction, in a buffer that is large enough.
typedef struct {
  char data[64];
  size_t len;
} text;

static void put(text *t, const void *s, size_t n) {
  if (n > sizeof t->data - t->len)
    n = sizeof t->data - t->len;
  memcpy(t->data + t->len, s, n);
  t->len += n;
}

static void put_number(text *t, uint64_t n, int digits) {
  char buf[20];
  int at = sizeof buf;
  for (; n || digits > 0; n /= 10, digits--)
    buf[--at] = '0' + n % 10;
  put(t, buf + at, sizeof buf - at);
}

static void put_amount(text *t, uint64_t hundredths) {
  put_number(t, hundredths / 100, 1);
  put(t, ".", 1);
  put_number(t, hundredths % 100, 2);
}

static string view(text *t) { return (string){(uint8_t *)t->data, t->len}; }

// Finds the value of key in "key=value;key=value".
static bool find(const bytes *message, const char *key, string *value) {
  size_t n = strlen(key);
  for (size_t from = 0, to; from < message->len; from = to + 1) {
    for (to = from; to < message->len && message->ptr[to] != ';';)
      to++;
    if (to - from > n && message->ptr[from + n] == '=' && !memcmp(message->ptr + from, key, n)) {
      *value = (string){message->ptr + from + n + 1, to - from - n - 1};
      return true;
    }
  }
  return false;
}

// Reads "12", "12.5" or "12.50" as hundredths. Traps on anything else.
NAMED static uint64_t parse_amount(const string *s) {
  uint64_t n = 0;
  int decimals = -1;
  for (size_t i = 0; i < s->len; i++) {
    uint8_t c = s->ptr[i];
    if (c == '.' && decimals < 0 && i > 0) {
      decimals = 0;
      continue;
    }
    if (c < '0' || c > '9' || decimals == 2 || n > UINT64_MAX / 1000)
      __builtin_trap();
    n = n * 10 + (c - '0');
    if (decimals >= 0)
      decimals++;
  }
  if (s->len == 0 || decimals == 0)
    __builtin_trap();
  return decimals == 2 ? n : decimals == 1 ? n * 10 : n * 100;
}

static void log_with_total(airssys_core_types_log_level_t level, text *message) {
  text sum = {0};
  put_amount(&sum, total);
  airssys_component_tuple2_string_string_t fact;
  SET(&fact.f0, "total");
  fact.f1 = view(&sum);
  airssys_component_list_tuple2_string_string_t context = {&fact, 1};
  string line = view(message);
  airssys_core_host_services_log(level, &line, &context);
}

// Books one order. Gives what is wrong with the message, or NULL.
NAMED static const char *handle_message(const bytes *message) {
  string id, amount;
  if (!find(message, "id", &id))
    return "an order needs an id, as in id=1;item=tea;amount=12.50";
  if (!find(message, "amount", &amount))
    return "an order needs an amount, as in id=1;item=tea;amount=12.50";

  uint64_t hundredths = parse_amount(&amount);
  total += hundredths;
  booked++;

  text line = {0};
  put(&line, "booked ", 7);
  put(&line, id.ptr, id.len);
  put(&line, ": ", 2);
  put_amount(&line, hundredths);
  log_with_total(AIRSSYS_CORE_TYPES_LOG_LEVEL_INFO, &line);
  return NULL;
}

bool EXPORTED(init)(EXPORTED(component_config_t) * config, component_error *err) {
  (void)err;
  EXPORTED(component_config_free)(config);
  return true; // a ledger starts empty and needs no configuration
}

bool EXPORTED(handle_message)(EXPORTED(component_id_t) * sender, bytes *message, component_error *err) {
  const char *problem = handle_message(message);
  EXPORTED(component_id_free)(sender);
  airssys_component_list_u8_free(message);
  if (!problem)
    return true;
  err->tag = AIRSSYS_CORE_TYPES_COMPONENT_ERROR_INTERNAL_ERROR;
  DUP(&err->val.internal_error, problem);
  return false;
}

// Knows one operation: "total" answers with the total, as in "111.50".
bool EXPORTED(execute)(bytes *operation, EXPORTED(execution_context_t) * context, bytes *ret,
                       EXPORTED(execution_error_t) * err) {
  bool known = operation->len == 5 && !memcmp(operation->ptr, "total", 5);
  airssys_component_list_u8_free(operation);
  EXPORTED(execution_context_free)(context);
  if (!known) {
    err->tag = AIRSSYS_CORE_TYPES_EXECUTION_ERROR_INVALID_INPUT;
    DUP(&err->val.invalid_input, "ledger knows one operation, total");
    return false;
  }
  text sum = {0};
  put_amount(&sum, total);
  string copy;
  airssys_component_string_dup_n(&copy, sum.data, sum.len);
  *ret = (bytes){copy.ptr, copy.len};
  return true;
}

bool EXPORTED(handle_callback)(EXPORTED(request_id_t) * request, EXPORTED(result_list_u8_string_t) * outcome,
                               component_error *err) {
  EXPORTED(request_id_free)(request);
  EXPORTED(result_list_u8_string_free)(outcome);
  err->tag = AIRSSYS_CORE_TYPES_COMPONENT_ERROR_INTERNAL_ERROR;
  DUP(&err->val.internal_error, "ledger sends no requests");
  return false;
}

void EXPORTED(metadata)(EXPORTED(component_metadata_t) * ret) {
  DUP(&ret->name, "ledger");
  DUP(&ret->version, "1.0.0");
  DUP(&ret->description, "Books orders and keeps their total.");
  DUP(&ret->author, "witgen");
  ret->supported_operations.len = 1;
  ret->supported_operations.ptr = malloc(sizeof(string));
  DUP(ret->supported_operations.ptr, "total");
  ret->memory_requirements.min_memory_bytes = 128 << 10;
  ret->memory_requirements.max_memory_bytes = 1 << 20;
  ret->memory_requirements.preferred_memory_bytes = 128 << 10;
}

EXPORTED(health_status_t) EXPORTED(health)(void) { return AIRSSYS_CORE_TYPES_HEALTH_STATUS_HEALTHY; }

bool EXPORTED(shutdown)(component_error *err) {
  (void)err;
  text line = {0};
  put(&line, "closed after ", 13);
  put_number(&line, booked, 1);
  put(&line, " orders", 7);
  log_with_total(AIRSSYS_CORE_TYPES_LOG_LEVEL_DEBUG, &line);
  return true;
}
