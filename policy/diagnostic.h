/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Collects the mistakes of a policy while it is read, and reports them by file and line. */
#ifndef PIN_DIAGNOSTIC_H
#define PIN_DIAGNOSTIC_H

#include "lexer.h"
#include "pinpolicy.h"

struct pin_source;

/* Longer lines are not passed on as pin_diagnostic.source_line. */
#define PIN_MAX_SOURCE_LINE 4096

/* All mistakes so far. All zero: none. */
struct pin_diagnostics {
  struct pin_diagnostic_item *items;
  size_t count, capacity;
  size_t limit;    /* reading stops at this many; 0: never */
  bool invalid;    /* one of them is an error in a text */
  bool unreadable; /* a file is missing or not trusted */
  bool no_memory;  /* memory ran out, so the items are not complete */
};

/*
 * Notes an error (PIN_ERROR) or a warning (PIN_WARNING) at a place of a source; place NULL: about the whole
 * source. The message is cut after PIN_MAX_MESSAGE bytes. `source` must live until pin_diagnostics_clear.
 */
void pin_diagnose(struct pin_diagnostics *diagnostics, enum pin_severity severity,
                  const struct pin_source *source, const struct pin_place *place, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#define PIN_MAX_MESSAGE 1024

/* Notes that a source cannot be read or is not trusted. */
void pin_diagnose_unreadable(struct pin_diagnostics *diagnostics, const struct pin_source *source,
                             const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Whether reading should stop: no memory, or the limit of mistakes is reached. */
bool pin_diagnostics_are_enough(const struct pin_diagnostics *diagnostics);

/* The result of reading: PIN_NO_MEMORY, else PIN_UNREADABLE, else PIN_INVALID, else PIN_OK. */
enum pin_status pin_diagnostics_status(const struct pin_diagnostics *diagnostics);

/* Calls `report` for each mistake, ordered by source, line and column. */
void pin_diagnostics_report(struct pin_diagnostics *diagnostics, pin_diagnostic_fn *report, void *arg);

/* Frees the items, but not the struct. */
void pin_diagnostics_clear(struct pin_diagnostics *diagnostics);

/* Part of a text, made fit for a message: in double quotes, printable ASCII, cut if long. */
struct pin_quoted {
  char text[4 * 48 + 6];
};
struct pin_quoted pin_quote(const char *text, size_t length);

#endif
