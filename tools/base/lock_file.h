/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Files that are only locked. Whoever can open a file, be it for reading, can hold flock(2) on it for ever,
 * so these are of mode 0600 and belong to the one who locks, or to
 * the owner of the folder.
 */
#ifndef PINCTL_LOCK_FILE_H
#define PINCTL_LOCK_FILE_H

#include "base/must_use.h"

/*
 * Opens and locks, without waiting. The lock holds for the path: a file that was removed meanwhile is not
 * what others lock now. Returns 0, EWOULDBLOCK while another process holds it, or another errno value.
 */
MUST_USE int lock_file_try(const char *path, int *ret_fd);

/* Removes a file that lock_file_try has locked, and lets go of it. */
void lock_file_remove(const char *path, int fd);

#endif
