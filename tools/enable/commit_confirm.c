/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "enable/commit_confirm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "cli/output.h"
#include "cli/result.h"
#include "edit/present_text.h"
#include "enable/ld_preload.h"
#include "enable/managed_block.h"

/* If there was no file before, the saved file is a symbolic link to this name, which is never followed. */
#define NO_FILE "no-file"
/* The longest pause between two attempts to undo a change, in seconds. */
#define LONGEST_PAUSE 60

/* The path of the saved file. It does not end in .cnf, so that no .include of the directory reads it. */
static char *saved_path(const struct target *target) {
  return must_format("%s/.pinctl-unconfirmed-%s~", target->directory, path_base(target->path));
}

/* The same for a path that may be a symbolic link; for free(3). NULL: there is no file. */
static char *saved_path_of(const char *path) {
  AUTO_TEXT real = realpath(path, NULL);
  struct target target = {.path = real};
  if (real == NULL)
    return NULL;
  AUTO_TEXT directory = path_directory(real);
  target.directory = directory;
  return saved_path(&target);
}

bool confirm_is_waiting(const char *path) {
  struct stat saved;
  AUTO_TEXT name = saved_path_of(path);
  return name != NULL && lstat(name, &saved) == 0;
}

/* ---- Systemd ---- */

/* Each file has a unit of its own, so that the right timer is stopped. */
static char *unit_name(const struct target *target) {
  char *name = must_format("pinctl-unconfirmed%s", target->path);
  for (char *at = name; *at != '\0'; at++)
    if (strchr("/ \t\\%:", *at) != NULL)
      *at = '-';
  return name;
}

static bool run_quietly(char *const *command) {
  pid_t child = 0;
  return child_start(command, NULL, false, &child) == 0 && child_succeeded(child_wait(child));
}

static bool is_systemd_running(void) {
  return access("/run/systemd/system", F_OK) == 0 && geteuid() == 0;
}

static void stop_systemd(const struct target *target) {
  AUTO_TEXT name = unit_name(target);
  AUTO_TEXT timer = must_format("%s.timer", name);
  const char *command[] = {"systemctl", "--quiet", "stop", timer, NULL};
  if (is_systemd_running())
    run_quietly((char *const *)(uintptr_t)command);
}

/* ---- The saved file ---- */

/* Others may be able to write in the folder too: their files are not trusted. */
static bool is_ours(const struct target *target, const struct stat *status) {
  return status->st_uid == geteuid() || (target->text != NULL && status->st_uid == target->status.st_uid);
}

/* The saved text. NULL: there was no file, or *ret_error has an errno value. */
static char *read_saved(const struct target *target, const char *saved, int *ret_error) {
  struct stat status;
  char *text = NULL;
  size_t length = 0;
  *ret_error = lstat(saved, &status) != 0 ? errno : 0;
  if (*ret_error == 0 && !is_ours(target, &status))
    *ret_error = EPERM;
  if (*ret_error == 0 && !S_ISLNK(status.st_mode))
    *ret_error = file_read(saved, &text, &length);
  return text;
}

/* If pinctl was killed before its change, only the saved file is left: that is removed, and nothing is
 * pending. */
bool confirm_is_pending(const struct target *target) {
  int error = 0;
  AUTO_TEXT saved = saved_path(target);
  AUTO_TEXT old_text = read_saved(target, saved, &error);
  if (error == ENOENT)
    return false;
  if (error != 0 || !present_text_is(old_text, target->text))
    return true;
  if (target->lock >= 0)
    confirm_forget(target);
  return false;
}

void confirm_forget(const struct target *target) {
  AUTO_TEXT saved = saved_path(target);
  int error = unlink(saved) != 0 ? errno : directory_sync(target->directory);
  if (error == ENOENT)
    return;
  if (error != 0)
    say_error("%s: cannot be removed for good: %s; if it is there again, the change may still be undone",
              saved, strerror(error));
  stop_systemd(target);
}

static bool save_text(const struct target *target) {
  AUTO_TEXT saved = saved_path(target);
  if (target->text != NULL)
    return target_write_as(target, saved, target->text);
  if (symlink(NO_FILE, saved) == 0)
    return true;
  return say_error("%s: %s", saved, strerror(errno));
}

/* ---- Timers ---- */

static bool arm_systemd(const struct target *target, long seconds, bool preload) {
  AUTO_TEXT program = realpath("/proc/self/exe", NULL);
  AUTO_TEXT name = unit_name(target);
  AUTO_TEXT unit = must_format("--unit=%s", name);
  AUTO_TEXT delay = must_format("--on-active=%ld", seconds);
  AUTO_TEXT file = must_format("--openssl-conf=%s", target->path);
  const char *which = preload ? "--preload" : file;
  /* systemd restarts it until it succeeds: the disk may be full when the time is up. */
  const char *command[] = {"systemd-run",
                           "--quiet",
                           "--collect",
                           unit,
                           delay,
                           "--timer-property=AccuracySec=1s",
                           "--property=Restart=on-failure",
                           "--property=RestartSec=15",
                           program,
                           "disable",
                           "--unconfirmed",
                           which,
                           NULL};
  return program != NULL && run_quietly((char *const *)(uintptr_t)command);
}

static bool is_same_file(const char *path, const struct stat *status) {
  struct stat now;
  return lstat(path, &now) == 0 && now.st_ino == status->st_ino &&
         now.st_ctim.tv_sec == status->st_ctim.tv_sec && now.st_ctim.tv_nsec == status->st_ctim.tv_nsec;
}

/*
 * Counts time while the machine is suspended too, since the person who waits for it is not. Returns early if
 * the change was confirmed or undone meanwhile.
 */
