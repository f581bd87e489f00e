// Runs the programs of tenants: the language is told in wit/tenants.wit. It
// trusts the host to end what does not end, and knows no tenants.
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tenant.h"

#define SCRIPT(name) exports_demo_tenants_script_##name
typedef SCRIPT(reason_t) reason;
enum { DONE = 0xff, STACK = 256, DEPTH = 1000, WORDS = 256 };

typedef struct { const char *at; size_t len; } token;

static const char *source, *end;
static int64_t stack[STACK];
static const char *back[DEPTH]; // where calls return to, and rounds begin
static struct { token name; const char *body; } words[WORDS];
static size_t held, depth, known;
static char *out;
static size_t printed, room;

static bool is(token t, const char *word) { return t.len == strlen(word) && memcmp(t.at, word, t.len) == 0; }

// next reads the token from a place on, and moves the place behind it. It is
// empty at the end.
static token next(const char **at) {
  while (*at < end && (unsigned char)**at <= ' ')
    ++*at;
  token t = {*at, 0};
  while (*at < end && (unsigned char)**at > ' ')
    ++*at, ++t.len;
  return t;
}

// skip goes behind the word that closes what was opened before a place, or
// behind its else.
static bool skip(const char **at, const char *open, const char *otherwise, const char *close) {
  for (int nested = 0;;) {
    token t = next(at);
    if (t.len == 0)
      return false;
    if (is(t, open))
      nested++;
    else if (is(t, close) && nested-- == 0)
      return true;
    else if (nested == 0 && otherwise && is(t, otherwise))
      return true;
  }
}

static bool number(token t, int64_t *n) {
  bool minus = t.len > 1 && *t.at == '-';
  uint64_t v = 0;
  for (size_t i = minus; i < t.len; i++) {
    if (t.at[i] < '0' || t.at[i] > '9')
      return false;
    v = v * 10 + (uint64_t)(t.at[i] - '0');
  }
  *n = (int64_t)(minus ? 0 - v : v);
  return true;
}

static bool print(int64_t n) {
  char digits[24];
  size_t len = 0;
  uint64_t v = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
  do
    digits[len++] = (char)('0' + v % 10);
  while ((v /= 10) > 0);
  if (n < 0)
    digits[len++] = '-';
  if (room - printed < len + 1) {
    size_t more = room ? 2 * room : 64;
    char *moved = realloc(out, more);
    if (!moved)
      return false;
    out = moved;
    room = more;
  }
  while (len > 0)
    out[printed++] = digits[--len];
  out[printed++] = ' ';
  return true;
}

static reason cell(token t) {
  tenant_string_t name = {(uint8_t *)t.at + 1, t.len - 1};
  demo_tenants_cells_cell_error_t denied;
  bool ok = *t.at == '@' ? demo_tenants_cells_get(&name, &stack[held++], &denied)
                         : demo_tenants_cells_put(&name, stack[--held], &denied);
  if (ok)
    return DONE;
  return denied == DEMO_TENANTS_CELLS_CELL_ERROR_FULL ? EXPORTS_DEMO_TENANTS_SCRIPT_REASON_CELLS_FULL
                                                      : EXPORTS_DEMO_TENANTS_SCRIPT_REASON_PERMISSION_DENIED;
}

// What a word takes from the stack and leaves there.
static const struct { const char *name; uint8_t takes, gives; } effects[] = {
    {"+", 2, 1},    {"-", 2, 1},    {"*", 2, 1},     {"/", 2, 1}, {"mod", 2, 1}, {"=", 2, 1},    {"<", 2, 1},
    {"dup", 1, 2},  {"drop", 1, 0}, {"swap", 2, 2},  {".", 1, 0}, {"if", 1, 0},  {"until", 1, 0},
    {"over", 2, 3},
};

static reason room_for(token t) {
  size_t takes = *t.at == '!', gives = *t.at == '@';
  for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
    if (is(t, effects[i].name))
      takes = effects[i].takes, gives = effects[i].gives;
  if (held < takes)
    return EXPORTS_DEMO_TENANTS_SCRIPT_REASON_STACK_EMPTY;
  return held - takes + gives > STACK ? EXPORTS_DEMO_TENANTS_SCRIPT_REASON_STACK_FULL : DONE;
}

static reason push(const char *place) {
  if (depth == DEPTH)
    return EXPORTS_DEMO_TENANTS_SCRIPT_REASON_TOO_DEEP;
  back[depth++] = place;
  return DONE;
}

