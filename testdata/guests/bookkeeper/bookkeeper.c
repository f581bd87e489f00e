// Keeps books in the host's storage: a ledger that knows its total again after
// a crash, and in the next run. A component of the later world.
//
// An order is a message like id=1;item=tea;amount=12.50. Once it is booked, the
// actor that the variable NOTIFY names, if there is one, is told so. A request
// "total" is answered with the total. An amount that is not a number is taken
// for a broken promise: parse_amount traps.
//
// Where the host keeps nothing, the total lives as long as the instance.
#include <stdlib.h>
#include <string.h>

#include "runtime_host.h"

// The bindings' names, shortened.
#define EXPORTED(name) exports_airssys_core_component_lifecycle_##name
#define SET runtime_host_string_set
#define DUP runtime_host_string_dup
typedef runtime_host_string_t string;
typedef airssys_core_types_message_payload_t bytes;
typedef EXPORTED(wasm_error_t) wasm_error;

#define NAMED __attribute__((noinline)) // keeps its name in a stack trace

static uint64_t total; // in hundredths
static char notify_address[128];
static airssys_core_types_component_id_t notify;

// text is a string under construction, in a buffer that is large enough.
typedef struct {
  char data[96];
  size_t len;
} text;

static void put_n(text *t, const void *s, size_t n) {
  if (n > sizeof t->data - t->len)
    n = sizeof t->data - t->len;
  memcpy(t->data + t->len, s, n);
  t->len += n;
}

static void put(text *t, const char *s) { put_n(t, s, strlen(s)); }

static void put_amount(text *t, uint64_t hundredths) {
  char buf[24];
  int at = sizeof buf;
  for (int digits = 0; hundredths || digits < 3; hundredths /= 10, digits++) {
    if (digits == 2)
      buf[--at] = '.';
    buf[--at] = '0' + hundredths % 10;
  }
  put_n(t, buf + at, sizeof buf - at);
}

static string view(text *t) { return (string){(uint8_t *)t->data, t->len}; }

static void say(airssys_core_types_log_level_t level, text *message) {
  string line = view(message);
  airssys_core_host_services_log(level, &line, NULL);
}

static bool is(const string *s, const char *want) {
  return s->len == strlen(want) && !memcmp(s->ptr, want, s->len);
}

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

// Reads the total that was kept; without one it is nothing.
static void recall(void) {
  string key;
  airssys_core_storage_option_storage_value_t kept;
  airssys_core_storage_storage_error_t err;
  SET(&key, "total");
  if (!airssys_core_storage_get(&key, &kept, &err)) {
    airssys_core_storage_storage_error_free(&err);
    text line = {0};
    put(&line, "nothing is kept here: the total lives as long as I do");
    say(AIRSSYS_CORE_TYPES_LOG_LEVEL_WARN, &line);
    return;
  }
  if (!kept.is_some)
    return;
  string value = {kept.val.ptr, kept.val.len};
  total = parse_amount(&value);
  airssys_core_storage_option_storage_value_free(&kept);
  text line = {0};
  put(&line, "going on from ");
  put_amount(&line, total);
  say(AIRSSYS_CORE_TYPES_LOG_LEVEL_INFO, &line);
}

static void keep(void) {
  string key;
  text value = {0};
  put_amount(&value, total);
  airssys_core_storage_storage_value_t bytes = {(uint8_t *)value.data, value.len};
  airssys_core_storage_storage_error_t err;
  SET(&key, "total");
  if (!airssys_core_storage_set(&key, &bytes, &err))
    airssys_core_storage_storage_error_free(&err); // said already, by recall
}

// Tells whom it may concern.
static void tell(text *message) {
  airssys_core_host_messaging_messaging_error_t err;
  bytes payload = {(uint8_t *)message->data, message->len};
  if (notify.name.len && !airssys_core_host_messaging_send(&notify, &payload, &err)) {
    airssys_core_host_messaging_messaging_error_free(&err);
    text line = {0};
    put(&line, "could not tell anybody of it");
    say(AIRSSYS_CORE_TYPES_LOG_LEVEL_WARN, &line);
  }
}

