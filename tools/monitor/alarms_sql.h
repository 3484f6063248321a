/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The tables "told", what each way knows, and "untold", what waits to be sent. Used by alarms*.c alone. False
 * throughout: the history failed, having said why. */
#ifndef PINCTL_MONITOR_ALARMS_SQL_H
#define PINCTL_MONITOR_ALARMS_SQL_H

#include "base/must_use.h"
#include "monitor/alarms.h"
#include "monitor/history_sql.h"

/* One finding as a way knows it. */
struct told {
  char *code, *about, *text;
  enum severity severity;
  int64_t since; /* when it was first found */
  int64_t at;    /* when it was last sent, or put into "untold" */
};

struct told_list {
  struct told *items;
  size_t count;
};

/* What a way knows of a host. code: only findings of this code; NULL: all. To be cleared in any case. */
MUST_USE bool told_read(struct history *history, enum notify_way way, const struct watch_host *host,
                        const char *code, struct told_list *ret_told);
void told_clear(struct told_list *told);
/* Writes a finding; it replaces one with the same code and about. */
MUST_USE bool told_write(struct history *history, enum notify_way way, const struct watch_host *host,
                         const struct told *told);
/* Whether a way knows this finding of any server. */
MUST_USE bool told_of_servers(struct history *history, enum notify_way way, const struct told *told,
                              bool *ret_is);
MUST_USE bool told_remove(struct history *history, enum notify_way way, const struct watch_host *host,
                          const struct told *told);

/* The servers of which a way knows any finding. To be cleared in any case. */
MUST_USE bool told_hosts(struct history *history, enum notify_way way, struct watch *ret_hosts);
/* Removes all that a way knows of a host. */
MUST_USE bool told_forget(struct history *history, enum notify_way way, const struct watch_host *host);

/* Adds a change that a way is to be told. kind: as in struct notify_change. */
MUST_USE bool untold_add(struct history *history, enum notify_way way, const struct watch_host *host,
                         const char *kind, const struct told *told, int64_t now);
/* The batch that is being sent; empty unless a process was killed while it sent. */
MUST_USE bool untold_read(struct history *history, enum notify_way way, struct notify_message *ret_message);
/* Begins a batch of the changes that wait, `most` at the most. */
MUST_USE bool untold_claim(struct history *history, enum notify_way way, int most);
/* Ends the batch: removes it if it was sent, else lets it wait again. */
MUST_USE bool untold_end(struct history *history, enum notify_way way, bool was_told);
/*
 * Drops changes that have waited for a way too long, or are too many, but none that came at `now`. One change
 * takes their place: how many were dropped, and since when.
 */
MUST_USE bool untold_drop(struct history *history, enum notify_way way, int64_t now);
/* How many changes wait for a way. -1: the history failed. */
int64_t untold_count(struct history *history, enum notify_way way);

#endif
