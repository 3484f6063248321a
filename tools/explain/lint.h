/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Warnings with their place: what a valid policy may not have been meant to say. Each is certain
 * about what it says; the time taken grows with the number of entries as sorting does.
 */
#ifndef PINCTL_EXPLAIN_LINT_H
#define PINCTL_EXPLAIN_LINT_H

#include "base/memory.h"
#include "base/must_use.h"
#include "keys/key_object.h"
#include "keys/pin_argument.h"
#include "view/diagnostics.h"
#include "view/entry_text.h"

/* Entries that expire within so many days are pointed out. */
#define EXPIRES_SOON_DAYS 30

/* now: seconds since the epoch. Sorts `entries` by name. */
void lint_policy(const struct pin_policy *policy, struct entries *entries, int64_t now,
                 struct diagnostics *diagnostics);

/* Files of the policy at `policy` that not every process can read. */
void lint_files(const char *policy, struct diagnostics *diagnostics);
/* Warns where processes cannot read the text, and have no compiled form that says the same. */
void lint_form(const char *policy, struct diagnostics *diagnostics);

/* What a policy that refuses hosts without an entry refuses. */
void lint_unlisted(const char *path, const struct pin_policy *policy, const struct entries *entries,
                   struct diagnostics *diagnostics);

/* Entries that can accept nothing. `entries` sorted by their lists. */
void lint_blocked(const struct pin_policy *policy, const struct entries *entries,
                  struct diagnostics *diagnostics);

/* Entries that can never win or change anything. `entries` sorted by name. */
void lint_reach(const struct pin_policy *policy, const struct entries *entries,
                struct diagnostics *diagnostics);

/* Gives each diagnostic without a source line the text of its line; reads each file once. Sorted by place. */
void lint_add_source_lines(struct diagnostics *diagnostics);

/* Warns of digests that no key can have. Used by lint_policy. True: there are none, whatever its mode. */
bool lint_digests(const struct pin_entry *entry, struct diagnostics *diagnostics);

/* Warns where the digest of one of these certificates stands for a key, or its key's for a certificate. */
void lint_certificates(const struct objects *certificates, const struct entries *entries,
                       struct diagnostics *diagnostics);

/* ---- A change to one entry, looked at before it is made ---- */

/*
 * Adds to `doubts` why a key that was given with a certificate is hardly meant for this list of this
 * (canonical) name: it is a CA's, or of another host.
 */
void doubt_certificate(const char *given, const struct pin_argument *argument, enum pin_list list,
                       const char *name, bool include_subdomains, struct text_list *doubts);

/*
 * What "check" says of the entries for `name` in the file of this base name: *ret_grave what is almost surely
 * a mistake, *ret_others the rest. To be cleared in any case. Returns false, having said so, when the image
 * is damaged.
 */
MUST_USE bool entry_review(const struct pin_policy *policy, const char *name, const char *file,
                           struct text_list *ret_grave, struct text_list *ret_others);

#endif