// Books one order. Gives what is wrong with the message, or NULL.
NAMED static const char *book(const bytes *message) {
  string id, amount;
  if (!find(message, "id", &id))
    return "an order needs an id, as in id=1;item=tea;amount=12.50";
  if (!find(message, "amount", &amount))
    return "an order needs an amount, as in id=1;item=tea;amount=12.50";
  uint64_t hundredths = parse_amount(&amount);
  total += hundredths;
  keep();
  text line = {0};
  put(&line, "booked ");
  put_n(&line, id.ptr, id.len < 20 ? id.len : 20);
  put(&line, ": ");
  put_amount(&line, hundredths);
  put(&line, ", total ");
  put_amount(&line, total);
  say(AIRSSYS_CORE_TYPES_LOG_LEVEL_INFO, &line);
  tell(&line);
  return NULL;
}

bool EXPORTED(initialize)(EXPORTED(component_config_t) * config, EXPORTED(component_error_t) * err) {
  (void)err;
  for (size_t i = 0; i < config->env_vars.len; i++) {
    string *value = &config->env_vars.ptr[i].f1;
    if (!is(&config->env_vars.ptr[i].f0, "NOTIFY") || value->len > sizeof notify_address)
      continue;
    memcpy(notify_address, value->ptr, value->len); // the variables are freed below
    for (size_t colon = 0; colon < value->len; colon++) {
      if (notify_address[colon] != ':')
        continue;
      notify.namespace_ = (string){(uint8_t *)notify_address, colon};
      notify.name = (string){(uint8_t *)notify_address + colon + 1, value->len - colon - 1};
      break;
    }
  }
  EXPORTED(component_config_free)(config);
  recall();
  return true;
}

bool EXPORTED(handle_message)(EXPORTED(component_message_t) * msg, EXPORTED(option_message_payload_t) * ret, wasm_error *err) {
  const char *problem = NULL;
  ret->is_some = false;
  if (!msg->metadata.correlation_id.is_some) {
    problem = book(&msg->payload);
  } else if (is((string *)&msg->payload, "total")) {
    text sum = {0};
    string copy;
    put_amount(&sum, total);
    runtime_host_string_dup_n(&copy, sum.data, sum.len);
    ret->is_some = true;
    ret->val = (bytes){copy.ptr, copy.len};
  } else {
    problem = "the ledger knows one request, total";
  }
  EXPORTED(component_message_free)(msg);
  if (!problem)
    return true;
  err->tag = AIRSSYS_CORE_ERRORS_WASM_ERROR_RUNTIME_ERROR;
  DUP(&err->val.runtime_error, problem);
  return false;
}

bool EXPORTED(handle_callback)(EXPORTED(component_message_t) * msg, wasm_error *err) {
  EXPORTED(component_message_free)(msg);
  err->tag = AIRSSYS_CORE_ERRORS_WASM_ERROR_RUNTIME_ERROR;
  DUP(&err->val.runtime_error, "the ledger makes no requests");
  return false;
}

void EXPORTED(metadata)(EXPORTED(component_metadata_t) * ret) {
  DUP(&ret->name, "bookkeeper");
  DUP(&ret->version, "1.0.0");
  DUP(&ret->description, "Books orders and keeps their total in storage.");
  DUP(&ret->author, "witgen");
  DUP(&ret->license, "Apache-2.0");
  ret->supported_operations.len = 1;
  ret->supported_operations.ptr = malloc(sizeof(string));
  DUP(ret->supported_operations.ptr, "total");
  ret->stateful = true;
}

EXPORTED(health_status_t) EXPORTED(health)(void) { return AIRSSYS_CORE_TYPES_HEALTH_STATUS_HEALTHY; }

bool EXPORTED(shutdown)(EXPORTED(component_error_t) * err) {
  (void)err;
  return true;
}
