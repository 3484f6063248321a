/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Writes to the system log from inside another program's process. */
#ifndef PIN_LOG_H
#define PIN_LOG_H

#include <stddef.h>

/*
 * Sends one line of key=value pairs to the system log, facility authpriv, and adds the program's name, pid
 * and uid. Does not use syslog(3), whose identity and descriptor belong to the program. Never blocks and
 * keeps nothing open; a line that cannot be delivered is lost. priority: LOG_WARNING and the like. Any
 * thread.
 */
void log_line(int priority, const char *text);

/* Room for a path in a line; longer ones are cut. */
#define LOG_PATH_SIZE 2048

/*
 * Copies a value so that it can stand between the quotes of a pair: double quotes become single ones, and
 * control characters and backslashes are escaped, so it ends neither pair nor line and does not disturb a
 * terminal. Writes as much as fits into `size` bytes, with a NUL. size: at least 5.
 */
void log_escape(const char *value, char *ret_text, size_t size);

#endif
