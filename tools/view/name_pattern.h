/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Patterns of a shell that pick hosts of a policy by their names: "*.eu.example.com", "db[0-9].*". */
#ifndef PINCTL_VIEW_NAME_PATTERN_H
#define PINCTL_VIEW_NAME_PATTERN_H

#include <stdbool.h>

/* Whether it is to be taken for a pattern: no name of a server has such characters. */
bool is_name_pattern(const char *word);

/* Whether a name fits: "*" stands for any characters, dots too. A word that is no pattern fits itself alone,
 * as it would be compared. */
bool name_fits(const char *pattern, const char *name);

#endif
