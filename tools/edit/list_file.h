/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * An imported list: one file in policy.d with all of its entries, which share pin sets. It is pinctl's own as
 * long as nobody edits it; a newer version of the list replaces it as a whole.
 */
#ifndef PINCTL_EDIT_LIST_FILE_H
#define PINCTL_EDIT_LIST_FILE_H

#include "edit/policy_change.h"

/* Stands above the checksummed text of every list. */
#define LIST_FILE_HEAD                                                                                       \
  "# Written by pinctl; change it with \"pinctl import\", and remove it with \"pinctl remove --list\".\n"    \
  "# Edited by hand it is yours: pinctl then leaves it alone.\n"                                             \
  "# pinctl list: "
#define LIST_FILE_PREFIX "import-"

/* Whether it can be the name of a list: a letter or digit, then letters, digits, "-" and "_", at most 64. */
bool import_list_name_is_good(const char *name);
/* A good name made of the name of a file, without what follows its last dot. For free(3). */
char *import_list_name_of(const char *path);

/* policy.d/import-NAME.cfg. For free(3). */
char *import_list_path(const struct change *change, const char *name);

/* Whether this is the text of a list that nobody has edited since. */
bool import_list_is_own(const char *text);

/* Whether a file has the name of an imported list, whoever wrote it. */
bool import_list_has_name(const char *path);

/* The name of the list that is kept in such a file and that nobody has edited; NULL: it is no list. For
 * free(3). */
char *import_list_in(const char *path);

#endif
