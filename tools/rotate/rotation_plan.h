/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Plans and does the steps by which the policy follows the keys of its servers, from the keys that they
 * show now and the history.
 */
#ifndef PINCTL_ROTATE_ROTATION_PLAN_H
#define PINCTL_ROTATE_ROTATION_PLAN_H

#include "base/must_use.h"
#include "monitor/history.h"
#include "monitor/proposals.h"

/* Keys not seen for this many days may be retired. */
#define DEFAULT_RETIRE_DAYS 90

enum rotation_kind {
  ROTATION_FAILED = 0, /* the server could not be asked, or nothing covers it */
  ROTATION_REFUSED,    /* refused for a reason that no other key would cure */
  ROTATION_UNVERIFIED, /* a key that the policy does not name, in a chain that does not verify */
  ROTATION_NEW,        /* a key that the policy does not name: to be proposed */
  ROTATION_PENDING,    /* proposed, not decided yet */
  ROTATION_REJECTED,   /* shown, although somebody has rejected it */
  ROTATION_SETTLED,    /* proposed, and now named by the policy */
  ROTATION_PROMOTE,    /* a backup pin that is now in use */
  ROTATION_RETIRE      /* a pin that is no longer in use */
};

struct rotation_step {
  enum rotation_kind kind;
  const struct watch_host *host;
  enum pin_list list;    /* the list of the key, or the one that it would go to */
  struct pin_digest key; /* all zero: no key */
  char *text;            /* for people, unescaped */
  bool verified;
  bool done; /* for ROTATION_NEW: proposed */
};

struct rotation {
  struct rotation_step *items;
  size_t count;
};

struct rotation_settings {
  struct history *history; /* NULL: nothing is known */
  bool trust_unverified;
  int64_t retire_seconds;
};

/*
 * Works out the steps for servers that were asked (watch_examine); record the history before, if it is to be
 * recorded. Changes nothing. Returns false having said why. Clear the result in any case, before the
 * watch.
 */
MUST_USE bool rotation_plan(const struct watch *watch, const struct pin_policy *policy,
                            const struct rotation_settings *settings, struct rotation *ret_rotation);
void rotation_clear(struct rotation *rotation);

/* Adds a step; takes over its text. */
void rotation_add(struct rotation *rotation, const struct rotation_step *step);
/* Adds a step for each pin that is no longer in use. */
MUST_USE bool rotation_find_unused(const struct watch *watch, const struct pin_policy *policy,
                                   const struct rotation_settings *settings, struct rotation *rotation);

/* How to do the steps. */
struct rotation_doing {
  const char *policy;
  struct history *history;
  const struct watch *watch;
  bool yes;     /* without asking */
  bool dry_run; /* print the changes of the policy, make none */
};

/*
 * Proposes new keys, and promotes and retires pins with the user's consent. Returns an exit status, after
 * a message if such a step could not be done.
 */
MUST_USE int rotation_do(struct rotation *rotation, const struct rotation_doing *doing);

/* Prints the plan to stdout. */
void rotation_print(const struct watch *watch, const struct rotation *rotation);
/* For cron: prints one line for each step that is left, and nothing if none is. */
void rotation_print_brief(const struct rotation *rotation);
void rotation_print_json(const struct watch *watch, const struct rotation *rotation);

/* Whether the step still needs to be done. */
bool rotation_is_open(const struct rotation_step *step);
/* EXIT_DONE: nothing is left to do; EXIT_FINDING: something is; EXIT_FAILED: a server could not be asked. */
MUST_USE int rotation_status(const struct rotation *rotation);

#endif
