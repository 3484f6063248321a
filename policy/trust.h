/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Decides whose files may be read as a policy. */
#ifndef PIN_TRUST_H
#define PIN_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Whether the owner of an open file is root or the effective user. If root of the machine has no number in a
 * user namespace, its files seem to belong to the overflow user (usually 65534), as do those of all other
 * users without a number. There the overflow user counts as root if no user of the namespace has that number,
 * so that nobody in the namespace can have made the file; or if one has, but the file is on a file system
 * that is mounted read-only. What the owner could do outside the namespace cannot be known inside it.
 */
bool pin_owner_is_trusted(int fd, const struct stat *status);

/* Whether this is a regular file of such an owner that nobody else may write. */
bool pin_file_is_trusted(int fd, const struct stat *status);

#endif
