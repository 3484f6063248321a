/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/history_drawing.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cli/output.h"

/* The width of a bar, and of the text before it. */
#define MOST_COLUMNS 48
#define COLUMNS_BEFORE 29

struct history_drawing *drawing_new(void) {
  return must_alloc(1, sizeof(struct history_drawing));
}

void drawing_free(struct history_drawing *drawing) {
  if (drawing == NULL)
    return;
  free(drawing->periods);
  free(drawing);
}

void drawing_add(struct history_drawing *drawing, const struct history_row *row) {
  if (row->depth > 1)
    return;
  drawing->periods = must_grow(drawing->periods, drawing->count + 1, sizeof *drawing->periods);
  struct period *period = &drawing->periods[drawing->count++];
  *period = (struct period){
      .port = row->port, .depth = row->depth, .first = row->first_seen, .last = row->last_seen};
  snprintf(period->pin, sizeof period->pin, "%s", row->pin);
}

int64_t drawing_begins(const struct history_drawing *drawing) {
  int64_t from = INT64_MAX;
  for (size_t i = 0; i < drawing->count; i++)
    from = drawing->periods[i].first < from ? drawing->periods[i].first : from;
  return from;
}

/* The column of a moment between `from` and `to`; one outside, as after a clock was set back, gets an edge.
 */
static size_t column_of(int64_t moment, int64_t from, int64_t to, size_t columns) {
  if (moment <= from || to <= from)
    return 0;
  if (moment >= to)
    return columns - 1;
  return (size_t)((double)(moment - from) / (double)(to - from) * (double)(columns - 1) + 0.5);
}

/* A key that was seen twice counts as in use in between. */
static void print_period(const struct period *period, int64_t from, int64_t to, size_t columns) {
  char bar[MOST_COLUMNS + 1];
  size_t begin = column_of(period->first, from, to, columns);
  size_t end = column_of(period->last, from, to, columns);
  memset(bar, '.', columns);
  memset(bar + begin, '#', end < begin ? 1 : end - begin + 1);
  bar[columns] = '\0';
  put(stdout, PLAIN, "%5d %-6s %s ", period->port, period->depth == 0 ? "key" : "issuer", period->pin);
  put(stdout, period->depth == 0 ? GREEN : CYAN, "%s\n", bar);
}

void drawing_print(const struct history_drawing *drawing, int64_t now) {
  int64_t from = drawing_begins(drawing);
  if (drawing->count == 0)
    return;
  size_t room = output_columns();
  size_t columns = room < MOST_COLUMNS + COLUMNS_BEFORE ? room - COLUMNS_BEFORE : MOST_COLUMNS;
  AUTO_TEXT begun = date_format(from);
  AUTO_TEXT ends = date_format(now);
  put(stdout, PLAIN, "\n");
  put(stdout, PLAIN, "%28s %-*s%s\n", "", (int)columns - 10, begun, ends);
  for (size_t i = 0; i < drawing->count; i++)
    print_period(&drawing->periods[i], from, now, columns);
}
