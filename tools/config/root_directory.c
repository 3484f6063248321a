/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "config/root_directory.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "cli/output.h"

bool enter_root(const char *root) {
  bool entered = chdir(root) == 0;
  if (entered && chroot(".") != 0)
    entered = unshare(CLONE_NEWUSER) == 0 && chroot(".") == 0;
  if (entered && chdir("/") == 0)
    return true;
  return say_error("%s: cannot be made the root directory: %s", root, strerror(errno));
}
