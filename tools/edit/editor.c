/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/editor.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/memory.h"
#include "cli/output.h"

/* May hold arguments, as in "code --wait": so a shell takes it apart. */
static char *command(void) {
  static const char *const names[] = {"VISUAL", "EDITOR"};
  for (size_t i = 0; i < 2; i++) {
    const char *value = getenv(names[i]);
    if (value != NULL && *value != '\0')
      return must_format("%s \"$1\"", value);
  }
  return must_copy("if command -v editor >/dev/null; then editor \"$1\"; else vi \"$1\"; fi");
}

bool editor_run(const char *path) {
  AUTO_TEXT line = command();
  AUTO_TEXT file = must_copy(path);
  char shell[] = "sh", flag[] = "-c", name[] = "pinctl-edit";
  char *const arguments[] = {shell, flag, line, name, file, NULL};
  pid_t child = 0;
  int status = 0;
  int error = posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ);
  if (error != 0) {
    say_error("/bin/sh: %s", strerror(error));
    return false;
  }
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return false;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return true;
  say_error("the editor failed; $VISUAL or $EDITOR names another one");
  return false;
}
