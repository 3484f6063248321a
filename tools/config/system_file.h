/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * A file of the system's that pinctl changes as a whole: a reader sees the old text or the new one, whenever
 * pinctl is stopped. Symbolic links are followed; owner, mode and extended attributes stay.
 */
#ifndef PINCTL_CONFIG_SYSTEM_FILE_H
#define PINCTL_CONFIG_SYSTEM_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/must_use.h"

struct target {
  char *path; /* of the file itself, no symbolic link */
  char *directory;
  char *text; /* NULL: there is no file */
  struct stat status;
  int lock;    /* -1: it was opened for reading */
  bool defers; /* signals that ask to end (end_defer) */
  char *lock_path;
};

enum target_use {
  TARGET_READ,
  TARGET_CHANGE, /* a person waits: an error after five minutes of another pinctl's work */
  TARGET_UNDO    /* nobody may be there to try again: waits as long as it takes */
};

/*
 * Reads the file; unless only to read it, also waits for the lock on its directory, and says so. The lock is
 * a file there that no other user can open; it goes when the target is closed, and only then a signal that
 * asks to end has its effect (end_defer). Returns false, having said
 * why, when it is no regular text file or cannot be read. To be closed in any case.
 */
MUST_USE bool target_open(const char *path, enum target_use use, struct target *ret_target);
void target_close(struct target *target);

/*
 * Puts a new text in place for good, or removes the file (NULL). Fails, having said why and changed nothing,
 * also where somebody else has changed the file since it was opened.
 */
MUST_USE bool target_put(const struct target *target, const char *text);

/* Writes a text with the owner and mode of the target as `path`, in its directory. Having said why: false. */
MUST_USE bool target_write_as(const struct target *target, const char *path, const char *text);

/*
 * Makes a folder with an image or a chroot the root directory of this process, so that every path and link in
 * it means what it will mean there. For good. False, having said why, where that is not possible.
 */
MUST_USE bool enter_root(const char *root);

#endif
