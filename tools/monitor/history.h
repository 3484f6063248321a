/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The history: which keys each host showed and when, and since when the policy names them. A SQLite database,
 * which also keeps proposals (proposals.h) and notifications (alarms.h).
 */
#ifndef PINCTL_MONITOR_HISTORY_H
#define PINCTL_MONITOR_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/must_use.h"
#include "base/timestamp.h"
#include "monitor/watch.h"

#define DEFAULT_HISTORY "/var/lib/pinning/history.db"

/* For the options of a verb. */
#define HISTORY_DEFAULTS "\n" DEFAULT_HISTORY ";\nfor another policy FILE.history beside it"
#define HISTORY_OPTION                                                                                       \
  OPTION(HISTORY, "history", "FILE", "the history of seen keys (default:" HISTORY_DEFAULTS ")")

struct history;

/* Where the history of a policy is by default: each policy has its own. For free(3). */
char *history_path(const char *policy);

/*
 * Opens the history; makes one if there is none, unless it is only to be read. NULL, having said why. Writers
 * wait for each other for a few seconds.
 */
struct history *history_open(const char *path, bool for_reading);
/* Opens it to read, for a caller that can do without it: waits half a second at most. */
struct history *history_glance(const char *path);
/* Takes NULL. */
void history_close(struct history *history);

/*
 * Records a whole run in one transaction. Adds to its hosts what only the history knows: the findings
 * "key-changed" and "issuer-changed", and when a backup pin was last seen. Returns false, having said why,
 * with nothing recorded.
 */
MUST_USE bool history_record(struct history *history, struct watch *watch);

/*
 * A run stands for the time until the next one, but not for longer than this, in seconds: enough for a weekly
 * run that is sometimes late.
 */
#define HISTORY_LONGEST_GAP ((int64_t)8 * SECONDS_PER_DAY)

/*
 * What the history knows of a host: when a key was last seen, on any port and depth (0: never); since when
 * the entry for a port has named the key (INT64_MAX: not known); whether runs checked the server all the time
 * from `since` to `now`. If nothing is known or the history cannot be read, which is said, the answer is the
 * one that keeps a pin.
 */
int64_t history_last_seen(struct history *history, const char *host, const struct pin_digest *key);
int64_t history_named_since(struct history *history, const char *host, uint16_t port,
                            const struct pin_digest *key);
bool history_covers(struct history *history, const char *host, uint16_t port, int64_t since, int64_t now);

/* The ports of a host that runs checked after `since`; *ret_ports is for free(3). False, having said why. */
MUST_USE bool history_ports(struct history *history, const char *host, int64_t since, uint16_t **ret_ports,
                            size_t *ret_count);

struct history_row {
  const char *host;
  int port;
  int depth;
  const char *subject;
  const char *pin;
  int64_t first_seen, last_seen;
  int64_t times;
  int64_t verified_first, verified_last; /* in a chain that verified; 0: never, or older tables */
};

/* Sets the drawing of each host: its keys over time, on its port. False, having said why: only drawings are
 * missing. */
bool history_draw(struct history *history, struct watch *watch);

/* Calls `each` for every row of a host, by port, depth and first sight. port 0: all. The history is not
 * locked meanwhile, so `each` may take its time. False, having said why. */
typedef void history_row_fn(const struct history_row *row, void *arg);
MUST_USE bool history_each(struct history *history, const char *host, uint16_t port, history_row_fn *each,
                           void *arg);

#endif
