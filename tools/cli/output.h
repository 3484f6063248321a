/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Printing: data to stdout, messages to stderr, JSON. Everything that pinctl prints goes through here. The
 * arguments of a format are escaped, and only a newline at the end of a format starts a new line, so that no
 * text from a file or certificate can forge a line.
 */
#ifndef PINCTL_CLI_OUTPUT_H
#define PINCTL_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

#include "base/must_use.h"
#include "pinpolicy.h"

/* Exit status of every verb. */
enum exit_status { EXIT_DONE = 0, EXIT_FINDING = 1, EXIT_USAGE = 2, EXIT_FAILED = 3 };

enum colour { PLAIN = 0, BOLD, RED, GREEN, YELLOW, CYAN };

/* Whether the terminal understands escape sequences, by $TERM. */
bool terminal_is_able(void);

/* Prints to a stream. The colour is used only on a terminal that has colours, and not where NO_COLOR is set.
 */
void put(FILE *stream, enum colour colour, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The width of a line of text: that of the terminal, but from 40 to 80; 80 where stdout is no terminal. */
size_t output_columns(void);

/* Prints `lead` and a text to stdout, broken between words to lines of output_columns. Further lines are
 * indented as far as `lead` is wide. */
void put_wrapped(enum colour colour, const char *lead, const char *text);

/* The same, but one line where stdout is no terminal, so that it can be searched. */
void put_fitted(enum colour colour, const char *lead, const char *text);

/* Prints a gauge without labels to stdout, in the format of Prometheus' textfile collector. */
void put_metric(const char *name, const char *help, long long value);

/* Prints "WORDS: " (lead) and a command to stdout so that it can be copied: on a narrow terminal it is broken
 * into lines that end in a backslash. */
void put_command(const char *lead, const char *command);

/* Messages to stderr, one line each: "pinctl: ...", "pinctl: warning: ...", "pinctl: note: ...". */
bool say_error(const char *format, ...) __attribute__((format(printf, 1, 2))); /* always false */
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* say_error for functions that return an exit status: always EXIT_FAILED. */
int say_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From here on say_note prints nothing, for --quiet. */
void output_hide_notes(bool hide);
bool output_hides_notes(void);

/* Is called with every message, hidden or not. severity: "note", "warning" or "error". */
typedef void output_listener(const char *severity, const char *text);
/* Sets the listener; NULL: none. */
void output_listen(output_listener *to);
/* Calls the listener with a message that was printed by other functions. */
void output_hear(const char *severity, const char *text);

/* Whether a signal has asked pinctl to end, so that the change must not be made; says so. what: the host or
 * file that the change is about. */
bool say_if_ended(const char *what);
/* Warns where the signal came too late and the change was made. command: the arguments of pinctl that undo
 * the change; NULL: there are none. */
void say_if_late(const char *what, const char *command);

/* The remedy behind the text of an errno value: "; try it as root", what may stop root, what to do about a
 * full or read-only disk; "": there is none. Static. */
const char *root_remedy(int error);

/* A JSON string. Bytes that are not UTF-8 become U+FFFD, since JSON cannot hold them. */
json_object *json_text(const char *text);
/* The same; null for NULL. */
json_object *json_text_or_null(const char *text);
/* A JSON string, "pin-sha256:...". */
json_object *json_digest(const struct pin_digest *digest);
/* A JSON string, RFC 3339 in UTC. */
json_object *json_time(int64_t moment);
/* A JSON number with three decimals. */
json_object *json_seconds(double seconds);
/* Prints a document to stdout, or to a stream, and frees it. Characters that a terminal would act on are
 * written as \uXXXX, so nothing is lost. */
void json_print(json_object *value);
void json_write(FILE *stream, json_object *value);
/* Prints a part of a document: without the last newline, and all lines but the first indented so far more. */
void json_write_part(FILE *stream, json_object *value, size_t indent);
/* Prints a document on one line. */
void json_print_line(json_object *value);

/* Flushes stdout. Returns `status`, or EXIT_FAILED, having said so, where something could not be written. */
MUST_USE int finish_output(int status);

#endif
