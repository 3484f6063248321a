/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The compiled form of a policy: what it is worth, and writing it. */
#ifndef PINCTL_VIEW_COMPILED_FORM_H
#define PINCTL_VIEW_COMPILED_FORM_H

#include "base/must_use.h"
#include "view/loaded_policy.h"

enum form_state {
  FORM_ABSENT = 0,
  FORM_UNTRUSTED, /* others may write it, or it cannot be read: processes pass it over */
  FORM_DAMAGED,
  FORM_OTHER_VERSION, /* written by another version: processes that start read the text, however large */
  FORM_FOREIGN,       /* made from another policy */
  FORM_STALE, /* the text has changed since: processes read that, unless it is broken or form_is_needed */
  FORM_CURRENT
};

/*
 * Whether the text of a policy is more than processes read (PIN_SMALL_TEXT, PIN_SMALL_FILES): then they stay
 * with a compiled form that is stale, and refuse every host where there is none.
 */
bool form_is_needed(const char *policy);

/* One word for each, e.g. "stale". Static. */
const char *form_state_word(enum form_state state);

/* Whether processes read a file of this name in policy.d; none that a dot hides (pinning-policy(5)). */
bool dropin_name_is_read(const char *name);

/*
 * The one spelling under which a policy is compiled, however the user spelled it: PIN_DEFAULT_POLICY for that
 * very file, since its compiled form is kept elsewhere, else without symbolic links in its folder. For
 * free(3).
 */
char *form_policy(const char *policy);

/* Where the compiled form of a policy is kept. NULL, having said so: the path is too long. For free(3). */
char *form_path(const char *policy);

/*
 * What the compiled form at `path` is worth for the policy. Reads all of it, since a part that is damaged
 * shows only when it is read. *ret_generation: what it says; 0 where that is not known.
 */
enum form_state form_read(const char *path, const char *policy, uint64_t *ret_generation);

/* Sweeps away what a pinctl that was killed left beside, and makes the folder of PIN_DEFAULT_COMPILED where
 * that is missing. Returns 0 or an errno value. */
MUST_USE int form_prepare(const char *path);

/*
 * Writes it, and makes the folder of PIN_DEFAULT_COMPILED where that is missing. To be called under the lock.
 * Returns 0 or an errno value.
 */
MUST_USE int form_write(const char *path, const struct loaded_policy *loaded);

/* The first step of the same (pin_compiled_begin), for a policy whose files are still to be put in place. */
MUST_USE int form_begin(const char *path, const struct loaded_policy *loaded, char **ret_beside, int *ret_fd);

#endif
