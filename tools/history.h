/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Which keys were seen behind which host, and when: a SQLite database. */
#ifndef PINCTL_HISTORY_H
#define PINCTL_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "watch.h"

#define DEFAULT_HISTORY "/var/lib/pinning/history.db"

struct history;

/*
 * Opens it, made where there is none unless it is only to be read. NULL, having said why. Writers wait for
 * each other for a few seconds.
 */
struct history *history_open(const char *path, bool for_reading);
/* Takes NULL. */
void history_close(struct history *history);

/*
 * Records a whole run in one transaction, and adds to its hosts what only the history knows: "key-changed"
 * and "issuer-changed" since the run before, and when a backup was last seen. Returns false, having said why,
 * with nothing recorded.
 */
bool history_record(struct history *history, struct watch *watch);

struct history_row {
  const char *host;
  int port;
  int depth;
  const char *subject;
  const char *pin;
  int64_t first_seen, last_seen;
  int64_t times;
};

/* Rows about a host in the order of port, depth and first sight; port 0: all. false, having said why. */
typedef void history_row_fn(const struct history_row *row, void *arg);
bool history_each(struct history *history, const char *host, uint16_t port, history_row_fn *each, void *arg);

#endif
