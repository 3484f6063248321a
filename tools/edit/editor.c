/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/editor.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "cli/output.h"

/* An interrupt is the editor's, not that of the shell that waits for it, and it ends after the editor. */
#define OUTLIVE_EDITOR "trap : INT QUIT HUP TERM; "
/* Where standard output is kept for what pinctl prints, or leads to a file, the editor shows itself
 * elsewhere. */
#define NOT_ON_OUTPUT "exec >&2; "

/* NULL, having said why. May hold arguments, as in "code --wait": so a shell takes it apart. */
static char *command(void) {
  static const char *const names[] = {"VISUAL", "EDITOR"};
  for (size_t i = 0; i < 2; i++) {
    const char *value = getenv(names[i]);
    if (value != NULL && *value != '\0')
      return must_format(OUTLIVE_EDITOR "%s%s \"$1\"", isatty(STDOUT_FILENO) == 1 ? "" : NOT_ON_OUTPUT,
                         value);
  }
  /* It would read what it takes for keys from a file, or wait for ever. */
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
    say_error("there is no terminal; $VISUAL or $EDITOR names the command that edits the file");
    return NULL;
  }
  return must_copy(OUTLIVE_EDITOR "if command -v editor >/dev/null; then editor \"$1\"; else vi \"$1\"; fi");
}

/*
 * What is typed on the terminal is the editor's: Ctrl-C must not end pinctl beside it. In `ret_old` what
 * these signals did before.
 */
static const int of_terminal[] = {SIGINT, SIGQUIT};
#define TERMINAL_SIGNALS COUNT_OF(of_terminal)

static void ignore_terminal(struct sigaction *ret_old) {
  struct sigaction ignore = {.sa_handler = SIG_IGN};
  for (size_t i = 0; i < TERMINAL_SIGNALS; i++)
    sigaction(of_terminal[i], &ignore, &ret_old[i]);
}

static void heed_terminal(const struct sigaction *old) {
  for (size_t i = 0; i < TERMINAL_SIGNALS; i++)
    sigaction(of_terminal[i], &old[i], NULL);
}

bool editor_run(const char *path) {
  AUTO_TEXT line = command();
  if (line == NULL)
    return false;
  AUTO_TEXT file = must_copy(path);
  char shell[] = "/bin/sh", flag[] = "-c", name[] = "pinctl-edit";
  char *const arguments[] = {shell, flag, line, name, file, NULL};
  pid_t child = 0;
  struct sigaction old[TERMINAL_SIGNALS];
  ignore_terminal(old);
  int error = child_start(arguments, NULL, false, &child);
  int status = error == 0 ? child_wait(child) : 0;
  heed_terminal(old);
  if (error != 0)
    return say_error("/bin/sh: %s", strerror(error));
  if (child_succeeded(status))
    return true;
  /* A terminal that goes away takes the editor along. */
  if (end_asked() == 0)
    say_error("the editor failed; $VISUAL or $EDITOR names another one");
  return false;
}
