// Counts its messages and does nothing else, as counter does: a component of the
// later world. A request, and a message that begins with "?", it answers with the
// count, eight bytes, the least significant first.
#include <stdlib.h>
#include <string.h>

#include "runtime_host.h"

#define EXPORTED(name) exports_airssys_core_component_lifecycle_##name
#define DUP runtime_host_string_dup

static uint64_t count;

bool EXPORTED(initialize)(EXPORTED(component_config_t) * config, EXPORTED(component_error_t) * err) {
  (void)err;
  EXPORTED(component_config_free)(config);
  return true;
}

bool EXPORTED(handle_message)(EXPORTED(component_message_t) * msg, EXPORTED(option_message_payload_t) * ret,
                              EXPORTED(wasm_error_t) * err) {
  (void)err;
  count++;
  ret->is_some = msg->metadata.correlation_id.is_some || (msg->payload.len && msg->payload.ptr[0] == '?');
  if (ret->is_some) {
    ret->val.ptr = malloc(sizeof count);
    ret->val.len = sizeof count;
    memcpy(ret->val.ptr, &count, sizeof count);
  }
  EXPORTED(component_message_free)(msg);
  return true;
}

bool EXPORTED(handle_callback)(EXPORTED(component_message_t) * msg, EXPORTED(wasm_error_t) * err) {
  (void)err;
  EXPORTED(component_message_free)(msg);
  return true;
}

void EXPORTED(metadata)(EXPORTED(component_metadata_t) * ret) {
  DUP(&ret->name, "turnstile");
  DUP(&ret->version, "1.0.0");
  DUP(&ret->description, "Counts its messages.");
  DUP(&ret->author, "witgen");
  DUP(&ret->license, "Apache-2.0");
  ret->supported_operations.len = 0;
  ret->supported_operations.ptr = NULL;
  ret->stateful = true;
}

EXPORTED(health_status_t) EXPORTED(health)(void) { return AIRSSYS_CORE_TYPES_HEALTH_STATUS_HEALTHY; }

bool EXPORTED(shutdown)(EXPORTED(component_error_t) * err) {
  (void)err;
  return true;
}
