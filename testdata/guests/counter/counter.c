// Counts its messages and does nothing else: what a message costs, with the
// guest's own work left out. Execute answers with the count, eight bytes, the
// least significant first.
#include <stdlib.h>
#include <string.h>

#include "airssys_component.h"

#define EXPORTED(name) exports_airssys_core_component_lifecycle_##name
#define DUP airssys_component_string_dup
typedef airssys_component_list_u8_t bytes;
typedef EXPORTED(component_error_t) component_error;

static uint64_t count;

bool EXPORTED(init)(EXPORTED(component_config_t) * config, component_error *err) {
  (void)err;
  EXPORTED(component_config_free)(config);
  return true;
}

bool EXPORTED(handle_message)(EXPORTED(component_id_t) * sender, bytes *message, component_error *err) {
  (void)err;
  EXPORTED(component_id_free)(sender);
  airssys_component_list_u8_free(message);
  count++;
  return true;
}

bool EXPORTED(execute)(bytes *operation, EXPORTED(execution_context_t) * context, bytes *ret,
                       EXPORTED(execution_error_t) * err) {
  (void)err;
  airssys_component_list_u8_free(operation);
  EXPORTED(execution_context_free)(context);
  *ret = (bytes){malloc(sizeof count), sizeof count};
  memcpy(ret->ptr, &count, sizeof count);
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
  DUP(&ret->name, "counter");
  DUP(&ret->version, "1.0.0");
  DUP(&ret->description, "Counts its messages.");
  DUP(&ret->author, "witgen");
  ret->supported_operations.len = 0;
  ret->supported_operations.ptr = NULL;
  ret->memory_requirements.min_memory_bytes = 128 << 10;
  ret->memory_requirements.max_memory_bytes = 1 << 20;
  ret->memory_requirements.preferred_memory_bytes = 128 << 10;
}

EXPORTED(health_status_t) EXPORTED(health)(void) { return AIRSSYS_CORE_TYPES_HEALTH_STATUS_HEALTHY; }

bool EXPORTED(shutdown)(component_error *err) {
  (void)err;
  return true;
}
