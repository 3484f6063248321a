/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Files that are only locked. Whoever can open a file, be it for reading, can hold flock(2) on it for ever,
 * so these are of mode 0600 and belong to the one who locks.
 */
#ifndef PINCTL_LOCK_FILE_H
#define PINCTL_LOCK_FILE_H

/*
 * Opens the file, and makes it where there is none; a symbolic link is not followed. EPERM: it is no regular
 * file, or belongs neither to this user nor to the owner of its folder. Returns 0 or an errno value.
 */
int lock_file_open(const char *path, int *ret_fd);

/*
 * Opens and locks, without waiting. The lock holds for the path: a file that was removed meanwhile is not
 * what others lock now. Returns 0, EWOULDBLOCK while another process holds it, or another errno value.
 */
int lock_file_try(const char *path, int *ret_fd);

/* Removes a file that lock_file_try has locked, and lets go of it. */
void lock_file_remove(const char *path, int fd);

#endif
