/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Hosts for which `pinctl learn` may propose an entry, and how long each key was seen there.
 *
 * What is proposed is never taken from the log alone. The log, which any user can write to, and the history
 * say which hosts there are and for how long a key has been in use; the key itself must be shown by the
 * server, now, in a chain that verifies. So a forged line can at most prevent a proposal, or make one for a
 * host's own key too early.
 */
#ifndef PINCTL_LEARN_CANDIDATE_H
#define PINCTL_LEARN_CANDIDATE_H

#include "base/must_use.h"
#include "keys/trust_anchors.h"
#include "logs/log_record.h"
#include "monitor/history.h"
#include "monitor/watch.h"

/* Which key of a chain is to be pinned. */
enum pin_choice { PIN_CHOICE_LEAF = 0, PIN_CHOICE_ISSUER, PIN_CHOICE_ROOT };

enum candidate_state {
  CANDIDATE_OPEN = 0, /* not looked at yet */
  CANDIDATE_PROPOSED,
  CANDIDATE_COVERED, /* an entry of its own, or one that is meant to stay */
  CANDIDATE_UNREACHABLE,
  CANDIDATE_UNVERIFIED,
  CANDIDATE_LOCAL_ANCHOR, /* ends in a root that the distribution does not ship, or in an exempt one */
  CANDIDATE_BLOCKED,      /* a key of the chain is in blocked_keys */
  CANDIDATE_NO_KEY,       /* the chain has no issuer or root */
  CANDIDATE_NEW,          /* the key is not known for long enough */
  CANDIDATE_CHANGING,     /* besides, another key is in use that is not known for long enough */
  CANDIDATE_ALTERNATING,  /* another key known for long enough was not shown now */
  CANDIDATE_STATES
};

struct seen_key {
  struct pin_digest key;
  int64_t first, last;
  size_t times;
  bool shown; /* by the server, now, in a chain that verified */
};

/* Whoever writes to the log decides how many hosts there are, and keys of one. */
#define MOST_LOGGED_HOSTS 10000
#define MOST_LOGGED_KEYS 64

struct candidate {
  char *host; /* canonical */
  uint16_t port;
  enum candidate_state state;
  char *why;             /* in words; NULL of a proposal */
  struct seen_key *keys; /* at the chosen place of the chain */
  size_t key_count;
  bool keys_lost; /* the log has had more of them of late than were kept */
  size_t depth;   /* of this place; valid once the server has shown it */
  char subject[WATCH_SUBJECT_SIZE];
};

struct candidates {
  void *tree; /* of tsearch(3), while they are gathered: each points to a candidate of its own */
  struct candidate **gathered;
  size_t gathered_count;
  size_t logged_hosts;
  size_t left_out; /* lines about hosts for which there was no place */
  size_t doubtful; /* lines that another process wrote than they say */
  size_t untimed;  /* lines without a time, or with one that is yet to come */
  enum pin_choice choice;
  int64_t now;
  int64_t stable_seconds;
  struct anchors anchors;
  struct candidate *items; /* by host and port, once they are arranged */
  size_t count;
};

void candidates_clear(struct candidates *candidates);

/* Finds it, or adds it. Valid until they are arranged. */
struct candidate *candidates_get(struct candidates *candidates, const char *host, uint16_t port);

/* When all are gathered: puts them in order. Nothing is added afterwards. */
void candidates_arrange(struct candidates *candidates);

/* A log_record_fn; arg: the candidates. Takes audited lines only, hosts without an entry among them; a port
 * that is not known counts as 443. Adds no more than MOST_LOGGED_HOSTS. */
void candidates_take_record(const struct log_record *record, void *arg);

/* Leaves out what the policy covers already: only an entry for a whole domain in audit mode does not. */
void candidates_leave_covered(struct candidates *candidates, const struct pin_policy *policy,
                              const char *policy_path);

/* What a server has shown, by itself; the first answer of each candidate. */
void candidate_take_answer(const struct candidates *candidates, const struct pin_policy *policy,
                           const struct watch_host *host, struct candidate *candidate);
/* A further answer: only which key it shows. */
void candidate_take_repetition(const struct candidates *candidates, const struct watch_host *host,
                               struct candidate *candidate);

/* What the history knows of its keys at the chosen place. false, having said why. */
MUST_USE bool candidate_take_history(const struct candidates *candidates, struct history *history,
                                     struct candidate *candidate);

/* Decides by its keys; a state that was settled otherwise stays. */
void candidate_settle(const struct candidates *candidates, struct candidate *candidate);

/* Whether it is known for as long as it has to be. */
bool seen_key_is_stable(const struct candidates *candidates, const struct seen_key *key);

/* One word for each state. Static. */
const char *candidate_state_word(enum candidate_state state);
/* "leaf", "issuer", "root". Static. */
const char *pin_choice_word(enum pin_choice choice);
/* The list of an entry in which such a key counts there only. */
enum pin_list pin_choice_list(enum pin_choice choice);

#endif
