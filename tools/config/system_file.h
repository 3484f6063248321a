/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Changes a system file as a whole: a reader sees the old text or the new one, even if pinctl is stopped.
 * Symbolic links are followed; owner, mode and extended attributes stay.
 */
#ifndef PINCTL_CONFIG_SYSTEM_FILE_H
#define PINCTL_CONFIG_SYSTEM_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/must_use.h"

struct target {
  char *path;      /* owned; the file itself, not a symbolic link */
  char *directory; /* owned */
  char *text;      /* owned; NULL: there is no file */
  struct stat status;
  int lock;        /* descriptor; -1: opened to read only */
  bool defers;     /* signals that ask to end are deferred (end_defer) */
  char *lock_path; /* owned */
};

enum target_use {
  TARGET_READ,
  TARGET_CHANGE, /* waits five minutes for the lock, then fails */
  TARGET_UNDO    /* waits for the lock without limit: nobody may be there to try again */
};

/*
 * Reads the file. Unless it is only to be read, first waits for the lock on its directory, and says so; the
 * lock is a file that no other user can open. target_close removes the lock, and lets signals that ask to end
 * take effect (end_defer). Returns false, having said why: it is not a regular text file, or cannot be read.
 * To be closed in any case.
 */
MUST_USE bool target_open(const char *path, enum target_use use, struct target *ret_target);
void target_close(struct target *target);

/*
 * Writes a new text to disk, or removes the file (NULL). False, having said why and changed nothing; also if
 * somebody else has changed the file since it was opened.
 */
MUST_USE bool target_put(const struct target *target, const char *text);

/* Writes a text to `path`, in the same directory, with the owner and mode of the target. False, having said
 * why. */
MUST_USE bool target_write_as(const struct target *target, const char *path, const char *text);

/*
 * Makes a folder with an image or a chroot the root directory of this process for good, so that paths and
 * links mean what they will mean there. False, having said why: that is not possible.
 */
MUST_USE bool enter_root(const char *root);

#endif
