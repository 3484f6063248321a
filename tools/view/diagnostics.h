/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The errors and warnings about a policy: collecting, sorting and printing them, each with its place and its
 * source line. */
#ifndef PINCTL_VIEW_DIAGNOSTICS_H
#define PINCTL_VIEW_DIAGNOSTICS_H

#include <stdio.h>

#include <json-c/json.h>

#include "base/arena.h"
#include "base/memory.h"
#include "pinpolicy.h"

struct diagnostics {
  struct pin_diagnostic *items; /* their texts are in `texts` */
  size_t count;
  size_t errors;
  struct text_list grave; /* the messages of those warnings that are almost surely a mistake */
  struct arena texts;
};

/* A pin_diagnostic_fn that adds a copy; arg is the struct diagnostics. */
void diagnostics_add(const struct pin_diagnostic *diagnostic, void *arg);
void diagnostics_clear(struct diagnostics *diagnostics);

/* Sorts by file, line and column; the sort is stable. */
void diagnostics_sort(struct diagnostics *diagnostics);

/*
 * Prints "file:line:column: error: message" and then the source line, cut to 80 columns around the mark, with
 * a caret and underline below it. Where the stream is stderr the listener hears it too (output_listen).
 */
void diagnostics_print(FILE *stream, const struct diagnostics *diagnostics);
/* An array of objects. */
json_object *diagnostics_json(const struct diagnostics *diagnostics);
/* Prints that array to stdout, one object at a time. */
void diagnostics_print_json(const struct diagnostics *diagnostics);

#endif
