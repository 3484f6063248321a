/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/policy_lock.h"

#include <unistd.h>

#include "base/memory.h"
#include "cli/invocation.h"
#include "cli/lock_wait.h"
#include "cli/output.h"
#include "edit/pause_edit.h"

/*
 * The lock is a separate file: a drop-in that is renamed into place is a new file, on which there is no lock.
 * The file is never removed, since then two processes could hold the lock at once.
 */
int lock_take(const char *directory, const char *policy) {
  AUTO_TEXT path = must_format("%s/.pinctl.lock", directory);
  /* Looked up before the lock is taken; the record of changes, written under the lock, uses the result. */
  AUTO_TEXT user = acting_user();
  int fd = -1;
  int error = lock_wait(path, LOCK_PATIENCE_SECONDS, user, &fd);
  if (error == 0)
    return fd;
  AUTO_TEXT why = lock_error_text(path, error);
  say_error("%s: %s%s", path, why, pause_hint(policy, error));
  return -1;
}

void lock_release(int lock) {
  (void)!ftruncate(lock, 0);
  close(lock);
}
