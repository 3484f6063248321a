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

/* Nobody notices, and the machine does not either. */
#define PAUSE_NS 20000000
/* The word that is left: process, user, time and command line, a line each. */
#define WORD_LINES 4
#define WORD_BYTES 1024

/* Where it cannot be written, on a full disk say, the lock holds all the same. */
static void sign(int fd, const char *user) {
  AUTO_TEXT when = timestamp_local(time(NULL));
  AUTO_TEXT command = command_line_text();
  AUTO_TEXT word = must_format("%ld\n%s\n%s\n%s\n", (long)getpid(), user, when, command);
  if (ftruncate(fd, 0) == 0)
    (void)!pwrite(fd, word, strlen(word), 0);
}

/*
 * Whose file it is may write there what he likes, such as that somebody else's process is to be ended: only
 * what this user has written is believed, and root.
 */
static bool is_credible(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
         (status.st_uid == geteuid() || status.st_uid == 0);
}

/* Cuts the word into its lines. False: it is none to believe, or of a process that is no more. */
static bool read_word(const char *path, char *word, char *lines[WORD_LINES], long *ret_pid) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  ssize_t length = fd < 0 || !is_credible(fd) ? -1 : pread(fd, word, WORD_BYTES - 1, 0);
  char *rest = word;
  if (fd >= 0)
    close(fd);
  word[length < 0 ? 0 : length] = '\0';
  for (int i = 0; i < WORD_LINES; i++)
    if ((lines[i] = strsep(&rest, "\n")) == NULL)
      return false;
  return rest != NULL && number_read(lines[0], 1, INT32_MAX, ret_pid) &&
         (kill((pid_t)*ret_pid, 0) == 0 || errno == EPERM);
}

/* *ret_pid: 0 where nobody knows. For free(3). */
static char *holder(const char *path, long *ret_pid) {
  char word[WORD_BYTES];
  char *lines[WORD_LINES];
  if (read_word(path, word, lines, ret_pid))
    return must_format("another pinctl: \"%s\" of %s, process %ld, since %s", lines[3], lines[1], *ret_pid,
                       lines[2]);
  *ret_pid = 0;
  return must_copy("another pinctl");
}

/* No note, which --quiet and --json hide: nothing else says why nothing happens. */
static void say_waiting(const char *path) {
  long pid = 0;
  AUTO_TEXT who = holder(path, &pid);
  say_warning("waiting for %s (%s)", who, path);
}

char *lock_why(const char *path, int error) {
  long pid = 0;
  if (error == EINTR && end_asked() != 0)
    return must_format("ended by a signal (%s); nothing was changed", strsignal(end_asked()));
  if (error != EWOULDBLOCK)
    return must_format("%s%s", strerror(error), root_remedy(error));
  AUTO_TEXT who = holder(path, &pid);
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
    sign(*ret_fd, user);
  return error;
}
