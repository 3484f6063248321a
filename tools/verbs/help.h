/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PINCTL_VERBS_HELP_H
#define PINCTL_VERBS_HELP_H

#include "cli/verb.h"

/* --help of pinctl and of a verb, on stdout. */
void help_print_all(void);
void help_print_verb(const struct verb *verb);

#endif
