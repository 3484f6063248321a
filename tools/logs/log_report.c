/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "logs/log_report.h"

#include <string.h>

#include "base/memory.h"

/* Twice as many as the longest report has; a hostile line must not take long. */
#define MOST_PAIRS 64

#define KEY_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789"

static size_t key_length(const char *at) {
  size_t length = strspn(at, KEY_CHARACTERS);
  return at[length] == '=' ? length : 0;
}

/* Whether a value may end here: before the end of the line, the next pair, or an ellipsis. */
static bool is_boundary(const char *at) {
  return *at == '\0' || (*at == ' ' && (key_length(at + 1) > 0 || strncmp(at + 1, "...", 3) == 0));
}

/*
 * Returns the closing quote; `at` is behind the opening one. Reports escape quotes inside, but messages of
 * events did not always, so the closing quote is recognised by what follows it. NULL: there is none.
 */
static const char *closing_quote(const char *at) {
  for (at = strchr(at, '"'); at != NULL; at = strchr(at + 1, '"'))
    if (is_boundary(at + 1))
      return at;
  return NULL;
}

static int hex_value(char digit) {
  const char *digits = "0123456789ABCDEF";
  const char *found = digit == '\0' ? NULL : strchr(digits, digit);
  return found == NULL ? -1 : (int)(found - digits);
}

/* Decodes \xHH, as pin_report writes it. Anything else, and a NUL, stays as it is. */
static char *unescape(const char *from, size_t length) {
  char *text = must_alloc(length + 1, 1);
  char *to = text;
  for (size_t at = 0; at < length;) {
    int high = length - at >= 4 && from[at] == '\\' && from[at + 1] == 'x' ? hex_value(from[at + 2]) : -1;
    int low = high < 0 ? -1 : hex_value(from[at + 3]);
    bool escaped = low >= 0 && (high != 0 || low != 0);
    *to++ = escaped ? (char)(high * 16 + low) : from[at];
    at += escaped ? 4 : 1;
  }
  return text;
}

static bool add(struct report *report, const char *key, size_t length, const char *value,
                size_t value_length) {
  AUTO_TEXT name = must_copy_bytes(key, length);
  if (report->count == MOST_PAIRS || report_get(report, name) != NULL)
    return false;
  report->pairs = must_grow(report->pairs, report->count + 1, sizeof *report->pairs);
  report->pairs[report->count++] =
      (struct report_pair){must_copy_bytes(name, length), unescape(value, value_length)};
  return true;
}

/*
 * Reads one pair and moves *at behind it. A value that does not end is left out: the line was cut there.
 * *ret_is_open: the value has no mark of its end, so it may be incomplete.
 */
static bool take_pair(struct report *report, const char **at, bool *ret_is_open) {
  const char *key = *at;
  size_t length = key_length(key);
  *ret_is_open = false;
  if (length == 0) {
    /* part of a pair: the line was cut */
    report->cut = true;
    *at = key + strlen(key);
    return strchr(key, ' ') == NULL;
  }
  const char *value = key + length + 1;
  bool quoted = *value == '"';
  const char *end = quoted ? closing_quote(++value) : value + strcspn(value, " ");
  if (end == NULL) {
    report->cut = true;
    *at = value + strlen(value);
    return true;
  }
  *at = end + (quoted ? 1 : 0);
  *ret_is_open = !quoted && *end == '\0';
  return add(report, key, length, value, (size_t)(end - value));
}

static void drop_last(struct report *report) {
  report->count--;
  free(report->pairs[report->count].key);
  free(report->pairs[report->count].value);
}

static bool take_all(struct report *report, const char *at) {
  bool is_open = false;
  while (*at != '\0') {
    if (strncmp(at, "...", 3) == 0 && (at[3] == ' ' || at[3] == '\0')) {
      report->cut = true;
      at += 3;
    } else if (!take_pair(report, &at, &is_open)) {
      return false;
    }
    at += *at == ' ' ? 1 : 0;
  }
  /* a whole line ends in the uid */
  if (report_get(report, "uid") != NULL)
    return true;
  report->cut = true;
  if (is_open)
    drop_last(report);
  return true;
}

static bool has_control_characters(const char *text) {
  for (; *text != '\0'; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7f)
      return true;
  return false;
}

static bool has_known_beginning(const struct report *report) {
  const char *verdict = report_get(report, "verdict");
  if (report->count == 0 || (verdict == NULL && report_get(report, "event") == NULL))
    return false;
  for (int outcome = PIN_REFUSED; verdict != NULL && outcome <= PIN_EXEMPT; outcome++)
    if (strcmp(verdict, pin_outcome_word((enum pin_outcome)outcome)) == 0)
      return true;
  return verdict == NULL;
}

bool report_read(const char *text, struct report *ret_report) {
  *ret_report = (struct report){0};
  if ((strncmp(text, "verdict=", 8) == 0 || strncmp(text, "event=", 6) == 0) &&
      !has_control_characters(text) && take_all(ret_report, text) && has_known_beginning(ret_report))
    return true;
  report_clear(ret_report);
  return false;
}

void report_clear(struct report *report) {
  for (size_t i = 0; i < report->count; i++) {
    free(report->pairs[i].key);
    free(report->pairs[i].value);
  }
  free(report->pairs);
  *report = (struct report){0};
}

const char *report_get(const struct report *report, const char *key) {
  for (size_t i = 0; i < report->count; i++)
    if (strcmp(report->pairs[i].key, key) == 0)
      return report->pairs[i].value;
  return NULL;
}

long report_number(const struct report *report, const char *key) {
  const char *value = report_get(report, key);
  /* A pid or uid has up to ten digits. */
  size_t length = value == NULL ? 0 : strspn(value, "0123456789");
  if (length == 0 || length > 10 || value[length] != '\0')
    return -1;
  return strtol(value, NULL, 10);
}

bool report_key(const struct report *report, size_t depth, struct pin_digest *ret_key,
                const char **ret_subject) {
  char name[32];
  snprintf(name, sizeof name, "key%zu", depth);
  const char *value = report_get(report, name);
  if (value == NULL)
    return false;
  size_t length = strcspn(value, " ");
  if (ret_subject != NULL)
    *ret_subject = value[length] == ' ' ? value + length + 1 : "";
  return pin_digest_parse(value, length, ret_key);
}

size_t report_key_count(const struct report *report) {
  struct pin_digest key;
  size_t count = 0;
  while (report_key(report, count, &key, NULL))
    count++;
  return count;
}

bool report_path_is_whole(const struct report *report) {
  return !report->cut && report_get(report, "keys") == NULL && report_key_count(report) > 0;
}
