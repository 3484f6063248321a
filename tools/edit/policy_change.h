/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * A change to a policy's files, as one step: under a lock, checked by the parser that enforces, on the policy
 * as it will be, and only then put in place. Until change_commit nothing but the lock file, and missing
 * directories, is written; where it fails the policy is what it was, or, where not even that can be brought
 * about, it is said and recorded which files were changed.
 */
#ifndef PINCTL_EDIT_POLICY_CHANGE_H
#define PINCTL_EDIT_POLICY_CHANGE_H

#include "base/must_use.h"
#include "view/loaded_policy.h"

/*
 * Looks at the policy as it will be, before any of it is in force. Returns an exit status: other than
 * EXIT_DONE, having said why, nothing is changed.
 */
typedef int change_review_fn(const struct loaded_policy *loaded, void *arg);

/* One file of the change, in the order in which they are put in place. */
struct file_change {
  char *path;
  char *old_text; /* NULL: there is none yet */
  char *new_text; /* NULL: it is to go */
};

struct change {
  char *policy;    /* the main file */
  char *directory; /* of the main file */
  char *dropins;   /* policy.d in it */
  bool dry_run;
  int lock;                 /* -1: none is held */
  bool defers;              /* signals that ask to end (end_defer) */
  char *what;               /* for the record of changes, in words; NULL: what becomes of the files */
  change_review_fn *review; /* NULL: none is needed */
  void *review_arg;
  struct file_change *files;
  size_t count;
};

/* Takes no lock: change_lock has to follow before anything is staged. */
struct change *change_prepare(const char *policy, bool dry_run);

/* Waits for the lock on the policy (not on a dry run). False, having said why, when that cannot be done. */
MUST_USE bool change_lock(struct change *change);
/* Lets others write. What was staged so far has to be unstaged. */
void change_unlock(struct change *change);

/* Whether the main file is missing while hosts of it are enforced; says so then. */
bool policy_has_vanished(const char *policy);

/* change_prepare and change_lock. NULL, having said why, when that cannot be done. */
struct change *change_begin(const char *policy, bool dry_run);

/*
 * Waits for the lock on the policy (not on a dry run) and stages a main file where there is none. Returns
 * NULL, having said why, when that cannot be done, or the
 * policy has vanished while hosts of it are enforced.
 */
struct change *change_new(const char *policy, bool dry_run);
/* Takes NULL. Releases the lock. */
void change_free(struct change *change);

/* Stages one file; takes over the texts. */
void change_stage(struct change *change, char *path, char *old_text, char *new_text);

/*
 * Reads the policy as it will be with everything staged so far. *ret_loaded is to be cleared in any case.
 * Returns false, having said why, only where the check itself could not be made.
 */
MUST_USE bool change_check(const struct change *change, struct loaded_policy *ret_loaded);

/* Says what is wrong with the policy that a change is for, which is left as it is. Returns an exit status. */
MUST_USE int change_refuse_policy(const struct change *change, const struct loaded_policy *loaded);

/*
 * The same for a change that is to be made. fds: of the files that wait to be renamed, in the order of
 * change->files, -1 for one that goes; NULL: none waits. Returns an exit status, having printed the
 * diagnostics when the policy would not be in order.
 */
MUST_USE int change_judge(const struct change *change, const int *fds, struct loaded_policy *ret_loaded);

/* A compiled form that waits beside its place. */
struct form_beside {
  char *path;   /* of the form; NULL: it cannot be renewed */
  char *beside; /* NULL: there is none */
  int fd;
};

/*
 * The same without reading what does not change, from the current compiled form (pin_compiled_change); writes
 * the form as it will be beside `form`, NULL: only checks. PIN_OK; PIN_INVALID, having printed the
 * diagnostics; anything else: it cannot be done so.
 */
enum pin_status change_by_form(const struct change *change, const int *fds, struct form_beside *form);

/*
 * Checks and reviews, then prints the diff (dry run, whatever the review says) or puts the files in place and
 * renews the compiled form, which may fail without harm. Returns an exit status, having printed
 * the diagnostics when the policy would have errors.
 */
MUST_USE int change_commit(struct change *change);

#endif
