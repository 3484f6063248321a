/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "config/installation.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"

static char *library_directory(void) {
  AUTO_TEXT program = realpath("/proc/self/exe", NULL);
  if (program == NULL) {
    say_error("/proc/self/exe: %s", strerror(errno));
    return NULL;
  }
  AUTO_TEXT directory = path_directory(program);
  AUTO_TEXT relative = must_format("%s/" PINCTL_LIBDIR_FROM_BINDIR, directory);
  char *absolute = realpath(relative, NULL);
  if (absolute == NULL)
    say_error("%s: %s", relative, strerror(errno));
  return absolute;
}

static bool is_there(const char *path) {
  if (access(path, R_OK) == 0)
    return true;
  say_error("%s: %s; is pinning installed whole?", path, strerror(errno));
  return false;
}

bool installation_locate(struct installation *ret_installation) {
  *ret_installation = (struct installation){0};
  AUTO_TEXT directory = library_directory();
  if (directory == NULL)
    return false;
  ret_installation->shim = must_format("%s/libpinning-preload.so", directory);
  ret_installation->module = must_format("%s/" PINCTL_MODULES_SUBDIR "/pinning.so", directory);
  return true;
}

bool installation_find(struct installation *ret_installation) {
  return installation_locate(ret_installation) && is_there(ret_installation->shim) &&
         is_there(ret_installation->module);
}

void installation_clear(struct installation *installation) {
  free(installation->shim);
  free(installation->module);
  *installation = (struct installation){0};
}
