/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The compiled form of a policy: where it is, whether it can be used, and writing it. */
#ifndef PINCTL_VIEW_COMPILED_FORM_H
#define PINCTL_VIEW_COMPILED_FORM_H

#include "base/must_use.h"
#include "view/loaded_policy.h"

enum form_state {
  FORM_ABSENT = 0,
  FORM_UNTRUSTED, /* other users may write it, or it cannot be read: processes ignore it */
  FORM_DAMAGED,
  FORM_OTHER_VERSION, /* written by another version: processes that start read the text, however large */
  FORM_FOREIGN,       /* made from another policy */
  FORM_STALE, /* the text has changed since: processes read the text, unless it has errors or is too large */
  FORM_CURRENT
};

/*
 * Whether the text of a policy is larger than processes read (PIN_SMALL_TEXT, PIN_SMALL_FILES). Then they
 * keep using a compiled form that is stale, and refuse every host where there is none.
 */
bool form_is_needed(const char *policy);

/* The word for a state, e.g. "stale". Static. */
const char *form_state_word(enum form_state state);

/* Whether processes read a file of this name in policy.d: *.cfg, not hidden (pinning-policy(5)). */
bool dropin_name_is_read(const char *name);

/*
 * The path under which a policy is compiled, however the user spelled it: PIN_DEFAULT_POLICY for that file,
 * whose compiled form is kept elsewhere; for any other the path with the symbolic links in its directory
 * resolved. For free(3).
 */
char *form_policy(const char *policy);

/* Where the compiled form of a policy is kept. NULL, having said so: the path is too long. For free(3). */
char *form_path(const char *policy);

/*
 * The state of the compiled form at `path` for this policy. Reads all of it, since damage to a part shows
 * only when that part is read. *ret_generation: that of the form; 0 where the form cannot be read.
 */
enum form_state form_read(const char *path, const char *policy, uint64_t *ret_generation);

/* Removes the temporary files that a killed pinctl left behind, each of which can be as large as the form,
 * and makes the directory of PIN_DEFAULT_COMPILED where it is missing. Returns 0 or an errno value. */
MUST_USE int form_prepare(const char *path);

/*
 * Calls form_prepare and writes the compiled form. To be called under the lock of the policy. Returns 0 or an
 * errno value.
 */
MUST_USE int form_write(const char *path, const struct loaded_policy *loaded);

/* The same, but writes the form only beside its place (pin_compiled_begin), for a policy whose files are not
 * in place yet. */
MUST_USE int form_begin(const char *path, const struct loaded_policy *loaded, char **ret_beside, int *ret_fd);

#endif
