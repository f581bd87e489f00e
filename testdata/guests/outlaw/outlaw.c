// Breaks the rules of the canonical ABI as its requests say, each by the very
// call that honest guests make, too:
//
//   stream          takes the standard output and answers with the handle
//   timer           takes a pollable and answers with the handle
//   write H         writes a letter to the output stream H
//   ready H         asks whether the pollable H is ready
//   drop H          drops the output stream H
//   droptimer H     drops the pollable H
//   poll H N        polls a list that is said to have N pollables, the first of them H
//   log N           logs a text that is said to have N bytes
//   facts N         logs with a list that is said to have N facts
//   send N          sends itself a message that is said to have N bytes
//   answer N        answers with a list that is said to have N bytes
//   env HOW         reads its variables with an allocator that lies as HOW says
//   lie HOW         has the allocator lie from the next call on
//   queue N HOW     sends itself N messages, and lies when these are delivered
//   post            calls an import when its answer has been taken
//   ask             sends itself a request, and answers with how often it was entered meanwhile
//   handled         how many messages it has handled, and callbacks
//
// HOW is one of: fair; overlap (the same memory each time), odd (not aligned), far
// (outside of its memory), trap, call (calls an import), spin (never returns).
#include <stdlib.h>
#include <string.h>

#include "outlaw.h"

#define EXPORTED(name) exports_airssys_core_component_lifecycle_##name
#define HOST(name) airssys_core_host_services_##name
#define DUP outlaw_string_dup
typedef outlaw_list_u8_t bytes;
typedef EXPORTED(component_error_t) component_error;

enum lie { FAIR, OVERLAP, ODD, FAR, TRAP, CALL, SPIN };
static enum lie lie;
static bool call_in_post;
static int inside, deepest;
static uint32_t messages, callbacks;
static uint8_t room[4096] __attribute__((aligned(16)));
static outlaw_tuple2_string_string_t no_facts[16]; // their texts are empty

// What the host asks for memory, in place of the one that the bindings have.
__attribute__((__export_name__("cabi_realloc"))) void *cabi_realloc(void *p, size_t old, size_t align, size_t n) {
  (void)old;
  switch (lie) {
  case FAIR: break;
  case OVERLAP: return room;
  case ODD: return room + 1;
  case FAR: return (void *)0xfffffff0;
  case TRAP: __builtin_trap();
  case CALL: HOST(current_time_millis)(); break;
  case SPIN:
    for (volatile int on = 1; on;)
      ;
  }
  if (n == 0) return (void *)align;
  return realloc(p, n);
}

// What the host calls when it has taken an answer.
__attribute__((__export_name__("cabi_post_airssys:core/component-lifecycle@1.0.0#execute"))) void
__wasm_export_exports_airssys_core_component_lifecycle_execute_post_return(uint8_t *result) {
  (void)result; // answers are never freed: the host ends this guest soon enough
  if (call_in_post) HOST(current_time_millis)();
}

// A word of a command, and what is behind it.
static bool word(bytes *b, const char *w) {
  size_t n = strlen(w);
  if (b->len < n || memcmp(b->ptr, w, n) != 0 || (b->len > n && b->ptr[n] != ' ')) return false;
  size_t skip = b->len > n ? n + 1 : n;
  b->ptr += skip;
  b->len -= skip;
  return true;
}

static uint32_t number(bytes *b) {
  uint32_t v = 0;
  for (; b->len > 0 && *b->ptr >= '0' && *b->ptr <= '9'; b->ptr++, b->len--) v = v * 10 + (*b->ptr - '0');
  if (b->len > 0) b->ptr++, b->len--;
  return v;
}

static enum lie how(bytes *b) {
  static const char *const names[] = {"fair", "overlap", "odd", "far", "trap", "call", "spin"};
  for (int i = 0; i < 7; i++)
    if (word(b, names[i])) return i;
  return FAIR;
}

static size_t decimal(char *to, uint32_t v) {
  char digits[10];
  size_t n = 0, len;
  do digits[n++] = '0' + v % 10;
  while (v /= 10);
  for (len = n; n > 0; n--) *to++ = digits[n - 1];
  return len;
}

static HOST(component_id_t) self(void) {
  HOST(component_id_t) id = {{(uint8_t *)"evil", 4}, {(uint8_t *)"outlaw", 6}, {(uint8_t *)"", 0}};
  return id;
}

static bool send(size_t n) {
  HOST(component_id_t) to = self();
  bytes payload = {room, n};
  HOST(messaging_error_t) err;
  return HOST(send_message)(&to, &payload, &err);
}

static uint32_t env(enum lie how) {
  outlaw_list_tuple2_string_string_t vars;
  lie = how;
  wasi_cli_environment_get_environment(&vars);
  lie = FAIR;
  return vars.len;
}

