/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/json.h"
#include "cli/output.h"
#include "view/diagnostics.h"

/* How much of a source line is shown: with the line number a line of 80 columns. */
#define SHOWN_COLUMNS 70

static const char *severity_word(enum pin_severity severity) {
  return severity == PIN_ERROR ? "error" : "warning";
}

void diagnostics_add(const struct pin_diagnostic *diagnostic, void *arg) {
  struct diagnostics *diagnostics = arg;
  diagnostics->items = must_room(diagnostics->items, diagnostics->count, sizeof *diagnostics->items);
  struct pin_diagnostic *copy = &diagnostics->items[diagnostics->count++];
  *copy = *diagnostic;
  copy->file = arena_text(&diagnostics->texts, diagnostic->file);
  copy->message = arena_text(&diagnostics->texts, diagnostic->message);
  if (diagnostic->source_line != NULL)
    copy->source_line = arena_text(&diagnostics->texts, diagnostic->source_line);
  diagnostics->errors += diagnostic->severity == PIN_ERROR ? 1 : 0;
}

void diagnostics_clear(struct diagnostics *diagnostics) {
  free(diagnostics->items);
  arena_clear(&diagnostics->texts);
  text_list_clear(&diagnostics->grave);
  *diagnostics = (struct diagnostics){0};
}

static int compare_numbers(unsigned a, unsigned b) {
  return a < b ? -1 : a > b;
}

static int compare_places(const void *a, const void *b) {
  const struct pin_diagnostic *left = a;
  const struct pin_diagnostic *right = b;
  int order = strcmp(left->file, right->file);
  if (order == 0)
    order = compare_numbers(left->line, right->line);
  return order != 0 ? order : compare_numbers(left->column, right->column);
}

/* glibc's qsort is a merge sort, which is stable, as long as there is memory. */
void diagnostics_sort(struct diagnostics *diagnostics) {
  if (diagnostics->count > 0)
    qsort(diagnostics->items, diagnostics->count, sizeof *diagnostics->items, compare_places);
}

static bool continues_character(char byte) {
  return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The part of the line that is shown: [*from, *to), around the mark, cut between characters. */
static void choose_window(const char *line, size_t mark, size_t *ret_from, size_t *ret_to) {
  size_t length = strlen(line);
  size_t from = mark > SHOWN_COLUMNS * 2 / 3 && length > SHOWN_COLUMNS ? mark - SHOWN_COLUMNS / 2 : 0;
  size_t to = length - from > SHOWN_COLUMNS ? from + SHOWN_COLUMNS : length;
  while (from > 0 && continues_character(line[from]))
    from--;
  while (to < length && continues_character(line[to]))
    to++;
  *ret_from = from;
  *ret_to = to;
}

/* A part of the line, escaped. Tabs become blanks, since they would shift the mark. */
static char *shown_part(const char *line, size_t from, size_t to) {
  AUTO_TEXT part = must_copy_bytes(line + from, to - from);
  for (char *at = part; *at != '\0'; at++)
    *at = *at == '\t' ? ' ' : *at;
  return escape_text(part);
}

static void print_mark(FILE *stream, size_t indent, size_t width) {
  AUTO_TEXT mark = must_alloc(width + 2, 1);
  memset(mark, '~', width == 0 ? 1 : width);
  mark[0] = '^';
  put(stream, PLAIN, "      | %*s", (int)indent, "");
  put(stream, GREEN, "%s\n", mark);
}

static void print_source(FILE *stream, const struct pin_diagnostic *diagnostic) {
  size_t length = strlen(diagnostic->source_line);
  size_t mark = diagnostic->column == 0 ? 0 : diagnostic->column - 1;
  mark = mark > length ? length : mark;
  size_t from = 0;
  size_t to = 0;
  choose_window(diagnostic->source_line, mark, &from, &to);
  AUTO_TEXT shown = shown_part(diagnostic->source_line, from, to);
  /* `put` escapes the line again, which changes nothing. */
  put(stream, PLAIN, "%5u | %s\n", diagnostic->line, shown);
  if (diagnostic->column == 0)
    return;
  size_t end = mark + diagnostic->width < to ? mark + diagnostic->width : to;
  AUTO_TEXT before = shown_part(diagnostic->source_line, from, mark);
  AUTO_TEXT marked = shown_part(diagnostic->source_line, mark, end);
  print_mark(stream, text_width(before), text_width(marked));
}

/* "FILE:LINE:COLUMN:", as far as they are known. For free(3). */
static char *place_text(const struct pin_diagnostic *diagnostic) {
  if (diagnostic->line == 0)
    return must_format("%s:", diagnostic->file);
  if (diagnostic->column == 0)
    return must_format("%s:%u:", diagnostic->file, diagnostic->line);
  return must_format("%s:%u:%u:", diagnostic->file, diagnostic->line, diagnostic->column);
}

static void print_one(FILE *stream, const struct pin_diagnostic *diagnostic) {
  AUTO_TEXT place = place_text(diagnostic);
  put(stream, BOLD, "%s", place);
  put(stream, diagnostic->severity == PIN_ERROR ? RED : YELLOW, " %s:", severity_word(diagnostic->severity));
  put(stream, PLAIN, " %s\n", diagnostic->message);
  if (diagnostic->source_line != NULL && diagnostic->line != 0)
    print_source(stream, diagnostic);
}

/*
 * The command that corrects a wrong mode or owner; NULL: the diagnostic is about something else. Others could
 * have chosen the file's name, too, so a name that a shell would have to quote is not shown. For free(3).
 */
static char *remedy(const struct pin_diagnostic *diagnostic) {
  static const struct {
    const char *words, *command;
    bool is_folder;
  } remedies[] = {{"has mode ", "chmod go-w", false},
                  {"is owned by user ", "chown root", false},
                  {"lies in a folder of mode ", "chmod go-w", true},
                  {"lies in a folder owned by user ", "chown root", true}};
  static const char plain[] = "/._+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (size_t i = 0; diagnostic->severity == PIN_ERROR && diagnostic->line == 0 && i < COUNT_OF(remedies);
       i++) {
    if (strncmp(diagnostic->message, remedies[i].words, strlen(remedies[i].words)) != 0)
      continue;
    AUTO_TEXT path = remedies[i].is_folder ? path_directory(diagnostic->file) : must_copy(diagnostic->file);
    if (*path == '/' && path[strspn(path, plain)] == '\0')
      return must_format("once you have looked at what it holds: %s %s", remedies[i].command, path);
  }
  return NULL;
}

