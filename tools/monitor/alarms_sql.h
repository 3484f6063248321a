/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The tables "told" and "untold". Used by alarms*.c alone. False and NULL throughout: having said why. */
#ifndef PINCTL_MONITOR_ALARMS_SQL_H
#define PINCTL_MONITOR_ALARMS_SQL_H

#include "base/must_use.h"
#include "monitor/alarms.h"
#include "monitor/history_sql.h"

/* One finding as a way knows it. */
struct told {
  char *code, *about, *text;
  enum severity severity;
  int64_t since; /* it is so */
  int64_t at;    /* it was told last, or put among what is to be told */
};

struct told_list {
  struct told *items;
  size_t count;
};

/* What a way knows of a host; code: only these findings; NULL: all. To be cleared in any case. */
MUST_USE bool told_read(struct history *history, enum notify_way way, const struct watch_host *host,
                        const char *code, struct told_list *ret_told);
void told_clear(struct told_list *told);
/* Puts one in, in the place of the one with its code and about. */
MUST_USE bool told_write(struct history *history, enum notify_way way, const struct watch_host *host,
                         const struct told *told);
/* Whether a way knows a finding of any server. */
MUST_USE bool told_of_servers(struct history *history, enum notify_way way, const struct told *told,
                              bool *ret_is);
MUST_USE bool told_remove(struct history *history, enum notify_way way, const struct watch_host *host,
                          const struct told *told);

/* The servers of which a way knows something. To be cleared in any case. */
MUST_USE bool told_hosts(struct history *history, enum notify_way way, struct watch *ret_hosts);
/* All that it knows of one. */
MUST_USE bool told_forget(struct history *history, enum notify_way way, const struct watch_host *host);

/* Adds to what a way is to be told. kind: of struct notify_change. */
MUST_USE bool untold_add(struct history *history, enum notify_way way, const struct watch_host *host,
                         const char *kind, const struct told *told, int64_t now);
/* The batch that is being told, which is empty unless a process was killed while it told. */
MUST_USE bool untold_read(struct history *history, enum notify_way way, struct notify_message *ret_message);
/* Begins a batch of what waits, at most so many. */
MUST_USE bool untold_claim(struct history *history, enum notify_way way, int most);
/* The batch was told: it goes; or was not: it waits again. */
MUST_USE bool untold_end(struct history *history, enum notify_way way, bool was_told);
/*
 * Drops what has waited for a way too long, or is too much, but nothing that came at `now`; how many were
 * dropped, and since when, takes the place of it among what waits.
 */
MUST_USE bool untold_drop(struct history *history, enum notify_way way, int64_t now);
/* How many wait. -1: the history failed. */
int64_t untold_count(struct history *history, enum notify_way way);

#endif
