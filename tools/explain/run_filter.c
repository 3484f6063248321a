/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "explain/run_filter.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"

/* NULL when it cannot be read. */
static char *read_back(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return NULL;
  size_t size = (size_t)status.st_size;
  char *text = must_alloc(size + 1, 1);
  if (file_read_at(descriptor, text, size, 0))
    return text;
  free(text);
  return NULL;
}

static bool run_in(char *const *command, const struct child_streams *streams, char **ret_output) {
  pid_t child = 0;
  int error = child_start(command, streams, false, &child);
  if (error != 0)
    return say_error("%s: %s", command[0], strerror(error));
  if (!child_succeeded(child_wait(child))) {
    AUTO_TEXT said = read_back(streams->err);
    return say_error("%s failed: %s", command[0], said == NULL || *said == '\0' ? "it said nothing" : said);
  }
  *ret_output = read_back(streams->out);
  if (*ret_output == NULL)
    say_error("%s: its output cannot be read", command[0]);
  return *ret_output != NULL;
}

bool filter_run(char *const *command, const char *input, char **ret_output) {
  const struct child_streams streams = {.in = file_in_memory("input", input),
                                        .out = file_in_memory("output", ""),
                                        .err = file_in_memory("errors", "")};
  const int made[] = {streams.in, streams.out, streams.err};
  bool good = made[0] >= 0 && made[1] >= 0 && made[2] >= 0;
  if (!good)
    say_error("%s: %s", command[0], strerror(errno));
  good = good && run_in(command, &streams, ret_output);
  for (int i = 0; i < 3; i++)
    if (made[i] >= 0)
      close(made[i]);
  return good;
}