static void wait_until(const struct timespec *end, const char *saved, const struct stat *status) {
  struct timespec now;
  while (is_same_file(saved, status) && clock_gettime(CLOCK_BOOTTIME, &now) == 0) {
    bool last = now.tv_sec + 1 >= end->tv_sec;
    struct timespec next = {.tv_sec = last ? end->tv_sec : now.tv_sec + 1, .tv_nsec = end->tv_nsec};
    bool slept = clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &next, NULL) == 0;
    if (slept && last)
      return;
  }
}

/* Detaches from the terminal and closes all descriptors, the lock's in particular. */
static void detach(void) {
  int nowhere = open("/dev/null", O_RDWR);
  for (int fd = 0; nowhere >= 0 && fd < 3; fd++)
    dup2(nowhere, fd);
  close_range(3, ~0U, 0);
  if (chdir("/") != 0)
    _exit(EXIT_FAILED);
}

static int undo_now(const char *path, bool preload) {
  struct target target;
  int status = target_open(path, TARGET_UNDO, &target) ? confirm_undo(&target, preload) : EXIT_FAILED;
  target_close(&target);
  return status;
}

/* Never gives up: a full disk may get room again, and nothing else would try. */
__attribute__((noreturn)) static void undo_later(const char *path, const char *saved,
                                                 const struct stat *status, const struct timespec *end,
                                                 bool preload) {
  unsigned pause = 1;
  end_forget();
  detach();
  wait_until(end, saved, status);
  while (is_same_file(saved, status) && undo_now(path, preload) != EXIT_DONE) {
    sleep(pause);
    pause = pause < LONGEST_PAUSE ? 2 * pause : LONGEST_PAUSE;
  }
  _exit(EXIT_DONE);
}

/*
 * Forks twice, so that init becomes the parent and no shell waits for the process. The session is new before
 * the second fork: a terminal that closes at this moment does not end the process.
 */
static bool arm_process(const struct target *target, long seconds, bool preload) {
  struct stat status;
  struct timespec end;
  AUTO_TEXT saved = saved_path(target);
  if (lstat(saved, &status) != 0 || clock_gettime(CLOCK_BOOTTIME, &end) != 0)
    return false;
  end.tv_sec += seconds;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    pid_t grandchild = setsid() < 0 ? -1 : fork();
    if (grandchild == 0)
      undo_later(target->path, saved, &status, &end, preload);
    _exit(grandchild > 0 ? 0 : 1);
  }
  return child > 0 && child_succeeded(child_wait(child));
}

bool confirm_arm(const struct target *target, long seconds, bool preload) {
  if (!save_text(target))
    return false;
  if (is_systemd_running() ? arm_systemd(target, seconds, preload) : arm_process(target, seconds, preload))
    return true;
  say_error("cannot start a timer that would undo the change; nothing was changed");
  confirm_forget(target);
  return false;
}

/* ---- The end of the wait ---- */

int confirm_accept(const struct target *target) {
  if (!confirm_is_pending(target)) {
    say_error("%s: no change waits for a confirmation; it may have been undone already", target->path);
    return EXIT_FINDING;
  }
  confirm_forget(target);
  return EXIT_DONE;
}

/* Restores the old file by one rename, which also removes the saved file. */
static int restore_file(const struct target *target, const char *saved, bool was_there) {
  if (!was_there) {
    bool gone = target->text == NULL || target_put(target, NULL);
    confirm_forget(target);
    return gone ? EXIT_DONE : EXIT_FAILED;
  }
  int error = rename(saved, target->path) == 0 ? 0 : errno;
  if (error == 0) {
    result_file(target->path, target->text == NULL ? "made" : "changed");
    error = directory_sync(target->directory);
  }
  if (error != 0)
    say_error("%s: %s", target->path, strerror(error));
  else
    stop_systemd(target);
  return error == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* Restores only pinctl's own lines, since somebody has edited the file. */
static int restore_lines(const struct target *target, const struct block *now, const struct block *old,
                         bool preload) {
  if (now->state == BLOCK_DAMAGED || old->state == BLOCK_DAMAGED)
    return say_failure("%s: pinctl's lines were changed by hand; restore the file by hand", target->path);
  AUTO_TEXT text = old->body == NULL ? NULL
                   : preload         ? preload_line_add(now->rest, old->body)
                                     : block_add(now->rest, old->body);
  const char *wanted = text == NULL ? now->rest : text;
  if (!target_put(target, wanted))
    return EXIT_FAILED;
  confirm_forget(target);
  return EXIT_DONE;
}

static void find_lines(const char *text, bool preload, struct block *ret_block) {
  if (preload)
    preload_line_find(text, ret_block);
  else
    block_find(text, ret_block);
}

int confirm_undo(const struct target *target, bool preload) {
  int error = 0;
  AUTO_TEXT saved = saved_path(target);
  AUTO_TEXT old_text = read_saved(target, saved, &error);
  struct block now;
  struct block old;
  if (error == ENOENT) {
    say_note("%s: no change waits to be confirmed, so there is nothing to undo", target->path);
    return EXIT_DONE;
  }
  if (error != 0)
    return say_failure("%s: %s", saved, strerror(error));
  find_lines(target->text, preload, &now);
  find_lines(old_text, preload, &old);
  bool untouched = now.state != BLOCK_DAMAGED && present_text_is(now.rest, old.rest);
  int result =
      untouched ? restore_file(target, saved, old_text != NULL) : restore_lines(target, &now, &old, preload);
  block_clear(&now);
  block_clear(&old);
  if (result == EXIT_DONE)
    say_note("%s: the change that was not confirmed is undone", target->path);
  return result;
}