// arithmetic does what is of two numbers. Division by zero traps.
static bool arithmetic(token t) {
  int64_t b = held > 0 ? stack[held - 1] : 0, a = held > 1 ? stack[held - 2] : 0, v;
  if (is(t, "+"))
    v = (int64_t)((uint64_t)a + (uint64_t)b);
  else if (is(t, "-"))
    v = (int64_t)((uint64_t)a - (uint64_t)b);
  else if (is(t, "*"))
    v = (int64_t)((uint64_t)a * (uint64_t)b);
  else if (is(t, "/"))
    v = a / b;
  else if (is(t, "mod"))
    v = a % b;
  else if (is(t, "="))
    v = a == b;
  else if (is(t, "<"))
    v = a < b;
  else
    return false;
  stack[--held - 1] = v;
  return true;
}

static reason define(const char **at) {
  token name = next(at);
  if (known == WORDS)
    return EXPORTS_DEMO_TENANTS_SCRIPT_REASON_OUT_OF_MEMORY;
  words[known].name = name;
  words[known++].body = *at;
  return skip(at, ":", NULL, ";") ? DONE : EXPORTS_DEMO_TENANTS_SCRIPT_REASON_UNFINISHED;
}

static reason call(token t, const char **at) {
  for (size_t i = known; i-- > 0;)
    if (t.len == words[i].name.len && memcmp(t.at, words[i].name.at, t.len) == 0) {
      reason r = push(*at);
      *at = words[i].body;
      return r;
    }
  return EXPORTS_DEMO_TENANTS_SCRIPT_REASON_UNKNOWN_WORD;
}

// step does one word.
static reason step(token t, const char **at) {
  int64_t n;
  reason r = room_for(t);
  if (r != DONE)
    return r;
  if (number(t, &n)) {
    if (held == STACK)
      return EXPORTS_DEMO_TENANTS_SCRIPT_REASON_STACK_FULL;
    stack[held++] = n;
  } else if (arithmetic(t)) {
  } else if (is(t, "dup")) {
    stack[held] = stack[held - 1], held++;
  } else if (is(t, "over")) {
    stack[held] = stack[held - 2], held++;
  } else if (is(t, "drop")) {
    held--;
  } else if (is(t, "swap")) {
    n = stack[held - 1], stack[held - 1] = stack[held - 2], stack[held - 2] = n;
  } else if (is(t, ".")) {
    return print(stack[--held]) ? DONE : EXPORTS_DEMO_TENANTS_SCRIPT_REASON_OUT_OF_MEMORY;
  } else if (*t.at == '@' || *t.at == '!') {
    return cell(t);
  } else if (is(t, "if")) {
    return stack[--held] || skip(at, "if", "else", "then") ? DONE : EXPORTS_DEMO_TENANTS_SCRIPT_REASON_UNFINISHED;
  } else if (is(t, "else")) { // the first half was done
    return skip(at, "if", NULL, "then") ? DONE : EXPORTS_DEMO_TENANTS_SCRIPT_REASON_UNFINISHED;
  } else if (is(t, "then")) {
  } else if (is(t, "begin")) {
    return push(*at);
  } else if (is(t, "until") || is(t, ";")) {
    if (depth == 0)
      return EXPORTS_DEMO_TENANTS_SCRIPT_REASON_UNFINISHED;
    if (is(t, ";"))
      *at = back[--depth];
    else if (stack[--held])
      depth--;
    else
      *at = back[depth - 1];
  } else if (is(t, ":")) {
    return define(at);
  } else {
    return call(t, at);
  }
  return DONE;
}

// fail is run's answer where a program goes no further.
static bool fail(SCRIPT(fault_t) * err, reason r, token t) {
  err->reason = r;
  err->word = (tenant_string_t){malloc(t.len), 0};
  if (err->word.ptr)
    memcpy(err->word.ptr, t.at, err->word.len = t.len);
  free(out);
  return false;
}

bool SCRIPT(run)(tenant_string_t *program, tenant_string_t *ret, SCRIPT(fault_t) * err) {
  source = (const char *)program->ptr, end = source + program->len;
  held = depth = known = printed = room = 0;
  out = NULL; // the one before is its caller's
  bool ok = true;
  for (const char *at = source; ok;) {
    token t = next(&at);
    if (t.len == 0)
      break;
    reason r = step(t, &at);
    ok = r == DONE || fail(err, r, t);
  }
  if (ok)
    ret->ptr = (uint8_t *)out, ret->len = printed;
  tenant_string_free(program);
  return ok;
}
