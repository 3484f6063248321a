/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What is to be done so that the policy keeps up with the keys of its servers: worked out from what they show
 * now and what the history knows, and done one step at a time.
 */
#ifndef PINCTL_ROTATE_ROTATION_PLAN_H
#define PINCTL_ROTATE_ROTATION_PLAN_H

#include "base/must_use.h"
#include "monitor/history.h"
#include "monitor/proposals.h"

/* Keys that nobody has seen for so many days may go. */
#define DEFAULT_RETIRE_DAYS 90

enum rotation_kind {
  ROTATION_FAILED = 0, /* the server could not be asked, or nothing covers it */
  ROTATION_REFUSED,    /* refused for a reason that no key would mend */
  ROTATION_UNVERIFIED, /* a key that the policy does not name, in a chain that proves nothing */
  ROTATION_NEW,        /* a key that the policy does not name: to be proposed */
  ROTATION_PENDING,    /* proposed, and not decided */
  ROTATION_REJECTED,   /* shown although somebody has rejected it */
  ROTATION_SETTLED,    /* proposed, and named by the policy meanwhile */
  ROTATION_PROMOTE,    /* a backup pin that has come into use */
  ROTATION_RETIRE      /* a pin that is no longer in use */
};

struct rotation_step {
  enum rotation_kind kind;
  const struct watch_host *host;
  enum pin_list list;    /* where the key stands, or would go */
  struct pin_digest key; /* all zero: it is about no key */
  char *text;            /* for people, unescaped */
  bool verified;
  bool done; /* or, of ROTATION_NEW, proposed */
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
 * Works out the steps for servers that were asked (watch_examine), and whose history is recorded as far as it
 * may be. Changes nothing. False, having said why; to be cleared in any case, before the watch.
 */
MUST_USE bool rotation_plan(const struct watch *watch, const struct pin_policy *policy,
                            const struct rotation_settings *settings, struct rotation *ret_rotation);
void rotation_clear(struct rotation *rotation);

/* Takes over the text. */
void rotation_add(struct rotation *rotation, const struct rotation_step *step);
/* The pins of one entry that are no longer in use. */
MUST_USE bool rotation_find_unused(const struct watch *watch, const struct pin_policy *policy,
                                   const struct rotation_settings *settings, struct rotation *rotation);

/* How steps are done. */
struct rotation_doing {
  const char *policy;
  struct history *history;
  const struct watch *watch;
  bool yes;     /* without asking */
  bool dry_run; /* print the changes of the policy instead */
};

/*
 * Proposes what is new, and promotes and retires what somebody agrees to. Returns an exit status, having said
 * why where a step that was agreed to could not be done.
 */
MUST_USE int rotation_do(struct rotation *rotation, const struct rotation_doing *doing);

/* On stdout. */
void rotation_print(const struct watch *watch, const struct rotation *rotation);
/* For cron: one line for each step that is left to do, and nothing where none is. */
void rotation_print_brief(const struct rotation *rotation);
void rotation_print_json(const struct watch *watch, const struct rotation *rotation);

/* Whether something is left to do about it. */
bool rotation_is_open(const struct rotation_step *step);
/* EXIT_DONE: nothing is left to do; EXIT_FINDING: something is; EXIT_FAILED: a server could not be asked. */
MUST_USE int rotation_status(const struct rotation *rotation);

#endif
