/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Access to the table of all verbs, for those verbs that need it, such as "help". main passes the table,
 * which is in verbs/verbs.h. */
#ifndef PINCTL_VERBS_ALL_VERBS_H
#define PINCTL_VERBS_ALL_VERBS_H

#include "cli/verb.h"

/* Sets the table; to be called first. all: in the order of the help, ended by NULL; must stay valid. */
void all_verbs_are(const struct verb *const *all);

const struct verb *const *all_verbs(void);

/* NULL: there is no verb of this name. */
const struct verb *verb_find(const char *name);

/* Says that there is no such verb, and which one may have been meant. rest: the words behind it, ended by
 * NULL. */
void verb_unknown(const char *name, char *const *rest);

/* Prints the help of pinctl, and of a verb, to stdout. */
void help_print_all(void);
void help_print_verb(const struct verb *verb);

#endif
