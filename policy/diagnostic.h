/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What is wrong with a policy, gathered while it is read and told in the order of the files and lines. */
#ifndef PIN_DIAGNOSTIC_H
#define PIN_DIAGNOSTIC_H

#include "lexer.h"
#include "pinpolicy.h"

struct pin_source;

/* Lines longer than this are not handed out as pin_diagnostic.source_line. */
#define PIN_MAX_SOURCE_LINE 4096

struct pin_diagnostics {
  struct pin_diagnostic_item *items;
  size_t count, capacity;
  size_t limit;    /* with so many, reading stops; 0: none */
  bool invalid;    /* an error in a text was among them */
  bool unreadable; /* a file was missing or not to be trusted */
  bool no_memory;  /* somebody ran out of memory: the items are not all there is to say */
};

/*
 * Takes note of a mistake (PIN_ERROR) or a doubt (PIN_WARNING) at a place of a source; place NULL: the
 * source as a whole. The message is cut after PIN_MAX_MESSAGE bytes. `source` is borrowed until the end.
 */
void pin_diagnose(struct pin_diagnostics *diagnostics, enum pin_severity severity,
                  const struct pin_source *source, const struct pin_place *place, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#define PIN_MAX_MESSAGE 1024

/* Takes note that a source could not be read or is not to be trusted. */
void pin_diagnose_unreadable(struct pin_diagnostics *diagnostics, const struct pin_source *source,
                             const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Whether it is no use to read on: out of memory,
 * or there are as many mistakes as anybody wants to hear of. */
bool pin_diagnostics_are_enough(const struct pin_diagnostics *diagnostics);

/* PIN_NO_MEMORY before PIN_UNREADABLE before PIN_INVALID before PIN_OK. */
enum pin_status pin_diagnostics_status(const struct pin_diagnostics *diagnostics);

/* Calls `report` for each, by order of source, line and column. */
void pin_diagnostics_report(struct pin_diagnostics *diagnostics, pin_diagnostic_fn *report, void *arg);

/* Frees what is inside; the struct itself belongs to the caller. */
void pin_diagnostics_clear(struct pin_diagnostics *diagnostics);

/* A piece of somebody's text, fit for a message: in double quotes, printable ASCII, cut when long. */
struct pin_quoted {
  char text[4 * 48 + 6];
};
struct pin_quoted pin_quote(const char *text, size_t length);

#endif
