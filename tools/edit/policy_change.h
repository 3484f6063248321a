/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Changes files of a policy as one transaction. Under a lock, the policy as it will be is checked by the
 * parser that enforces it, and only then are the files put in place. Before change_commit only the lock file
 * and missing directories are written. Where change_commit fails, the policy is restored; where that fails
 * too, the files that were changed are printed and recorded.
 */
#ifndef PINCTL_EDIT_POLICY_CHANGE_H
#define PINCTL_EDIT_POLICY_CHANGE_H

#include "base/must_use.h"
#include "view/loaded_policy.h"

/*
 * Reviews the policy as it will be, before any of it is in force. Returns an exit status; for any other than
 * EXIT_DONE, having said why, nothing is changed.
 */
typedef int change_review_fn(const struct loaded_policy *loaded, void *arg);

/* One file of the change, in the order in which they are put in place. */
struct file_change {
  char *path;
  char *old_text; /* NULL: the file does not exist yet */
  char *new_text; /* NULL: the file is removed */
};
/* Frees an array of them with their texts. */
void change_files_free(struct file_change *files, size_t count);

struct change {
  char *policy;    /* the main file */
  char *directory; /* of the main file */
  char *dropins;   /* policy.d in it */
  bool dry_run;
  int lock;                 /* -1: the lock is not held */
  bool defers;              /* end_defer was called */
  char *what;               /* for the record of changes, in words; NULL: made from the files */
  change_review_fn *review; /* NULL: the change is not reviewed */
  void *review_arg;
  struct file_change *files; /* that were staged */
  size_t count;
};

/* Takes no lock: change_lock must be called before anything is staged. */
struct change *change_prepare(const char *policy, bool dry_run);

/* Takes the lock on the policy (not on a dry run). False, having said why. */
MUST_USE bool change_lock(struct change *change);
/* Releases the lock. Nothing may be staged. */
void change_unlock(struct change *change);

/* Whether the main file is missing while its hosts are still enforced by the compiled form; says so. */
bool policy_has_vanished(const char *policy);

/* change_prepare and change_lock. NULL, having said why. */
struct change *change_begin(const char *policy, bool dry_run);

/*
 * change_begin that also stages a main file where there is none. NULL, having said why; also where the policy
 * is missing while its hosts are still enforced.
 */
struct change *change_new(const char *policy, bool dry_run);
/* Takes NULL. Releases the lock. */
void change_free(struct change *change);

/* Stages one file; takes over the texts. */
void change_stage(struct change *change, char *path, char *old_text, char *new_text);

/* Reads the policy as it will be with everything staged so far. *ret_loaded is to be cleared in any case. */
void change_check(const struct change *change, struct loaded_policy *ret_loaded);

/* Prints the errors of the policy as it is now, for which nothing is changed. Returns an exit status. */
MUST_USE int change_refuse_policy(const struct change *change, const struct loaded_policy *loaded);

/*
 * change_check for files that wait to be put in place, or for a dry run. fds: descriptors of the waiting
 * files, in the order of change->files, -1 for a file that is removed; NULL: none waits. Returns an exit
 * status, having printed the errors that the policy would have.
 */
MUST_USE int change_check_waiting(const struct change *change, const int *fds,
                                  struct loaded_policy *ret_loaded);

/* A new compiled form that waits beside its place. */
struct form_beside {
  char *path;   /* its place; NULL: the form cannot be renewed */
  char *beside; /* the path of the waiting file; NULL: there is none */
  int fd;       /* open on that file; -1: there is none */
};

/*
 * The same check without reading what does not change: starts from the current compiled form
 * (pin_compiled_change). Writes the new form beside form->path; form NULL: only checks. Returns PIN_OK, or
 * PIN_INVALID, having printed the errors; anything else: the check cannot be made in this way.
 */
enum pin_status change_by_form(const struct change *change, const int *fds, struct form_beside *form);

/*
 * Checks and reviews the change. Then puts the files in place and renews the compiled form, or on a dry run
 * prints the diff, whatever the review says. Where only the form cannot be renewed, there is a warning.
 * Returns an exit status, having printed the errors that the policy would have.
 */
MUST_USE int change_commit(struct change *change);

#endif
