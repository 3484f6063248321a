/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/lock_wait.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/lock_file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/timestamp.h"
#include "cli/invocation.h"
#include "cli/output.h"

/* The time between two tries: short enough for a person, long enough for the machine. */
#define PAUSE_NS 20000000
/* What a holder writes into the lock file: process, user, time and command line, a line each. */
#define HOLDER_LINES 4
#define HOLDER_BYTES 1024

/* Writes who holds the lock into its file. Where that fails, on a full disk say, the lock holds all the same.
 */
static void write_holder(int fd, const char *user) {
  AUTO_TEXT when = timestamp_local(time(NULL));
  AUTO_TEXT command = command_line_text();
  AUTO_TEXT text = must_format("%ld\n%s\n%s\n%s\n", (long)getpid(), user, when, command);
  if (ftruncate(fd, 0) == 0)
    (void)!pwrite(fd, text, strlen(text), 0);
}

/*
 * The owner of a lock file could write anything there, for example that another user's process should be
 * killed. So only files of this user and of root are believed.
 */
static bool is_credible(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
         (status.st_uid == geteuid() || status.st_uid == 0);
}

/* Reads the lock file into `text` and cuts it into lines. False: the file is not to be believed or is
 * incomplete, or the process has ended. */
static bool read_holder(const char *path, char *text, char *lines[HOLDER_LINES], long *ret_pid) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  ssize_t length = fd < 0 || !is_credible(fd) ? -1 : pread(fd, text, HOLDER_BYTES - 1, 0);
  char *rest = text;
  if (fd >= 0)
    close(fd);
  text[length < 0 ? 0 : length] = '\0';
  for (int i = 0; i < HOLDER_LINES; i++)
    if ((lines[i] = strsep(&rest, "\n")) == NULL)
      return false;
  return rest != NULL && number_read(lines[0], 1, INT32_MAX, ret_pid) &&
         (kill((pid_t)*ret_pid, 0) == 0 || errno == EPERM);
}

/* Describes the holder. *ret_pid: its process; 0: not known. For free(3). */
static char *holder_text(const char *path, long *ret_pid) {
  char text[HOLDER_BYTES];
  char *lines[HOLDER_LINES];
  if (read_holder(path, text, lines, ret_pid))
    return must_format("another pinctl: \"%s\" of %s, process %ld, since %s", lines[3], lines[1], *ret_pid,
                       lines[2]);
  *ret_pid = 0;
  return must_copy("another pinctl");
}

/* A warning, since --quiet and --json hide notes and the user must see why nothing happens. */
static void say_waiting(const char *path) {
  long pid = 0;
  AUTO_TEXT who = holder_text(path, &pid);
  say_warning("waiting for %s (%s)", who, path);
}

char *lock_error_text(const char *path, int error) {
  long pid = 0;
  if (error == EINTR && end_asked() != 0)
    return must_format("ended by a signal (%s); nothing was changed", strsignal(end_asked()));
  if (error != EWOULDBLOCK)
    return must_format("%s%s", strerror(error), root_remedy(error));
  AUTO_TEXT who = holder_text(path, &pid);
  AUTO_TEXT remedy = pid == 0 ? must_format("\"fuser -v %s\" says which process that is", path)
                              : must_format("answer or end it (\"kill %ld\"), and try again", pid);
  return must_format("still locked by %s; nothing was changed; %s", who, remedy);
}

int lock_wait(const char *path, int seconds, const char *user, int *ret_fd) {
  double end = monotonic_seconds() + seconds;
  int error = lock_file_try(path, ret_fd);
  if (error == EWOULDBLOCK)
    say_waiting(path);
  while (error == EWOULDBLOCK && end_asked() == 0 &&
         (seconds == LOCK_PATIENCE_ENDLESS || monotonic_seconds() < end)) {
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    error = lock_file_try(path, ret_fd);
  }
  if (error == EWOULDBLOCK && end_asked() != 0)
    return EINTR;
  if (error == 0)
    write_holder(*ret_fd, user);
  return error;
}
