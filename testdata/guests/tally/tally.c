// Does next to nothing with resources, options, variants and lists of them, so
// that what remains is what the calls cost.
#include "tally.h"
#include <stdlib.h>

#define API(name) exports_demo_tally_api_##name
#define HOST(name) demo_tally_host_##name

struct exports_demo_tally_api_counter_t {
  uint32_t sum;
};

API(own_counter_t) API(constructor_counter)(uint32_t start) {
  API(counter_t) *c = malloc(sizeof *c);
  c->sum = start;
  return API(counter_new)(c);
}

uint32_t API(method_counter_add)(API(borrow_counter_t) self, uint32_t n) { return self->sum += n; }

void API(counter_destructor)(API(counter_t) * c) { free(c); }

bool API(lookup)(API(reading_t) * maybe, API(reading_t) * ret) {
  if (maybe)
    *ret = *maybe;
  return maybe;
}

bool API(weigh)(API(event_t) * e, uint32_t *ret, API(fault_t) * err) {
  switch (e->tag) {
  case DEMO_TALLY_TYPES_EVENT_TICK:
    *ret = (uint32_t)e->val.tick;
    return true;
  case DEMO_TALLY_TYPES_EVENT_TEXT:
    *ret = (uint32_t)e->val.text.len;
    API(event_free)(e);
    return true;
  case DEMO_TALLY_TYPES_EVENT_MEASURED:
    err->tag = DEMO_TALLY_TYPES_FAULT_WORTHLESS;
    err->val.worthless = e->val.measured;
    return false;
  }
  err->tag = DEMO_TALLY_TYPES_FAULT_UNKNOWN;
  return false;
}

void API(events)(API(list_event_t) * e, API(list_event_t) * ret) { *ret = *e; }

uint32_t API(add_times)(uint32_t n) {
  HOST(own_meter_t) m = HOST(constructor_meter)(0);
  HOST(borrow_meter_t) b = HOST(borrow_meter)(m);
  uint32_t sum = 0;
  while (n--)
    sum = HOST(method_meter_add)(b, 1);
  HOST(meter_drop_own)(m);
  return sum;
}

void API(meters)(uint32_t n) {
  while (n--)
    HOST(meter_drop_own)(HOST(constructor_meter)(n));
}

uint32_t API(lookup_times)(uint32_t n) {
  uint32_t sum = 0;
  while (n--) {
    HOST(reading_t) r = {.id = 1, .value = 2.5}, found;
    if (HOST(lookup)(&r, &found))
      sum += found.id;
  }
  return sum;
}

uint32_t API(weigh_times)(uint32_t n) {
  uint32_t sum = 0;
  while (n--) {
    HOST(event_t) e = {.tag = DEMO_TALLY_TYPES_EVENT_MEASURED, .val.measured = {.id = 1, .value = 2.5}};
    HOST(fault_t) fault;
    uint32_t weight;
    if (HOST(weigh)(&e, &weight, &fault))
      sum += weight;
  }
  return sum;
}