static bool ask(void) {
  HOST(component_id_t) to = self();
  bytes payload = {(uint8_t *)"handled", 7};
  HOST(request_id_t) id;
  HOST(messaging_error_t) err;
  bool sent = HOST(send_request)(&to, &payload, 1000, &id, &err);
  HOST(sleep_millis)(1); // long enough to be called back, if anybody would
  return sent;
}

static uint32_t poll(uint32_t handle, uint32_t n) {
  wasi_io_poll_borrow_pollable_t first = {handle};
  wasi_io_poll_list_borrow_pollable_t all = {&first, n};
  outlaw_list_u32_t ready;
  wasi_io_poll_poll(&all, &ready);
  return ready.len;
}

static bool write(uint32_t handle) {
  bytes x = {(uint8_t *)"x", 1};
  wasi_io_streams_stream_error_t err;
  return wasi_io_streams_method_output_stream_blocking_write_and_flush((wasi_io_streams_borrow_output_stream_t){handle}, &x, &err);
}

// Carries a command out; *len is how long the answer is said to be.
static uint32_t run(bytes c, size_t *len) {
  if (word(&c, "stream")) return wasi_cli_stdout_get_stdout().__handle;
  if (word(&c, "timer")) return wasi_clocks_monotonic_clock_subscribe_duration(0).__handle;
  if (word(&c, "write")) return write(number(&c));
  if (word(&c, "ready")) return wasi_io_poll_method_pollable_ready((wasi_io_poll_borrow_pollable_t){number(&c)});
  if (word(&c, "drop")) wasi_io_streams_output_stream_drop_own((wasi_io_streams_own_output_stream_t){number(&c)});
  if (word(&c, "droptimer")) wasi_io_poll_pollable_drop_own((wasi_io_poll_own_pollable_t){number(&c)});
  if (word(&c, "poll")) {
    uint32_t handle = number(&c);
    return poll(handle, number(&c));
  }
  if (word(&c, "log")) {
    outlaw_string_t text = {room, number(&c)};
    HOST(log)(AIRSSYS_CORE_TYPES_LOG_LEVEL_INFO, &text, NULL);
  }
  if (word(&c, "facts")) {
    outlaw_string_t text = {room, 0};
    outlaw_list_tuple2_string_string_t facts = {no_facts, number(&c)};
    HOST(log)(AIRSSYS_CORE_TYPES_LOG_LEVEL_INFO, &text, &facts);
  }
  if (word(&c, "send")) return send(number(&c));
  if (word(&c, "answer")) *len = number(&c);
  if (word(&c, "env")) return env(how(&c));
  if (word(&c, "lie")) lie = how(&c);
  if (word(&c, "queue")) {
    uint32_t n = number(&c);
    for (uint32_t i = 0; i < n; i++) send(1);
    lie = how(&c);
    return n;
  }
  if (word(&c, "post")) call_in_post = true;
  if (word(&c, "ask")) return ask() ? deepest : 0;
  if (word(&c, "handled")) return messages + 1000 * callbacks;
  return 0;
}

static void enter(void) {
  if (++inside > deepest) deepest = inside;
}

bool EXPORTED(init)(EXPORTED(component_config_t) * config, component_error *err) {
  (void)err;
  EXPORTED(component_config_free)(config);
  memset(room, ' ', sizeof room);
  return true;
}

bool EXPORTED(handle_message)(EXPORTED(component_id_t) * sender, bytes *message, component_error *err) {
  (void)err;
  (void)sender;
  (void)message;
  enter();
  messages++;
  inside--;
  return true;
}

bool EXPORTED(execute)(bytes *operation, EXPORTED(execution_context_t) * context, bytes *ret,
                       EXPORTED(execution_error_t) * err) {
  (void)context;
  (void)err;
  enter();
  char *text = malloc(16);
  size_t said = 0;
  uint32_t v = run(*operation, &said);
  *ret = (bytes){(uint8_t *)text, decimal(text, v)};
  if (said > 0) *ret = (bytes){room, said};
  inside--;
  return true;
}

bool EXPORTED(handle_callback)(EXPORTED(request_id_t) * request, EXPORTED(result_list_u8_string_t) * outcome,
                               component_error *err) {
  (void)err;
  (void)request;
  (void)outcome;
  enter();
  callbacks++;
  inside--;
  return true;
}

void EXPORTED(metadata)(EXPORTED(component_metadata_t) * ret) {
  memset(ret, 0, sizeof *ret);
  DUP(&ret->name, "outlaw");
  DUP(&ret->version, "0.1.0");
  DUP(&ret->description, "Breaks rules as it is told.");
  DUP(&ret->author, "witgen");
}

EXPORTED(health_status_t) EXPORTED(health)(void) { return AIRSSYS_CORE_TYPES_HEALTH_STATUS_HEALTHY; }

bool EXPORTED(shutdown)(component_error *err) {
  (void)err;
  return true;
}
