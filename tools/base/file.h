/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reading and writing whole files, and a few operations on paths and directories. */
#ifndef PINCTL_BASE_FILE_H
#define PINCTL_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/must_use.h"

/* The largest file that is read. Keys, chains and policies are far smaller. */
#define LARGEST_FILE ((size_t)64 << 20)

/*
 * Reads a file, or standard input for "-", with a NUL after the last byte; *ret_bytes is for free(3).
 * Returns 0, or an errno value with *ret_bytes NULL; EFBIG above LARGEST_FILE.
 */
MUST_USE int file_read(const char *path, char **ret_bytes, size_t *ret_length);

/*
 * Makes a file in memory, of mode 0644, with this text; reading starts at its beginning. Unlike a pipe it
 * cannot break or block when a program does not read all of it, or reads and writes in another order.
 * Closed by exec(3). Returns the descriptor, or -1 with errno.
 */
MUST_USE int file_in_memory(const char *name, const char *text);

/* Reads `size` bytes of an open file from an offset. False: not all of them could be read. */
MUST_USE bool file_read_at(int fd, void *bytes, size_t size, off_t offset);

/*
 * Opens a file for reading that another user may own. EINVAL: it is no regular file, and was not opened,
 * since opening a device has effects and opening a FIFO waits. EWOULDBLOCK: its owner holds a lease on it,
 * for which this does not wait. Returns 0 or an errno value.
 */
MUST_USE int file_open_regular(const char *path, int *ret_fd);

/*
 * Writes a file of mode 0644 under a temporary name in the directory of `path`, and flushes it to the disk.
 * Returns 0 and the name in *ret_beside (for free(3)), or an errno value with nothing left behind.
 */
MUST_USE int file_write_beside(const char *path, const char *text, char **ret_beside);

/* Writes a file in this way and renames it to `path`, over whatever is there. Returns 0 or an errno value. */
MUST_USE int file_replace(const char *path, const char *text);

/* The prefix of these temporary names. They do not end in .cfg, so readers of policy.d ignore them. */
#define FILE_BESIDE_PREFIX ".pinctl-new-"

/* file_write_beside with another prefix and mode 0600. */
MUST_USE int file_write_hidden(const char *path, const char *prefix, const char *text, char **ret_beside);

/*
 * Makes a new file of mode 0600 and flushes it to the disk; its name is durable after directory_sync. EEXIST:
 * there is a file already, or a symbolic link. Returns 0, or an errno value with nothing left behind.
 */
MUST_USE int file_write_new(const char *path, const char *text);

/*
 * Removes the files that interrupted writers left in a directory: those named by this prefix and the random
 * part of mkstemp(3). No other writer may be at work meanwhile.
 */
void file_sweep(const char *directory, const char *prefix);

/* Whether the path is a symbolic link whose target does not exist. */
bool link_is_dangling(const char *path);

/* Makes a directory of mode 0755, whatever the umask, unless it exists. Returns 0 or an errno value. */
MUST_USE int directory_make(const char *path);

/* Makes names that were added, renamed or removed in a directory durable. Returns 0 or an errno value. */
MUST_USE int directory_sync(const char *directory);

/* The directory of a path; "." for a path without a slash. For free(3). */
char *path_directory(const char *path);
/* The part of `path` behind its last slash. */
const char *path_base(const char *path);

#endif
