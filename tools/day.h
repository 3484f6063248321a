/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Dates as other formats write them, all in UTC. */
#ifndef PINCTL_DAY_H
#define PINCTL_DAY_H

#include <stdbool.h>
#include <stdint.h>

#define SECONDS_OF_DAY 86400

/* The first second of YYYY-MM-DD. False: it is none. */
bool day_read(const char *text, int64_t *ret_seconds);
/* YYYY-MM-DDThh:mm:ss, with or without Z. False: it is none. */
bool day_time_read(const char *text, int64_t *ret_seconds);

/* The day of a second, or the second, in these forms. For free(3). */
char *day_format(int64_t seconds);
char *day_time_format(int64_t seconds);

#endif
