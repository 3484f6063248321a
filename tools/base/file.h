/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Files as wholes. */
#ifndef PINCTL_BASE_FILE_H
#define PINCTL_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Keys, chains and policies are far smaller. */
#define LARGEST_FILE ((size_t)64 << 20)

/*
 * Reads a file, or standard input for "-", with a NUL after the last byte; *ret_bytes is for free(3).
 * Returns 0, or an errno value with *ret_bytes NULL; EFBIG above LARGEST_FILE.
 */
int file_read(const char *path, char **ret_bytes, size_t *ret_length);

/*
 * Opens a file that another user may own, for reading. What is no regular file is not touched at all, since
 * opening a device does something and a FIFO waits: EINVAL. A lease of its owner's is not waited for:
 * EWOULDBLOCK. Returns 0 or an errno value.
 */
int file_open_regular(const char *path, int *ret_fd);

/*
 * Writes a file of mode 0644 under a name of its own beside `path`, and its bytes to the disk. Returns 0 and
 * the name in *ret_beside (for free(3)), or an errno value with nothing left behind.
 */
int file_write_beside(const char *path, const char *text, char **ret_beside);

/* Puts a file that was written this way in the place of whatever is at `path`. Returns 0 or an errno value.
 */
int file_replace(const char *path, const char *text);

/* What the name of such a file begins with. Not ending in .cfg, it is no drop-in for readers of policy.d. */
#define FILE_BESIDE_PREFIX ".pinctl-new-"

/* The same under a name that begins with `prefix`, and for nobody but its owner to read. */
int file_write_hidden(const char *path, const char *prefix, const char *text, char **ret_beside);

/*
 * Makes a file of mode 0600 where there is none (EEXIST: there is, be it only a symbolic link), and writes
 * its bytes to the disk; its name is durable after directory_sync. 0, or an errno value with nothing left
 * behind.
 */
int file_write_new(const char *path, const char *text);

/*
 * Removes what interrupted writers left in a directory: files whose names are this prefix and what mkstemp(3)
 * put behind it. To be called while no other writer can be at work.
 */
void file_sweep(const char *directory, const char *prefix);

/* Makes a directory of mode 0755, whatever the umask, where there is none. 0 or an errno value. */
int directory_make(const char *path);

/* Makes a renamed, new or removed name durable. 0 or an errno value. */
int directory_sync(const char *directory);

/* "." for a path without a slash. For free(3). */
char *path_directory(const char *path);
/* What follows the last slash; points into `path`. */
const char *path_base(const char *path);

#endif
