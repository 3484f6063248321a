/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Lock files. Any user who can open a file, even only for reading, can hold flock(2) on it for ever. So these
 * files have mode 0600 and belong to the user who locks them, or to the owner of the directory.
 */
#ifndef PINCTL_LOCK_FILE_H
#define PINCTL_LOCK_FILE_H

#include "base/must_use.h"

/*
 * Opens the file and locks it, without waiting. Tries again where the file was removed meanwhile, since other
 * processes now lock another file at this path. Returns 0, EWOULDBLOCK while another process holds the lock,
 * or another errno value.
 */
MUST_USE int lock_file_try(const char *path, int *ret_fd);

/* Removes a file that lock_file_try has locked, and releases the lock. */
void lock_file_remove(const char *path, int fd);

#endif
