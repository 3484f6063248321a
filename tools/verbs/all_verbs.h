/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* All verbs, for those among them that speak of all: the table itself (verbs/verbs.h) is main's. */
#ifndef PINCTL_VERBS_ALL_VERBS_H
#define PINCTL_VERBS_ALL_VERBS_H

#include "cli/verb.h"

/* Before anything else here. all: in the order of the help, ended by NULL; it stays where it is. */
void all_verbs_are(const struct verb *const *all);

const struct verb *const *all_verbs(void);

/* NULL: there is none of this name. */
const struct verb *verb_find(const char *name);

/* Says that there is none of this name, and which may have been meant. rest: the words behind it, and NULL.
 */
void verb_unknown(const char *name, char *const *rest);

/* --help of pinctl and of a verb, on stdout. */
void help_print_all(void);
void help_print_verb(const struct verb *verb);

#endif
