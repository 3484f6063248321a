/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Proposals: keys that servers showed and the policy does not name, to be approved or rejected by a person.
 * The history keeps them, with who decided what and when. Nothing here changes the policy.
 */
#ifndef PINCTL_MONITOR_PROPOSALS_H
#define PINCTL_MONITOR_PROPOSALS_H

#include "base/must_use.h"
#include "monitor/history.h"

enum proposal_state { PROPOSAL_PENDING = 0, PROPOSAL_APPROVED, PROPOSAL_REJECTED };

struct proposal {
  char *host;
  uint16_t port;
  enum pin_list list; /* the list of the entry that would get the key */
  struct pin_digest key;
  char *subject; /* unescaped */
  bool verified; /* the chain verified when the key was proposed */
  enum proposal_state state;
  int64_t at; /* when it got this state */
  char *who;  /* the user who set the state */
};

struct proposals {
  struct proposal *items;
  size_t count;
};

/* The proposals for a host, by port and age; port 0: for all ports. False, having said why. To be cleared in
 * any case. */
MUST_USE bool proposals_read(struct history *history, const char *host, uint16_t port,
                             struct proposals *ret_proposals);
void proposals_clear(struct proposals *proposals);

/* "pending", "approved", "rejected". */
const char *proposal_word(enum proposal_state state);

/*
 * Proposes a key; `state`, `at` and `who` are not read. A key that was approved before is proposed again; one
 * that is pending or rejected stays so, and *ret_new is false. False, having said why.
 */
MUST_USE bool proposal_make(struct history *history, const struct proposal *proposal, bool *ret_new);

/* Sets the state of a proposal, whatever it was. False, having said why. */
MUST_USE bool proposal_decide(struct history *history, const struct proposal *proposal,
                              enum proposal_state state);

/* Records another decision about a pin, e.g. "retired". False, having said why. */
MUST_USE bool decision_note(struct history *history, const char *host, uint16_t port, enum pin_list list,
                            const struct pin_digest *key, const char *decision);

struct decision_row {
  int port;
  const char *pin, *list, *decision, *who;
  int64_t at;
};

/* Calls `each` for every decision about a host, oldest first; port 0: all ports. False, having said why. */
typedef void decision_row_fn(const struct decision_row *row, void *arg);
MUST_USE bool decisions_each(struct history *history, const char *host, uint16_t port, decision_row_fn *each,
                             void *arg);

#endif
