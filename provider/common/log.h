/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The system log, from inside somebody else's process. */
#ifndef PIN_LOG_H
#define PIN_LOG_H

#include <stddef.h>

/*
 * Sends one line of key=value pairs to the system log, facility authpriv, followed by the program's name, pid
 * and uid. Does not use syslog(3), whose identity and descriptor belong to the program. Never blocks and
 * keeps nothing open; a line that cannot be delivered is lost. priority: LOG_WARNING and the like.
 */
void log_line(int priority, const char *text);

/* Room for a path in a line; what is longer is cut off. */
#define LOG_PATH_SIZE 2048

/*
 * Writes a value for between the quotes of a pair, so that it neither ends the pair or the line nor disturbs
 * a terminal: quotes become single ones, bytes that do not print are escaped. As much as fits, with a NUL.
 */
void log_escape(const char *value, char *ret_text, size_t size);

#endif
