/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/timestamp.h"
#include "notify/ways.h"

extern char **environ;

/* Between two looks at whether it has ended. */
#define LOOK_NANOSECONDS 10000000

/* A file in memory: a program that does not read it all breaks no pipe, and keeps nobody waiting. -1: not
 * made. */
static int input_file(const char *input) {
  int fd = memfd_create("pinctl-notify", MFD_CLOEXEC);
  size_t length = strlen(input);
  for (size_t done = 0; fd >= 0 && done < length;) {
    ssize_t wrote = write(fd, input + done, length - done);
    if (wrote < 0 && errno != EINTR) {
      close(fd);
      return -1;
    }
    done += wrote > 0 ? (size_t)wrote : 0;
  }
  if (fd >= 0 && lseek(fd, 0, SEEK_SET) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

/* In a group of its own, to be killed with all of it. Returns 0 or an errno value. */
static int start(char *const *command, int input, pid_t *ret_child) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0)
    return error;
  error = posix_spawnattr_init(&attributes);
  if (error == 0) {
    error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    error = error != 0 ? error : posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    error = error != 0 ? error : posix_spawnattr_setpgroup(&attributes, 0);
    error = error != 0 ? error : posix_spawnattr_setsigdefault(&attributes, &defaults);
    error = error != 0 ? error
                       : posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    error = error != 0 ? error : posix_spawn(ret_child, command[0], &actions, &attributes, command, environ);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/* False: it had to be killed. */
static bool wait_for(pid_t child, long timeout, int *ret_status) {
  static const struct timespec pause = {.tv_nsec = LOOK_NANOSECONDS};
  double end = monotonic_seconds() + (double)timeout;
  for (;;) {
    pid_t got = waitpid(child, ret_status, WNOHANG);
    if (got == child)
      return true;
    if ((got < 0 && errno != EINTR) || monotonic_seconds() >= end)
      break;
    nanosleep(&pause, NULL);
  }
  kill(-child, SIGKILL);
  while (waitpid(child, ret_status, 0) < 0 && errno == EINTR)
    ;
  return false;
}

char *child_run(char *const *command, const char *input, long timeout) {
  pid_t child = 0;
  int status = 0;
  int fd = input_file(input);
  int error = fd < 0 ? errno : start(command, fd, &child);
  if (fd >= 0)
    close(fd);
  if (error != 0)
    return must_format("%s: %s", command[0], strerror(error));
  if (!wait_for(child, timeout, &status))
    return must_format("%s: did not end within %ld s, and was killed", command[0], timeout);
  if (WIFSIGNALED(status))
    return must_format("%s: was killed by signal %d", command[0], WTERMSIG(status));
  if (WEXITSTATUS(status) != 0)
    return must_format("%s: ended with status %d", command[0], WEXITSTATUS(status));
  return NULL;
}
