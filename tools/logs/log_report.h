/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads the text of a line that pinning.so logged: the inverse of pin_report, and of the pairs that the
 * provider adds.
 */
#ifndef PINCTL_LOGS_LOG_REPORT_H
#define PINCTL_LOGS_LOG_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/must_use.h"
#include "pinpolicy.h"

struct report_pair {
  char *key;
  char *value; /* unescaped; may contain anything but NUL */
};

struct report {
  struct report_pair *pairs;
  size_t count;
  bool cut; /* some of it is missing */
};

/*
 * Reads `verdict=...` or `event=...` and all that follows. If the line was cut, by its writer ("...") or
 * on its way, the complete pairs are returned. Returns false, with nothing to clear, for a text that
 * pinning.so cannot have written: another beginning, a repeated key, a control character.
 */
MUST_USE bool report_read(const char *text, struct report *ret_report);
void report_clear(struct report *report);

/* Returns NULL if there is no such pair. */
const char *report_get(const struct report *report, const char *key);
/* The value as a number; -1 if there is none. */
long report_number(const struct report *report, const char *key);

/* Reads the key at a depth of the path. *ret_subject: "" if there is none; may be NULL. */
bool report_key(const struct report *report, size_t depth, struct pin_digest *ret_key,
                const char **ret_subject);
/* The number of consecutive keys from depth 0. */
size_t report_key_count(const struct report *report);
/* Whether these keys are the whole path, so that the last of them is its end. */
bool report_path_is_whole(const struct report *report);

#endif
