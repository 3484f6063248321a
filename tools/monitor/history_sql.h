/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The database behind history.h, proposals.h and alarms.h. Used by history*.c, proposals.c and alarms*.c. */
#ifndef PINCTL_MONITOR_HISTORY_SQL_H
#define PINCTL_MONITOR_HISTORY_SQL_H

#include "base/must_use.h"
#include "database/database.h"
#include "monitor/history.h"

struct history {
  struct database *database;
  int version; /* of its tables (history.c); 0: only "keys", or none yet */
};

/* Does the work of history_record inside a transaction of the caller. */
MUST_USE bool history_record_hosts(struct history *history, struct watch *watch);

#endif
