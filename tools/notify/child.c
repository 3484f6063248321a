/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "notify/ways.h"

char *child_run(char *const *command, const char *input, long timeout) {
  pid_t child = 0;
  int status = 0;
  struct child_streams streams = {
      .in = file_in_memory("pinctl-notify", input), .out = STDERR_FILENO, .err = -1};
  int error = streams.in < 0 ? errno : child_start(command, &streams, true, &child);
  if (streams.in >= 0)
    close(streams.in);
  if (error != 0)
    return must_format("%s: %s", command[0], strerror(error));
  if (!child_wait_seconds(child, timeout, &status))
    return must_format("%s: did not end within %ld s, and was killed", command[0], timeout);
  if (WIFSIGNALED(status))
    return must_format("%s: was killed by signal %d", command[0], WTERMSIG(status));
  if (WEXITSTATUS(status) != 0)
    return must_format("%s: ended with status %d", command[0], WEXITSTATUS(status));
  return NULL;
}
