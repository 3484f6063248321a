/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Files as wholes. */
#ifndef PINCTL_BASE_FILE_H
#define PINCTL_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/must_use.h"

/* Keys, chains and policies are far smaller. */
#define LARGEST_FILE ((size_t)64 << 20)

/*
 * Reads a file, or standard input for "-", with a NUL after the last byte; *ret_bytes is for free(3).
 * Returns 0, or an errno value with *ret_bytes NULL; EFBIG above LARGEST_FILE.
 */
MUST_USE int file_read(const char *path, char **ret_bytes, size_t *ret_length);

/*
 * A file in memory of mode 0644 that is read from its start. Unlike with a pipe, a program that does not read
 * it all breaks nothing, and whatever order it reads and writes in, nobody waits for ever. Closed by exec(3).
 * -1, with errno: not made.
 */
MUST_USE int file_in_memory(const char *name, const char *text);

/* Whether all those bytes of an open file could be read. */
MUST_USE bool file_read_at(int fd, void *bytes, size_t size, off_t offset);

/*
 * Opens a file that another user may own, for reading. What is no regular file is not touched at all, since
 * opening a device does something and a FIFO waits: EINVAL. A lease of its owner's is not waited for:
 * EWOULDBLOCK. Returns 0 or an errno value.
 */
MUST_USE int file_open_regular(const char *path, int *ret_fd);

/*
 * Writes a file of mode 0644 under a name of its own beside `path`, and its bytes to the disk. Returns 0 and
 * the name in *ret_beside (for free(3)), or an errno value with nothing left behind.
 */
MUST_USE int file_write_beside(const char *path, const char *text, char **ret_beside);

/* Puts a file that was written this way in the place of whatever is at `path`.
 * Returns 0 or an errno value. */
MUST_USE int file_replace(const char *path, const char *text);

/* What the name of such a file begins with. Not ending in .cfg, it is no drop-in for readers of policy.d. */
#define FILE_BESIDE_PREFIX ".pinctl-new-"

/* The same under a name that begins with `prefix`, and for nobody but its owner to read. */
MUST_USE int file_write_hidden(const char *path, const char *prefix, const char *text, char **ret_beside);

/*
 * Makes a file of mode 0600 where there is none (EEXIST: there is, be it only a symbolic link), and writes
 * its bytes to the disk; its name is durable after directory_sync. 0, or an errno value with nothing left
 * behind.
 */
MUST_USE int file_write_new(const char *path, const char *text);

/*
 * Removes what interrupted writers left in a directory: files whose names are this prefix and what mkstemp(3)
 * put behind it. To be called while no other writer can be at work.
 */
void file_sweep(const char *directory, const char *prefix);

/* Whether a symbolic link lies there that leads to nothing. */
bool link_is_dangling(const char *path);

/* Makes a directory of mode 0755, whatever the umask, where there is none. 0 or an errno value. */
MUST_USE int directory_make(const char *path);

/* Makes a renamed, new or removed name durable. 0 or an errno value. */
MUST_USE int directory_sync(const char *directory);

/* "." for a path without a slash. For free(3). */
char *path_directory(const char *path);
/* What follows the last slash; points into `path`. */
const char *path_base(const char *path);

#endif
