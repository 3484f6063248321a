/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* In which lists of the deciding entries a certificate stands, whether or not it counts there. */
#ifndef PINCTL_EXPLAIN_LIST_MEMBERSHIP_H
#define PINCTL_EXPLAIN_LIST_MEMBERSHIP_H

#include "base/memory.h"
#include "explain/explanation.h"

/* For certificates that are not on the path. */
#define NOT_ON_PATH ((size_t)-1)

/*
 * Why a match at this depth does not count, or NULL where it does. proven: the length of the proven path.
 * Static.
 */
const char *listing_discounted(enum pin_list list, size_t depth, size_t proven);

/* One text per match: "pins of policy.cfg:4", with the reason where it does not count. */
struct text_list listing_texts(const struct explanation *explanation, const struct object *object,
                               size_t depth);

/*
 * Lists in which the certificate's digest stands for its key, or its key's for the certificate: "the digest
 * of the certificate is in pins of policy.cfg:4; of its key it is sha256/...". Such a pin matches nothing.
 */
struct text_list listing_mix_ups(const struct explanation *explanation, const struct object *object);

#endif
