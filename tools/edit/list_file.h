/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The files of imported lists: each is one file in policy.d with all entries of the list, which share pin
 * sets. pinctl replaces it as a whole by a newer version of the list, as long as nobody edits it by hand.
 */
#ifndef PINCTL_EDIT_LIST_FILE_H
#define PINCTL_EDIT_LIST_FILE_H

#include "edit/policy_change.h"

/* The head of the checksummed text of every list. */
#define LIST_FILE_HEAD                                                                                       \
  "# Written by pinctl; change it with \"pinctl import\", and remove it with \"pinctl remove --list\".\n"    \
  "# Edited by hand it is yours: pinctl then leaves it alone.\n"                                             \
  "# pinctl list: "
#define LIST_FILE_PREFIX "import-"

/* Whether the name of a list is valid: a letter or digit, then letters, digits, "-" and "_", at most 64. */
bool import_list_name_is_good(const char *name);
/* A valid name, made from the name of a file without its suffix. For free(3). */
char *import_list_name_of(const char *path);

/* policy.d/import-NAME.cfg. For free(3). */
char *import_list_path(const struct change *change, const char *name);

/* Whether a text is that of an imported list that nobody has edited. */
bool import_list_is_own(const char *text);

/* Whether a file is named like an imported list, whatever is in it. */
bool import_list_has_name(const char *path);

/* The name of the list in a file; NULL: the file is no list, or was edited. For free(3). */
char *import_list_in(const char *path);

#endif
