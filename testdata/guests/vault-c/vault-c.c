// Keeps buckets with the host: each bucket that it exports stands for one that
// it imports, so that every function goes through both ways. The world of the
// guest vault, in C.
#include "vault.h"
#include <stdlib.h>

#define OURS(name) exports_demo_vault_store_##name
#define HOST(name) demo_vault_store_##name

typedef OURS(own_bucket_t) ours;
typedef HOST(own_bucket_t) theirs;

// A bucket of the component's: one of the host's, counted. One that was given
// away has none.
struct exports_demo_vault_store_bucket_t {
  theirs inner;
};

static uint32_t live;

static ours wrap(theirs inner) {
  OURS(bucket_t) *b = malloc(sizeof *b);
  b->inner = inner;
  live++;
  return OURS(bucket_new)(b);
}

void OURS(bucket_destructor)(OURS(bucket_t) * b) {
  if (b->inner.__handle)
    HOST(bucket_drop_own)(b->inner);
  free(b);
  live--;
}

// out gives the host's bucket out of one of the component's, which is over.
static theirs out(ours b) {
  OURS(bucket_t) *rep = OURS(bucket_rep)(b);
  theirs inner = rep->inner;
  rep->inner.__handle = 0;
  OURS(bucket_drop_own)(b);
  return inner;
}

static HOST(borrow_bucket_t) lend(OURS(bucket_t) * b) { return HOST(borrow_bucket)(b->inner); }

// A list of handles is another list of handles: it changes where it lies.
static HOST(list_own_bucket_t) out_all(OURS(list_own_bucket_t) bs) {
  theirs *to = (theirs *)bs.ptr;
  for (size_t i = 0; i < bs.len; i++)
    to[i] = out(bs.ptr[i]);
  return (HOST(list_own_bucket_t)){to, bs.len};
}

static OURS(list_own_bucket_t) wrap_all(HOST(list_own_bucket_t) bs) {
  ours *to = (ours *)bs.ptr;
  for (size_t i = 0; i < bs.len; i++)
    to[i] = wrap(bs.ptr[i]);
  return (OURS(list_own_bucket_t)){to, bs.len};
}

// What was given away with a list or record leaves its memory behind.
static void release(void *list, size_t len) {
  if (len)
    free(list);
}

ours OURS(constructor_bucket)(vault_string_t *name) {
  ours b = wrap(HOST(constructor_bucket)(name));
  vault_string_free(name);
  return b;
}

bool OURS(static_bucket_open)(vault_string_t *name, ours *ret, OURS(error_code_t) * err) {
  theirs b;
  bool ok = HOST(static_bucket_open)(name, &b, err);
  vault_string_free(name);
  if (ok)
    *ret = wrap(b);
  return ok;
}

ours OURS(static_bucket_merge)(ours a, OURS(bucket_t) * b) { return wrap(HOST(static_bucket_merge)(out(a), lend(b))); }

void OURS(method_bucket_name)(OURS(bucket_t) * self, vault_string_t *ret) { HOST(method_bucket_name)(lend(self), ret); }

bool OURS(method_bucket_get)(OURS(bucket_t) * self, vault_string_t *key, vault_list_u8_t *ret) {
  bool some = HOST(method_bucket_get)(lend(self), key, ret);
  vault_string_free(key);
  return some;
}

bool OURS(method_bucket_put)(OURS(bucket_t) * self, vault_string_t *key, vault_list_u8_t *value,
                             OURS(error_code_t) * err) {
  bool ok = HOST(method_bucket_put)(lend(self), key, value, err);
  vault_string_free(key);
  vault_list_u8_free(value);
  return ok;
}

ours OURS(method_bucket_copy)(OURS(bucket_t) * self) { return wrap(HOST(method_bucket_copy)(lend(self))); }

uint32_t OURS(method_bucket_drop)(OURS(bucket_t) * self) { return HOST(method_bucket_drop)(lend(self)); }

uint32_t OURS(method_bucket_close)(OURS(bucket_t) * self) { return HOST(method_bucket_close)(lend(self)); }

void OURS(split)(ours b, OURS(pair_t) * ret) {
  HOST(pair_t) p;
  HOST(split)(out(b), &p);
  *ret = (OURS(pair_t)){.left = wrap(p.left), .label = p.label, .right.is_some = p.right.is_some};
  if (p.right.is_some)
    ret->right.val = wrap(p.right.val);
}

