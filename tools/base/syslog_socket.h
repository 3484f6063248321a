/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Whether anybody listens for the system log: syslog(3) says nothing where nobody does. */
#ifndef PINCTL_BASE_SYSLOG_SOCKET_H
#define PINCTL_BASE_SYSLOG_SOCKET_H

#include "base/must_use.h"

#define SYSLOG_SOCKET "/dev/log"

/* NULL: somebody does. Otherwise why not, in words, for free(3). */
MUST_USE char *syslog_socket_trouble(void);

#endif
