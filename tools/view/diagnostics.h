/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What is wrong with a policy: kept, ordered and shown with the place, the line and a mark below it. */
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
  struct text_list grave; /* of the warnings: what is almost surely a mistake; only the messages */
  struct arena texts;
};

/* A pin_diagnostic_fn; arg is the struct diagnostics. Copies. */
void diagnostics_add(const struct pin_diagnostic *diagnostic, void *arg);
void diagnostics_clear(struct diagnostics *diagnostics);

/* By file and place; what has the same place keeps its order. */
void diagnostics_sort(struct diagnostics *diagnostics);

/*
 * "file:line:column: error: message", then the source line with a caret and underline:
 * columns of the line that would not fit on 80 are left out around the mark. What goes to stderr is a message
 * as well (output_listen).
 */
void diagnostics_print(FILE *stream, const struct diagnostics *diagnostics);
json_object *diagnostics_json(const struct diagnostics *diagnostics);
/* The same on stdout, one by one. */
void diagnostics_print_json(const struct diagnostics *diagnostics);

#endif
