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
  int version; /* of its tables; 0: only "keys" is there, or nothing yet */
};

/* What history_record does, inside a transaction of the caller's. */
MUST_USE bool history_record_hosts(struct history *history, struct watch *watch);

#endif
