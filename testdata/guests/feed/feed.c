// Publishes and listens as its messages say, and logs what came of it:
//
//   pub TOPIC TEXT    sub PATTERN    unsub PATTERN    crash
//
// Any other message it logs as heard.
#include <stdlib.h>
#include <string.h>

#include "feed.h"

#define EXPORTED(name) exports_airssys_core_component_lifecycle_##name
typedef feed_string_t string;
typedef feed_list_u8_t bytes;
typedef EXPORTED(component_error_t) component_error;
typedef airssys_topics_topics_topic_error_t topic_error;

static char line[256];
static size_t used;

static void put(const void *s, size_t n) {
  if (n > sizeof line - used)
    n = sizeof line - used;
  memcpy(line + used, s, n);
  used += n;
}

static void puts_(const char *s) { put(s, strlen(s)); }

static void put_number(uint32_t n) {
  char buf[10];
  size_t at = sizeof buf;
  do
    buf[--at] = '0' + n % 10;
  while (n /= 10);
  put(buf + at, sizeof buf - at);
}

static void log_line(void) {
  string message = {(uint8_t *)line, used};
  airssys_core_host_services_log(AIRSSYS_CORE_TYPES_LOG_LEVEL_INFO, &message, NULL);
  used = 0;
}

static void put_error(topic_error *e) {
  static const char *names[] = {"permission denied", "invalid topic: ", "too many subscriptions", "unavailable: "};
  puts_(names[e->tag]);
  if (e->tag == AIRSSYS_TOPICS_TOPICS_TOPIC_ERROR_INVALID_TOPIC)
    put(e->val.invalid_topic.ptr, e->val.invalid_topic.len);
  airssys_topics_topics_topic_error_free(e);
}

// word takes the next word off the message.
static string word(bytes *m) {
  string w = {m->ptr, 0};
  while (w.len < m->len && m->ptr[w.len] != ' ')
    w.len++;
  size_t n = w.len < m->len ? w.len + 1 : w.len;
  m->ptr += n, m->len -= n;
  return w;
}

static bool is(string w, const char *s) { return w.len == strlen(s) && !memcmp(w.ptr, s, w.len); }

static void do_message(bytes rest, string from) {
  bytes whole = rest;
  topic_error e;
  string verb = word(&rest);
  if (is(verb, "crash"))
    __builtin_trap();
  if (is(verb, "pub")) {
    string topic = word(&rest);
    airssys_topics_topics_receipt_t receipt;
    puts_("published ");
    if (airssys_topics_topics_publish(&topic, &rest, &receipt, &e))
      put_number(receipt.delivered), puts_(" "), put_number(receipt.dropped);
    else
      put_error(&e);
  } else if (is(verb, "sub")) {
    string pattern = word(&rest);
    puts_("subscribed ");
    if (airssys_topics_topics_subscribe(&pattern, &e))
      puts_("ok");
    else
      put_error(&e);
  } else if (is(verb, "unsub")) {
    string pattern = word(&rest);
    bool was;
    puts_("unsubscribed ");
    if (airssys_topics_topics_unsubscribe(&pattern, &was, &e))
      puts_(was ? "yes" : "no");
    else
      put_error(&e);
  } else {
    puts_("heard ");
    put(whole.ptr, whole.len);
    puts_(" from ");
    put(from.ptr, from.len);
  }
  log_line();
}

// Does what the strings of its configuration say, {"say":["sub a.*","pub a.b text"]}: those with a space in them.
bool EXPORTED(init)(EXPORTED(component_config_t) *config, component_error *err) {
  bytes c = config->config_data.is_some ? config->config_data.val : (bytes){0};
  string nobody = {0};
  for (size_t at = 0; at < c.len; at++) {
    if (c.ptr[at] != '"')
      continue;
    bytes text = {c.ptr + at + 1, 0};
    while (at + 1 + text.len < c.len && text.ptr[text.len] != '"')
      text.len++;
    bytes after = text;
    if (word(&after).len < text.len)
      do_message(text, nobody);
    at += text.len + 1;
  }
  EXPORTED(component_config_free)(config);
  return true;
}

bool EXPORTED(handle_message)(EXPORTED(component_id_t) *sender, bytes *message, component_error *err) {
  do_message(*message, sender->name);
  EXPORTED(component_id_free)(sender);
  feed_list_u8_free(message);
  return true;
}

bool EXPORTED(execute)(bytes *operation, EXPORTED(execution_context_t) *context, bytes *ret, EXPORTED(execution_error_t) *err) {
  feed_list_u8_free(operation);
  EXPORTED(execution_context_free)(context);
  err->tag = AIRSSYS_CORE_TYPES_EXECUTION_ERROR_INVALID_INPUT;
  feed_string_dup(&err->val.invalid_input, "feed knows no operations");
  return false;
}

bool EXPORTED(handle_callback)(EXPORTED(request_id_t) *request, EXPORTED(result_list_u8_string_t) *outcome, component_error *err) {
  EXPORTED(request_id_free)(request);
  EXPORTED(result_list_u8_string_free)(outcome);
  err->tag = AIRSSYS_CORE_TYPES_COMPONENT_ERROR_INTERNAL_ERROR;
  feed_string_dup(&err->val.internal_error, "feed sends no requests");
  return false;
}

void EXPORTED(metadata)(EXPORTED(component_metadata_t) *ret) {
  memset(ret, 0, sizeof *ret);
  feed_string_dup(&ret->name, "feed");
  feed_string_dup(&ret->version, "1.0.0");
  feed_string_dup(&ret->description, "Publishes and listens as its messages say.");
  feed_string_dup(&ret->author, "witgen");
}

EXPORTED(health_status_t) EXPORTED(health)(void) { return AIRSSYS_CORE_TYPES_HEALTH_STATUS_HEALTHY; }

bool EXPORTED(shutdown)(component_error *err) { return true; }
