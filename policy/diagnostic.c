/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "diagnostic.h"

#include "source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pin_diagnostic_item {
  const struct pin_source *source;
  char *message;
  struct pin_place place;
  bool has_place;
  enum pin_severity severity;
  size_t sequence; /* order in which items were noted */
};

static struct pin_diagnostic_item *new_item(struct pin_diagnostics *diagnostics) {
  if (diagnostics->count == diagnostics->capacity) {
    size_t capacity = diagnostics->capacity == 0 ? 16 : 2 * diagnostics->capacity;
    struct pin_diagnostic_item *items =
        reallocarray(diagnostics->items, capacity, sizeof(struct pin_diagnostic_item));
    if (items == NULL)
      return NULL;
    diagnostics->items = items;
    diagnostics->capacity = capacity;
  }
  struct pin_diagnostic_item *item = &diagnostics->items[diagnostics->count];
  *item = (struct pin_diagnostic_item){.sequence = diagnostics->count};
  return item;
}

/* NULL: no memory, which is noted. */
__attribute__((format(printf, 3, 0))) static struct pin_diagnostic_item *
add(struct pin_diagnostics *diagnostics, const struct pin_source *source, const char *format, va_list args) {
  char message[PIN_MAX_MESSAGE + 1];
  vsnprintf(message, sizeof message, format, args);

  struct pin_diagnostic_item *item = new_item(diagnostics);
  char *copy = item != NULL ? strdup(message) : NULL;
  if (copy == NULL) {
    diagnostics->no_memory = true;
    return NULL;
  }
  item->source = source;
  item->message = copy;
  diagnostics->count++;
  return item;
}

void pin_diagnose(struct pin_diagnostics *diagnostics, enum pin_severity severity,
                  const struct pin_source *source, const struct pin_place *place, const char *format, ...) {
  if (severity == PIN_ERROR)
    diagnostics->invalid = true;
  va_list args;
  va_start(args, format);
  struct pin_diagnostic_item *item = add(diagnostics, source, format, args);
  va_end(args);
  if (item == NULL)
    return;
  item->severity = severity;
  if (place != NULL) {
    item->has_place = true;
    item->place = *place;
  }
}

void pin_diagnose_unreadable(struct pin_diagnostics *diagnostics, const struct pin_source *source,
                             const char *format, ...) {
  diagnostics->unreadable = true;
  va_list args;
  va_start(args, format);
  add(diagnostics, source, format, args);
  va_end(args);
}

bool pin_diagnostics_are_enough(const struct pin_diagnostics *diagnostics) {
  return diagnostics->no_memory || (diagnostics->limit != 0 && diagnostics->count >= diagnostics->limit);
}

enum pin_status pin_diagnostics_status(const struct pin_diagnostics *diagnostics) {
  if (diagnostics->no_memory)
    return PIN_NO_MEMORY;
  if (diagnostics->unreadable)
    return PIN_UNREADABLE;
  return diagnostics->invalid ? PIN_INVALID : PIN_OK;
}

static int compare_sizes(size_t a, size_t b) {
  return (a > b) - (a < b);
}

static int compare_items(const void *a, const void *b) {
  const struct pin_diagnostic_item *left = a;
  const struct pin_diagnostic_item *right = b;
  int order = compare_sizes(left->source->order, right->source->order);
  if (order == 0)
    order = (left->has_place ? 1 : 0) - (right->has_place ? 1 : 0);
  if (order == 0)
    order = compare_sizes(left->place.offset, right->place.offset);
  return order != 0 ? order : compare_sizes(left->sequence, right->sequence);
}

/* A copy of the line, freed by free(3). NULL: it is too long, or no memory; the line is not essential. */
static char *copy_line(const struct pin_source *source, const struct pin_place *place) {
  const char *text = source->original != NULL ? source->original : source->text;
  const char *start = text + place->line_start;
  size_t left = source->size - place->line_start;
  /* Search no further, because one long line may have a mistake in each word. */
  if (left > PIN_MAX_SOURCE_LINE + sizeof "\r\n")
    left = PIN_MAX_SOURCE_LINE + sizeof "\r\n";
  const char *newline = memchr(start, '\n', left);
  size_t length = newline != NULL ? (size_t)(newline - start) : left;
  if (length > 0 && start[length - 1] == '\r')
    length--;
  return length <= PIN_MAX_SOURCE_LINE ? strndup(start, length) : NULL;
}

static void report_item(const struct pin_diagnostic_item *item, pin_diagnostic_fn *report, void *arg) {
  struct pin_diagnostic diagnostic = {
      .severity = item->severity, .file = item->source->path, .message = item->message};
  char *line = NULL;
  if (item->has_place) {
    line = copy_line(item->source, &item->place);
    diagnostic.line = item->place.line;
    diagnostic.column = (unsigned)(item->place.offset - item->place.line_start + 1);
    diagnostic.width = item->place.width;
    diagnostic.source_line = line;
  }
  report(&diagnostic, arg);
  free(line);
}

void pin_diagnostics_report(struct pin_diagnostics *diagnostics, pin_diagnostic_fn *report, void *arg) {
  if (diagnostics->count > 1)
    qsort(diagnostics->items, diagnostics->count, sizeof diagnostics->items[0], compare_items);
  for (size_t i = 0; i < diagnostics->count; i++)
    report_item(&diagnostics->items[i], report, arg);
}

void pin_diagnostics_clear(struct pin_diagnostics *diagnostics) {
  for (size_t i = 0; i < diagnostics->count; i++)
    free(diagnostics->items[i].message);
  free(diagnostics->items);
  *diagnostics = (struct pin_diagnostics){0};
}

struct pin_quoted pin_quote(const char *text, size_t length) {
  static const char hex[] = "0123456789ABCDEF";
  struct pin_quoted quoted = {.text = ""};
  char *out = quoted.text;
  size_t shown = length <= 48 ? length : 45;
  *out++ = '"';
  for (size_t i = 0; i < shown; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      *out++ = (char)c;
    } else {
      *out++ = '\\';
      *out++ = 'x';
      *out++ = hex[c >> 4];
      *out++ = hex[c & 15];
    }
  }
  *out++ = '"';
  memcpy(out, shown < length ? "..." : "", shown < length ? 4 : 1);
  return quoted;
}