ours OURS(join)(OURS(pair_t) * p) {
  HOST(pair_t) q = {.left = out(p->left), .label = p->label, .right.is_some = p->right.is_some};
  if (p->right.is_some)
    q.right.val = out(p->right.val);
  ours b = wrap(HOST(join)(&q));
  vault_string_free(&p->label);
  return b;
}

void OURS(spill)(OURS(slot_t) * s, OURS(list_own_bucket_t) * ret) {
  HOST(slot_t) t = {.tag = s->tag};
  HOST(list_own_bucket_t) all, given = {0};
  if (s->tag == DEMO_VAULT_STORE_SLOT_FULL)
    t.val.full = out(s->val.full);
  if (s->tag == DEMO_VAULT_STORE_SLOT_MANY)
    t.val.many = given = out_all(s->val.many);
  HOST(spill)(&t, &all);
  release(given.ptr, given.len);
  *ret = wrap_all(all);
}

void OURS(fill)(OURS(list_own_bucket_t) * b, OURS(slot_t) * ret) {
  HOST(list_own_bucket_t) given = out_all(*b);
  HOST(slot_t) t;
  HOST(fill)(&given, &t);
  release(given.ptr, given.len);
  ret->tag = t.tag;
  if (t.tag == DEMO_VAULT_STORE_SLOT_FULL)
    ret->val.full = wrap(t.val.full);
  if (t.tag == DEMO_VAULT_STORE_SLOT_MANY)
    ret->val.many = wrap_all(t.val.many);
}

bool OURS(keep)(OURS(list_own_bucket_t) * b, uint32_t *ret, OURS(refusal_t) * err) {
  HOST(list_own_bucket_t) given = out_all(*b);
  HOST(refusal_t) refusal;
  bool ok = HOST(keep)(&given, ret, &refusal);
  release(given.ptr, given.len);
  if (ok)
    return true;
  err->tag = refusal.tag;
  if (refusal.tag == DEMO_VAULT_STORE_REFUSAL_TOO_MANY)
    err->val.too_many = wrap_all(refusal.val.too_many);
  return false;
}

bool OURS(swap)(OURS(result_own_bucket_string_t) * r, vault_string_t *ret, ours *err) {
  HOST(result_own_bucket_string_t) given = {.is_err = r->is_err};
  if (r->is_err)
    given.val.err = r->val.err;
  else
    given.val.ok = out(r->val.ok);
  theirs b;
  bool ok = HOST(swap)(&given, ret, &b);
  if (r->is_err)
    vault_string_free(&r->val.err);
  if (!ok)
    *err = wrap(b);
  return ok;
}

void OURS(names)(OURS(list_borrow_bucket_t) * b, vault_list_string_t *ret) {
  HOST(list_borrow_bucket_t) lent = {(HOST(borrow_bucket_t) *)b->ptr, b->len};
  for (size_t i = 0; i < b->len; i++)
    lent.ptr[i] = lend(b->ptr[i]);
  HOST(names)(&lent, ret);
  release(lent.ptr, lent.len);
}

void OURS(first)(OURS(tuple2_option_borrow_bucket_borrow_bucket_t) * b, vault_string_t *ret) {
  HOST(tuple2_option_borrow_bucket_borrow_bucket_t) lent = {.f0.is_some = b->f0.is_some, .f1 = lend(b->f1)};
  if (b->f0.is_some)
    lent.f0.val = lend(b->f0.val);
  HOST(first)(&lent, ret);
}

theirs exports_vault_pass(theirs b) { return b; }

// digits writes a number before end and gives its first digit.
static char *digits(char *end, uint32_t n) {
  do
    *--end = '0' + n % 10;
  while (n /= 10);
  return end;
}

// A bucket that is lent has to be let go.
void exports_vault_ask(HOST(borrow_bucket_t) b, vault_string_t *ret) {
  vault_string_t name;
  HOST(method_bucket_name)(b, &name);
  char number[10], *end = number + sizeof number;
  char *first = digits(end, vault_appraise(b));
  HOST(bucket_drop_borrow)(b);
  ret->len = name.len + 2 + (end - first);
  uint8_t *to = ret->ptr = malloc(ret->len);
  for (size_t i = 0; i < name.len; i++)
    *to++ = name.ptr[i];
  *to++ = ':';
  *to++ = ' ';
  while (first < end)
    *to++ = *first++;
  vault_string_free(&name);
}

uint32_t exports_vault_live(void) { return live; }
