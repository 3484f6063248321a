/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* How the name of an entry relates to the name of a host, for explanations only: which entry covers a host is
 * decided by the policy library. Also patterns of host names. */
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

/* Why an entry of this relation covers the host, or why it does not. Static. */
const char *relation_text(enum relation relation);
/* Whether an entry of this relation can cover the host. */
bool relation_covers(enum relation relation);

/* ---- Shell patterns that select hosts by their names: "*.eu.example.com", "db[0-9].*" ---- */

/* Whether a word is a pattern: it has characters that no name of a server has. */
bool is_name_pattern(const char *word);

/* Whether a name matches: "*" stands for any characters, dots too. A word that is no pattern matches only the
 * same name, in canonical form. */
bool name_fits(const char *pattern, const char *name);

#endif
