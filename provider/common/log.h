/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The system log, from inside somebody else's process. */
#ifndef PIN_LOG_H
#define PIN_LOG_H

/*
 * Sends one line of key=value pairs to the system log, facility authpriv, followed by the program's name, pid
 * and uid. Does not use syslog(3), whose identity and descriptor belong to the program. Never blocks and
 * keeps nothing open; a line that cannot be delivered is lost. priority: LOG_WARNING and the like.
 */
void log_line(int priority, const char *text);

#endif