/* Passes the diagnostic, with its line and remedy, to the listener as one text. */
static void tell_listener(const struct pin_diagnostic *diagnostic, const char *what_to_do) {
  AUTO_TEXT place = place_text(diagnostic);
  bool has_line =
      diagnostic->source_line != NULL && *diagnostic->source_line != '\0' && diagnostic->line != 0;
  AUTO_TEXT text = must_format("%s %s%s%s%s%s", place, diagnostic->message, has_line ? "; the line: " : "",
                               has_line ? diagnostic->source_line : "", what_to_do == NULL ? "" : "; ",
                               what_to_do == NULL ? "" : what_to_do);
  output_hear(severity_word(diagnostic->severity), text);
}

void diagnostics_print(FILE *stream, const struct diagnostics *diagnostics) {
  for (size_t i = 0; i < diagnostics->count; i++) {
    AUTO_TEXT what_to_do = remedy(&diagnostics->items[i]);
    print_one(stream, &diagnostics->items[i]);
    if (what_to_do != NULL)
      put(stream, PLAIN, "  %s\n", what_to_do);
    if (stream == stderr)
      tell_listener(&diagnostics->items[i], what_to_do);
  }
}

static json_object *one_json(const struct pin_diagnostic *diagnostic) {
  json_object *object = json_object_new_object();
  json_object_object_add(object, "severity", json_text(severity_word(diagnostic->severity)));
  json_object_object_add(object, "file", json_text(diagnostic->file));
  json_object_object_add(object, "line", json_object_new_int64(diagnostic->line));
  json_object_object_add(object, "column", json_object_new_int64(diagnostic->column));
  json_object_object_add(object, "width", json_object_new_int64(diagnostic->width));
  json_object_object_add(object, "message", json_text(diagnostic->message));
  json_object_object_add(object, "source_line", json_text_or_null(diagnostic->source_line));
  return object;
}

json_object *diagnostics_json(const struct diagnostics *diagnostics) {
  json_object *array = json_object_new_array();
  for (size_t i = 0; i < diagnostics->count; i++)
    json_object_array_add(array, one_json(&diagnostics->items[i]));
  return array;
}

void diagnostics_print_json(const struct diagnostics *diagnostics) {
  struct json_stream stream = {0};
  json_stream_open(&stream, NULL, '[');
  for (size_t i = 0; i < diagnostics->count; i++)
    json_stream_add(&stream, NULL, one_json(&diagnostics->items[i]));
  json_stream_close(&stream);
}
