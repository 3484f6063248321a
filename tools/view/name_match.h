/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* How the name of an entry relates to the name of a host, for explanations; the policy library decides. */
#ifndef PINCTL_VIEW_NAME_MATCH_H
#define PINCTL_VIEW_NAME_MATCH_H

#include <stdbool.h>

#include "pinpolicy.h"

enum relation {
  RELATION_NONE = 0,
  RELATION_EXACT,        /* the very name */
  RELATION_WILDCARD,     /* one label below the wildcard's base */
  RELATION_PARENT,       /* a parent with include_subdomains */
  RELATION_PARENT_ALONE, /* a parent without include_subdomains */
  RELATION_TOO_DEEP,     /* more than one label below the wildcard's base */
  RELATION_BASE          /* the wildcard's base itself */
};

enum relation relation_of(const struct pin_entry *entry, const char *host);

/* Why such an entry covers the host, or why it does not. Static. */
const char *relation_text(enum relation relation);
/* Whether an entry of this relation covers the host at all. */
bool relation_covers(enum relation relation);

/* ---- Patterns of a shell that pick hosts by their names: "*.eu.example.com", "db[0-9].*" ---- */

/* Whether it is to be taken for a pattern: no name of a server has such characters. */
bool is_name_pattern(const char *word);

/* Whether a name fits: "*" stands for any characters, dots too. A word that is no pattern fits itself alone,
 * as it would be compared. */
bool name_fits(const char *pattern, const char *name);

#endif
