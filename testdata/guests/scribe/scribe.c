// Uses what a toolchain's library imports of WASI, as its requests say:
//
//   out TEXT   writes a line to the standard output
//   err TEXT   writes a line to the standard error
//   panic      writes to the standard error, without an end of the line, and traps
//   env        the variables, with spaces between
//   mounts     the folders that it sees, with spaces between
//   clock      whether the clock stands later than 2020
#include <stdlib.h>
#include <string.h>

#include "scribe.h"

#define EXPORTED(name) exports_airssys_core_component_lifecycle_##name
#define DUP scribe_string_dup
typedef scribe_list_u8_t bytes;
typedef EXPORTED(component_error_t) component_error;

static void put(bool error, const char *text, size_t n) {
  wasi_io_streams_own_output_stream_t stream =
      error ? wasi_cli_stderr_get_stderr() : wasi_cli_stdout_get_stdout();
  scribe_list_u8_t list = {(uint8_t *)text, n};
  wasi_io_streams_stream_error_t err;
  wasi_io_streams_method_output_stream_blocking_write_and_flush(wasi_io_streams_borrow_output_stream(stream), &list,
                                                                &err);
  wasi_io_streams_output_stream_drop_own(stream);
}

static bool is(bytes *b, const char *word) {
  size_t n = strlen(word);
  return b->len >= n && memcmp(b->ptr, word, n) == 0;
}

static void answer(bytes *ret, const char *text, size_t n) {
  *ret = (bytes){malloc(n + 1), n};
  memcpy(ret->ptr, text, n);
}

bool EXPORTED(init)(EXPORTED(component_config_t) * config, component_error *err) {
  (void)err;
  EXPORTED(component_config_free)(config);
  return true;
}

bool EXPORTED(handle_message)(EXPORTED(component_id_t) * sender, bytes *message, component_error *err) {
  (void)err;
  EXPORTED(component_id_free)(sender);
  if (is(message, "panic")) {
    put(true, "panicked at scribe.c", 20);
    __builtin_trap();
  }
  scribe_list_u8_free(message);
  return true;
}

static size_t append(char *text, size_t n, scribe_string_t *part) {
  if (n + part->len + 1 < 1000) {
    memcpy(text + n, part->ptr, part->len);
    n += part->len;
  }
  return n;
}

bool EXPORTED(execute)(bytes *operation, EXPORTED(execution_context_t) * context, bytes *ret,
                       EXPORTED(execution_error_t) * err) {
  (void)err;
  EXPORTED(execution_context_free)(context);
  char text[1024];
  size_t n = 0;
  if (is(operation, "out ") || is(operation, "err ")) {
    char line[1024];
    size_t len = operation->len - 4 < 1000 ? operation->len - 4 : 1000;
    memcpy(line, operation->ptr + 4, len);
    line[len] = '\n';
    put(operation->ptr[0] == 'e', line, len + 1);
  } else if (is(operation, "env")) {
    scribe_list_tuple2_string_string_t vars;
    wasi_cli_environment_get_environment(&vars);
    for (size_t i = 0; i < vars.len; i++) {
      n = append(text, n, &vars.ptr[i].f0);
      text[n++] = '=';
      n = append(text, n, &vars.ptr[i].f1);
      text[n++] = ' ';
    }
  } else if (is(operation, "mounts")) {
    wasi_filesystem_preopens_list_tuple2_own_descriptor_string_t all;
    wasi_filesystem_preopens_get_directories(&all);
    for (size_t i = 0; i < all.len; i++) {
      n = append(text, n, &all.ptr[i].f1);
      text[n++] = ' ';
    }
  } else if (is(operation, "clock")) {
    wasi_clocks_wall_clock_datetime_t now;
    wasi_clocks_wall_clock_now(&now);
    n = now.seconds > 1577836800 ? 4 : 5;
    memcpy(text, now.seconds > 1577836800 ? "true" : "false", n);
  }
  answer(ret, text, n);
  scribe_list_u8_free(operation);
  return true;
}

bool EXPORTED(handle_callback)(EXPORTED(request_id_t) * request, EXPORTED(result_list_u8_string_t) * outcome,
                               component_error *err) {
  (void)err;
  EXPORTED(request_id_free)(request);
  EXPORTED(result_list_u8_string_free)(outcome);
  return true;
}

void EXPORTED(metadata)(EXPORTED(component_metadata_t) * ret) {
  memset(ret, 0, sizeof *ret);
  DUP(&ret->name, "scribe");
  DUP(&ret->version, "0.1.0");
  DUP(&ret->description, "Writes and reads what WASI gives it.");
  DUP(&ret->author, "witgen");
}

EXPORTED(health_status_t) EXPORTED(health)(void) { return AIRSSYS_CORE_TYPES_HEALTH_STATUS_HEALTHY; }

bool EXPORTED(shutdown)(component_error *err) {
  (void)err;
  return true;
}
