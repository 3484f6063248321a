/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Warns of what a valid policy probably does not mean, with file and line. Each warning is certain about what
 * it says. The time grows like that of sorting the entries.
 */
#ifndef PINCTL_EXPLAIN_LINT_H
#define PINCTL_EXPLAIN_LINT_H

#include "base/memory.h"
#include "base/must_use.h"
#include "keys/key_object.h"
#include "keys/pin_argument.h"
#include "view/diagnostics.h"
#include "view/entry_text.h"

/* Warn of entries that expire within so many days. */
#define EXPIRES_SOON_DAYS 30

/* Checks all entries. now: seconds since the epoch. Sorts `entries` by name. */
void lint_policy(const struct pin_policy *policy, struct entries *entries, int64_t now,
                 struct diagnostics *diagnostics);

/* Warns of files of a policy that some processes cannot read: those refuse every host. */
void lint_files(const char *policy, struct diagnostics *diagnostics);
/* Warns if the text is too large for processes, and the compiled form is not current. */
void lint_form(const char *policy, struct diagnostics *diagnostics);

/* Warns of what a policy with `unlisted` refuses. */
void lint_unlisted(const char *path, const struct pin_policy *policy, const struct entries *entries,
                   struct diagnostics *diagnostics);

/* Warns of entries that can accept nothing. entries: sorted by their lists. */
void lint_blocked(const struct pin_policy *policy, const struct entries *entries,
                  struct diagnostics *diagnostics);

/* Warns of entries that can never win or change anything. entries: sorted by name. */
void lint_reach(const struct pin_policy *policy, const struct entries *entries,
                struct diagnostics *diagnostics);

/* Adds the source line to each diagnostic without one; reads each file once. diagnostics: sorted by place. */
void lint_add_source_lines(struct diagnostics *diagnostics);

/* Warns of digests that no key can have. Used by lint_policy. True: there are none, whatever the mode. */
bool lint_digests(const struct pin_entry *entry, struct diagnostics *diagnostics);

/* Warns of entries with the digest of one of these certificates as a key, or of a key as a certificate. */
void lint_certificates(const struct objects *certificates, const struct entries *entries,
                       struct diagnostics *diagnostics);

/* ---- Checks before an entry is changed ---- */

/*
 * Adds a text to `doubts` if a key that was given by a certificate is probably not meant for this list of
 * this (canonical) name: it belongs to a CA or to another host.
 */
void doubt_certificate(const char *given, const struct pin_argument *argument, enum pin_list list,
                       const char *name, bool include_subdomains, struct text_list *doubts);

/*
 * What "check" says of the entries for `name` in the file with this base name: *ret_grave has what is almost
 * surely a mistake, *ret_others the rest. To be cleared in any case. Returns false, having said so: the image
 * is damaged.
 */
MUST_USE bool entry_review(const struct pin_policy *policy, const char *name, const char *file,
                           struct text_list *ret_grave, struct text_list *ret_others);

#endif
