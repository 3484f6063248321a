/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The roots that the distribution ships. Everything else that OpenSSL trusts was added here: by an
 * administrator, by an inspecting proxy, by whoever could. A list of what is known, so that what is not
 * understood counts as added.
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
 * that what was linked into it does not count. NULL: where the packages of distributions put them, which is
 * not where administrators and trust stores put them. Returns false, having said why, where there is none.
 * To be cleared in any case.
 */
MUST_USE bool anchors_read(const char *path, struct anchors *ret_anchors);
void anchors_clear(struct anchors *anchors);

/* Whether it is the key of one of them. */
bool anchors_hold(const struct anchors *anchors, const struct pin_digest *key);

#endif
