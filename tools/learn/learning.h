/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* From candidates to entries: asking their servers, showing what came of it, writing what was approved. */
#ifndef PINCTL_LEARN_LEARNING_H
#define PINCTL_LEARN_LEARNING_H

#include "base/must_use.h"
#include "learn/candidate.h"
#include "probe/probe.h"

/* How the history is used. */
struct learning_history {
  const char *path; /* NULL: neither read nor kept */
  bool keep;        /* what was seen now is recorded, too; else a file that is not there knows nothing */
  bool is_default;  /* a failure is only warned of */
};

/*
 * Asks the servers of all candidates that are still open, some of them several times, and settles each.
 * protocol_of: how TLS begins on a port. Returns an exit status, having said why.
 */
typedef enum probe_protocol learning_protocol_fn(uint16_t port, const void *arg);
MUST_USE int learning_ask(struct candidates *candidates, const struct pin_policy *policy,
                          const struct probe_settings *settings, const struct learning_history *history,
                          learning_protocol_fn *protocol_of, const void *arg);

/* A table of all candidates, or JSON, on stdout. */
void learning_print(const struct candidates *candidates, bool as_json);

size_t learning_count(const struct candidates *candidates, enum candidate_state state);

/*
 * Writes an entry for each proposal, or prints the change as a diff (dry run). mode: NULL for the policy's.
 * Returns an exit status, having said why nothing was changed.
 */
MUST_USE int learning_write(const struct candidates *candidates, const char *policy, const char *mode,
                            bool dry_run);

/* One HOST[:PORT] to a line, "#" begins a comment. Returns an exit status, having said what is wrong
 * where. */
MUST_USE int learning_read_hosts(const char *path, struct candidates *candidates);

#endif
