/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Turns candidates into entries: asks their servers, prints the result, and writes approved proposals. */
#ifndef PINCTL_LEARN_LEARNING_H
#define PINCTL_LEARN_LEARNING_H

#include "base/must_use.h"
#include "learn/candidate.h"
#include "probe/probe.h"

/* How to use the history. */
struct learning_history {
  const char *path; /* NULL: neither read nor written */
  bool keep;        /* record what is seen now; otherwise a missing file counts as an empty history */
  bool is_default;  /* a failure is only a warning */
};

/*
 * Asks the servers of all open candidates, some of them several times, and decides each candidate.
 * protocol_of: how TLS begins on a port. Returns an exit status, having said why on failure.
 */
typedef enum probe_protocol learning_protocol_fn(uint16_t port, const void *arg);
MUST_USE int learning_ask(struct candidates *candidates, const struct pin_policy *policy,
                          const struct probe_settings *settings, const struct learning_history *history,
                          learning_protocol_fn *protocol_of, const void *arg);

/* Prints all candidates as a table or JSON. */
void learning_print(const struct candidates *candidates, bool as_json);

size_t learning_count(const struct candidates *candidates, enum candidate_state state);

/*
 * Writes an entry for each proposal, or prints the change as a diff (dry run). mode: NULL for the
 * policy's. Returns an exit status, having said why if nothing was changed.
 */
MUST_USE int learning_write(const struct candidates *candidates, const char *policy, const char *mode,
                            bool dry_run);

/* Reads a list with one HOST[:PORT] in each line; "#" begins a comment. Returns an exit status, after a
 * message that names the line. */
MUST_USE int learning_read_hosts(const char *path, struct candidates *candidates);

#endif
