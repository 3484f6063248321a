/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* A change to one entry, looked at before it is made: what "check" says of it, and what is hardly meant. */
#ifndef PINCTL_EXPLAIN_ENTRY_REVIEW_H
#define PINCTL_EXPLAIN_ENTRY_REVIEW_H

#include "base/memory.h"
#include "base/must_use.h"
#include "keys/pin_argument.h"

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
