/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PIN_DATE_H
#define PIN_DATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads "YYYY-MM-DD", which means the last second of that day in UTC, or an RFC 3339 time with its offset; a
 * fraction of a second is dropped. Returns whether the text is a valid date; *ret_seconds, since the epoch,
 * is written only then.
 */
bool pin_date_parse(const char *text, int64_t *ret_seconds);

#endif
