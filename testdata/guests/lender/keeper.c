// Asks a pollable that it is lent. It gives it back before it returns, or keeps
// it for later, which nobody may.
#include "keeps.h"

static exports_demo_lender_keeper_borrow_pollable_t kept;

bool exports_demo_lender_keeper_keep(exports_demo_lender_keeper_borrow_pollable_t p, bool longer) {
  bool ready = wasi_io_poll_method_pollable_ready(p);
  kept = p;
  if (!longer) wasi_io_poll_pollable_drop_borrow(p);
  return ready;
}

bool exports_demo_lender_keeper_again(void) { return wasi_io_poll_method_pollable_ready(kept); }
