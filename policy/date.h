/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PIN_DATE_H
#define PIN_DATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads "YYYY-MM-DD", which stands for its last second in UTC, or an RFC 3339 time with its offset, whose
 * fraction of a second is dropped. Returns whether it was one, of the calendar that we have; *ret_seconds
 * since the epoch is written only then.
 */
bool pin_date_parse(const char *text, int64_t *ret_seconds);

#endif
