/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "explain/run_filter.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/output.h"

extern char **environ;

/* Files in memory in place of pipes: whatever order the program reads and writes in, nobody waits for ever.
 */
struct streams {
  int descriptors[3]; /* standard input, output and error; -1: not made */
};

static bool streams_make(const char *input, struct streams *streams) {
  size_t length = strlen(input);
  for (int i = 0; i < 3; i++)
    streams->descriptors[i] = memfd_create("pinctl-filter", MFD_CLOEXEC);
  for (int i = 0; i < 3; i++)
    if (streams->descriptors[i] < 0)
      return false;
  int in = streams->descriptors[0];
  for (size_t done = 0; done < length;) {
    ssize_t wrote = write(in, input + done, length - done);
    if (wrote < 0)
      return false;
    done += (size_t)wrote;
  }
  return lseek(in, 0, SEEK_SET) == 0;
}

static void streams_close(const struct streams *streams) {
  for (int i = 0; i < 3; i++)
    if (streams->descriptors[i] >= 0)
      close(streams->descriptors[i]);
}

/* NULL when it cannot be read. */
static char *read_back(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0)
    return NULL;
  size_t size = (size_t)status.st_size;
  char *text = must_alloc(size + 1, 1);
  for (size_t done = 0; done < size;) {
    ssize_t got = pread(descriptor, text + done, size - done, (off_t)done);
    if (got <= 0) {
      free(text);
      return NULL;
    }
    done += (size_t)got;
  }
  return text;
}

/* Returns 0 and the status of wait(2), or an errno value. */
static int run_with(char *const *command, const struct streams *streams, int *ret_status) {
  posix_spawn_file_actions_t actions;
  pid_t child = 0;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0)
    return error;
  for (int i = 0; i < 3 && error == 0; i++)
    error = posix_spawn_file_actions_adddup2(&actions, streams->descriptors[i], i);
  if (error == 0)
    error = posix_spawn(&child, command[0], &actions, NULL, command, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return error;
  while (waitpid(child, ret_status, 0) < 0)
    if (errno != EINTR)
      return errno;
  return 0;
}

static bool run_in(char *const *command, const struct streams *streams, char **ret_output) {
  int status = 0;
  int error = run_with(command, streams, &status);
  if (error != 0) {
    say_error("%s: %s", command[0], strerror(error));
    return false;
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    AUTO_TEXT said = read_back(streams->descriptors[2]);
    say_error("%s failed: %s", command[0], said == NULL || *said == '\0' ? "it said nothing" : said);
    return false;
  }
  *ret_output = read_back(streams->descriptors[1]);
  if (*ret_output == NULL)
    say_error("%s: its output cannot be read", command[0]);
  return *ret_output != NULL;
}

bool filter_run(char *const *command, const char *input, char **ret_output) {
  struct streams streams;
  bool made = streams_make(input, &streams);
  if (!made)
    say_error("%s: %s", command[0], strerror(errno));
  bool good = made && run_in(command, &streams, ret_output);
  streams_close(&streams);
  return good;
}
