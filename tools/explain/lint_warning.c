/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "explain/lint_warning.h"

#include <stdarg.h>

#include "base/memory.h"

static void add_warning(struct diagnostics *diagnostics, const struct pin_entry *entry, const char *message) {
  struct pin_diagnostic warning = {
      .severity = PIN_WARNING,
      .file = entry->file,
      .line = entry->line,
      .column = entry->column,
      .message = message,
  };
  diagnostics_add(&warning, diagnostics);
}

void lint_warn(struct diagnostics *diagnostics, const struct pin_entry *entry, const char *format, ...) {
  va_list values;
  va_start(values, format);
  AUTO_TEXT message = must_vformat(format, values);
  va_end(values);
  add_warning(diagnostics, entry, message);
}

void lint_grave(struct diagnostics *diagnostics, const struct pin_entry *entry, const char *format, ...) {
  va_list values;
  va_start(values, format);
  char *message = must_vformat(format, values);
  va_end(values);
  add_warning(diagnostics, entry, message);
  text_list_add(&diagnostics->grave, message);
}

int lint_compare_lists(const void *a, const void *b) {
  const struct pin_digest_list *left = ((const struct pin_entry *)a)->lists;
  const struct pin_digest_list *right = ((const struct pin_entry *)b)->lists;
  int order = 0;
  for (int i = 0; i < PIN_LIST_COUNT && order == 0; i++) {
    /* The pointer of an empty list has no meaning. */
    order = left[i].count < right[i].count ? -1 : left[i].count > right[i].count;
    if (order == 0 && left[i].count > 0)
      order = left[i].digests < right[i].digests ? -1 : left[i].digests > right[i].digests;
  }
  return order;
}
