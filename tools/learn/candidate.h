/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Collects hosts for which `pinctl learn` may propose an entry, and how long each key was seen there.
 * A proposal is never taken from the log alone. The log, which any user can write to, and the history say
 * which hosts there are and for how long a key has been in use. The server itself must show the key, now,
 * in a chain that verifies. So a forged line can at most prevent a proposal, or make one for a host's own
 * key too early.
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
  CANDIDATE_COVERED, /* covered by an entry of its own, or by one that is meant to stay */
  CANDIDATE_UNREACHABLE,
  CANDIDATE_UNVERIFIED,
  CANDIDATE_LOCAL_ANCHOR, /* ends in a root that the distribution does not ship, or in an exempt one */
  CANDIDATE_BLOCKED,      /* a key of the chain is in blocked_keys */
  CANDIDATE_NO_KEY,       /* the chain has no issuer or root */
  CANDIDATE_NEW,          /* the key is not known for long enough */
  CANDIDATE_CHANGING,     /* also, another key in use is not known for long enough */
  CANDIDATE_ALTERNATING,  /* another key known for long enough was not shown now */
  CANDIDATE_STATES
};

struct seen_key {
  struct pin_digest key;
  int64_t first, last;
  size_t times;
  bool shown; /* shown by the server now, in a chain that verified */
};

/* Limits, because whoever writes to the log decides the number of hosts and keys. */
#define MOST_LOGGED_HOSTS 10000
#define MOST_LOGGED_KEYS 64

struct candidate {
  char *host; /* canonical */
  uint16_t port;
  enum candidate_state state;
  char *why;             /* the state in words; NULL for a proposal */
  struct seen_key *keys; /* at the chosen place of the chain */
  size_t key_count;
  bool keys_lost; /* the log lately had more keys than were kept */
  size_t depth;   /* depth of this place; valid once the server has shown it */
  char subject[WATCH_SUBJECT_SIZE];
};

struct candidates {
  void *tree; /* for tsearch(3), during collection: each node points to an allocated candidate */
  struct candidate **gathered;
  size_t gathered_count;
  size_t logged_hosts;
  size_t left_out; /* lines about hosts for which there was no room */
  size_t doubtful; /* lines written by another process than they say */
  size_t untimed;  /* lines without a time, or with one in the future */
  enum pin_choice choice;
  int64_t now;
  int64_t stable_seconds;
  struct anchors anchors;
  struct candidate *items; /* sorted by host and port, after candidates_arrange */
  size_t count;
};

void candidates_clear(struct candidates *candidates);

/* Finds or adds a candidate. The pointer is valid until candidates_arrange. */
struct candidate *candidates_get(struct candidates *candidates, const char *host, uint16_t port);

/* Sorts the candidates. Nothing is added afterwards. */
void candidates_arrange(struct candidates *candidates);

/* A log_record_fn; arg: the candidates. Takes only audited lines, including hosts without an entry. An
 * unknown port counts as 443. Adds at most MOST_LOGGED_HOSTS. */
void candidates_take_record(const struct log_record *record, void *arg);

/* Leaves out hosts that the policy covers already. An entry for a whole domain in audit mode does not
 * count. */
void candidates_leave_covered(struct candidates *candidates, const struct pin_policy *policy,
                              const char *policy_path);

/* Takes the first answer of the server of a candidate. */
void candidate_take_answer(const struct candidates *candidates, const struct pin_policy *policy,
                           const struct watch_host *host, struct candidate *candidate);
/* Takes a further answer: only its key matters. */
void candidate_take_repetition(const struct candidates *candidates, const struct watch_host *host,
                               struct candidate *candidate);

/* Adds what the history knows of the keys at the chosen place. Returns false having said why. */
MUST_USE bool candidate_take_history(const struct candidates *candidates, struct history *history,
                                     struct candidate *candidate);

/* Decides a candidate by its keys. A candidate that is decided already stays as it is. */
void candidate_settle(const struct candidates *candidates, struct candidate *candidate);

/* Whether the key is known for long enough. */
bool seen_key_is_stable(const struct candidates *candidates, const struct seen_key *key);

/* One word for each state. Static. */
const char *candidate_state_word(enum candidate_state state);
/* "leaf", "issuer", "root". Static. */
const char *pin_choice_word(enum pin_choice choice);
/* The list of an entry for a key at this place only. */
enum pin_list pin_choice_list(enum pin_choice choice);

#endif
