/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Finds out whether a system log daemon is listening, since syslog(3) does not report that none is. */
#ifndef PINCTL_BASE_SYSLOG_SOCKET_H
#define PINCTL_BASE_SYSLOG_SOCKET_H

#include "base/must_use.h"

#define SYSLOG_SOCKET "/dev/log"

/* NULL: a daemon is listening. Otherwise the reason why it cannot be reached, for free(3). */
MUST_USE char *syslog_socket_trouble(void);

#endif
