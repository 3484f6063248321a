/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads the roots that the distribution ships. Any other root that OpenSSL trusts was added on this
 * machine, by an administrator, an inspecting proxy, or anybody who could. A root that is not known to be
 * shipped counts as added.
 */
#ifndef PINCTL_KEYS_TRUST_ANCHORS_H
#define PINCTL_KEYS_TRUST_ANCHORS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/must_use.h"
#include "pinpolicy.h"

struct anchors {
  struct pin_digest *keys; /* sorted */
  size_t count;
};

/*
 * Reads the PEM certificates in a file, or in all regular files below a folder; links are not followed, so
 * that linked files do not count. NULL: the places for packages of distributions, which administrators and
 * trust stores do not use. Returns false, having said why, if there are none. Clear the result in any
 * case.
 */
MUST_USE bool anchors_read(const char *path, struct anchors *ret_anchors);
void anchors_clear(struct anchors *anchors);

/* Whether the key belongs to one of them. */
bool anchors_hold(const struct anchors *anchors, const struct pin_digest *key);

#endif
