/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Everything pinctl prints goes through here: data to stdout, messages to stderr. What the format's
 * arguments bring is escaped; only a newline at the very end of a format starts a new line, so no file
 * or certificate can forge one.
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

/* Whether a terminal, if there is one, understands escape sequences, by $TERM. */
bool terminal_is_able(void);

/* Colours only on a terminal that is able to, and never where NO_COLOR is set to anything. */
void put(FILE *stream, enum colour colour, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As many columns as a line of text may have: those of the terminal, at least 40; 80 at most, and
 * elsewhere. */
size_t output_columns(void);

/* To stdout, broken between words to lines of at most 80 columns, or as many as the terminal has; all but the
 * first are indented as far. */
void put_wrapped(enum colour colour, const char *lead, const char *text);

/* The same, but one line where stdout is no terminal, for whoever searches it. */
void put_fitted(enum colour colour, const char *lead, const char *text);

/* A gauge without labels to stdout, as a textfile collector of Prometheus reads it. */
void put_metric(const char *name, const char *help, long long value);

/* A command to stdout behind "WORDS: ", as it can be copied: on a terminal that is too narrow the lines end
 * in a backslash. */
void put_command(const char *lead, const char *command);

/* To stderr, one line each: "pinctl: ...", "pinctl: warning: ...", "pinctl: note: ...". */
bool say_error(const char *format, ...) __attribute__((format(printf, 1, 2))); /* always false */
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* say_error for functions that return an exit status: always EXIT_FAILED. */
int say_failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From here on nothing is noted: for verbs that are asked to be quiet. */
void output_hide_notes(bool hide);
bool output_hides_notes(void);

/* Hears all that is said, hidden or not; severity: "note", "warning" or "error". */
typedef void output_listener(const char *severity, const char *text);
void output_listen(output_listener *to);
/* Lets it hear what was printed in another way. */
void output_hear(const char *severity, const char *text);

/* Whether somebody has asked pinctl to end meanwhile, so that `what` is not done; says so then. what: for
 * whom the change is, or a file. */
bool say_if_ended(const char *what);
/* Where that was too late, says that `what` is done; command: the words behind "pinctl" that take it back, or
 * NULL. */
void say_if_late(const char *what, const char *command);

/* Words behind strerror: "; try it as root" where that may help, what may hold root back, what is to be done
 * about a full or read-only disk, else "". Static. */
const char *root_remedy(int error);

/* A JSON string; bytes that are not UTF-8 become U+FFFD, since JSON has no other way to hold them. */
json_object *json_text(const char *text);
/* The same, or null for NULL. */
json_object *json_text_or_null(const char *text);
/* A JSON string, "pin-sha256:...". */
json_object *json_digest(const struct pin_digest *digest);
/* In UTC. */
json_object *json_time(int64_t moment);
/* In thousandths: a clock says no more that anybody would look at. */
json_object *json_seconds(double seconds);
/* Prints it to stdout, or a stream, and frees it. What a terminal would act on is written as \uXXXX, which
 * loses nothing. */
void json_print(json_object *value);
void json_write(FILE *stream, json_object *value);
/* The same without the newline at the end, for a part of a document: each line but the first is indented so
 * far more. */
void json_write_part(FILE *stream, json_object *value, size_t indent);
/* The same on one line. */
void json_print_line(json_object *value);

/* Flushes stdout. EXIT_FAILED with a message when something could not be written, else `status`. */
MUST_USE int finish_output(int status);

#endif
