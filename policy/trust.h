/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Whose files count as a policy. */
#ifndef PIN_TRUST_H
#define PIN_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Whether the owner of an open file is root or the effective user. In a user namespace in which the machine's
 * root has no number, its files seem to belong to the overflow user, usually 65534, as do those of all others
 * who have none. There that user counts as root where no user of the namespace has the number, so that nobody
 * in it can have made the file; or where one has, but the file lies on a file system that is mounted
 * read-only. What an owner of the file could do outside the namespace cannot be told from within.
 */
bool pin_owner_is_trusted(int fd, const struct stat *status);

/* Whether it is an open regular file of such an owner's that nobody else may write. */
bool pin_file_is_trusted(int fd, const struct stat *status);

#endif
