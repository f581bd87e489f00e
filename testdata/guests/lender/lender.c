// Lends a pollable to the component within, as its requests say:
//
//   lend    the other gives it back
//   keep    the other keeps it
//   again   the other uses what it had given back
#include <stdlib.h>
#include <string.h>

#include "lender.h"

#define EXPORTED(name) exports_airssys_core_component_lifecycle_##name
#define DUP lender_string_dup
typedef lender_list_u8_t bytes;
typedef EXPORTED(component_error_t) component_error;

bool EXPORTED(init)(EXPORTED(component_config_t) * config, component_error *err) {
  (void)err;
  EXPORTED(component_config_free)(config);
  return true;
}

bool EXPORTED(handle_message)(EXPORTED(component_id_t) * sender, bytes *message, component_error *err) {
  (void)err;
  EXPORTED(component_id_free)(sender);
  lender_list_u8_free(message);
  return true;
}

bool EXPORTED(execute)(bytes *operation, EXPORTED(execution_context_t) * context, bytes *ret,
                       EXPORTED(execution_error_t) * err) {
  (void)err;
  EXPORTED(execution_context_free)(context);
  bool ready = false;
  if (operation->len == 5 && memcmp(operation->ptr, "again", 5) == 0) {
    ready = demo_lender_keeper_again();
  } else {
    bool keep = operation->len == 4 && memcmp(operation->ptr, "keep", 4) == 0;
    wasi_clocks_monotonic_clock_own_pollable_t p = wasi_clocks_monotonic_clock_subscribe_duration(0);
    wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(p));
    ready = demo_lender_keeper_keep(wasi_io_poll_borrow_pollable(p), keep);
    wasi_io_poll_pollable_drop_own(p);
  }
  lender_list_u8_free(operation);
  *ret = (bytes){malloc(1), 1};
  *ret->ptr = ready ? '1' : '0';
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
  DUP(&ret->name, "lender");
  DUP(&ret->version, "0.1.0");
  DUP(&ret->description, "Lends what is not its own.");
  DUP(&ret->author, "witgen");
}

EXPORTED(health_status_t) EXPORTED(health)(void) { return AIRSSYS_CORE_TYPES_HEALTH_STATUS_HEALTHY; }

bool EXPORTED(shutdown)(component_error *err) {
  (void)err;
  return true;
}
