/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/child.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/timestamp.h"

/* The time between two checks whether the child has ended. */
#define CHECK_NANOSECONDS 10000000

static int set_streams(posix_spawn_file_actions_t *actions, const struct child_streams *streams) {
  const int given[] = {streams->in, streams->out, streams->err};
  int error = 0;
  for (int i = 0; i < 3 && error == 0; i++)
    if (given[i] >= 0)
      error = posix_spawn_file_actions_adddup2(actions, given[i], i);
  return error;
}

/* Gives these signals their default action in the child, even where pinctl ignores them. */
static int set_attributes(posix_spawnattr_t *attributes, bool in_group) {
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGINT);
  sigaddset(&defaults, SIGQUIT);
  int error = posix_spawnattr_setsigdefault(attributes, &defaults);
  if (error == 0 && in_group)
    error = posix_spawnattr_setpgroup(attributes, 0);
  if (error == 0)
    error = posix_spawnattr_setflags(attributes,
                                     (short)(POSIX_SPAWN_SETSIGDEF | (in_group ? POSIX_SPAWN_SETPGROUP : 0)));
  return error;
}

int child_start(char *const *command, const struct child_streams *streams, bool in_group, pid_t *ret_child) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0)
    return error;
  error = posix_spawnattr_init(&attributes);
  if (error == 0) {
    error = streams != NULL ? set_streams(&actions, streams) : 0;
    error = error != 0 ? error : set_attributes(&attributes, in_group);
    error = error != 0 ? error : posix_spawnp(ret_child, command[0], &actions, &attributes, command, environ);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

int child_wait(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return -1;
  return status;
}

bool child_wait_seconds(pid_t child, long seconds, int *ret_status) {
  static const struct timespec pause = {.tv_nsec = CHECK_NANOSECONDS};
  double end = monotonic_seconds() + (double)seconds;
  for (;;) {
    pid_t got = waitpid(child, ret_status, WNOHANG);
    if (got == child)
      return true;
    if ((got < 0 && errno != EINTR) || monotonic_seconds() >= end)
      break;
    nanosleep(&pause, NULL);
  }
  kill(-child, SIGKILL);
  *ret_status = child_wait(child);
  return false;
}

bool child_succeeded(int status) {
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
