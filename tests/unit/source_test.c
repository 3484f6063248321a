/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Which files are read, in which order, and which are not trusted. With real files. */
#include "fixture.h"
#include "runner.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A user who is neither root nor us. */
#define STRANGER ((uid_t)65534)
#define ANOTHER ((uid_t)65533)

#define MAIN_ERROR "policy.cfg: error: "

static void must(int result) {
  if (result != 0) {
    perror("source_test");
    exit(1);
  }
}

static void expect_folder(const struct policy_folder *folder, enum pin_status status, const char *report) {
  struct compiled compiled;
  compile_folder(folder, &compiled);
  expect_result(&compiled, folder->path, status, report);
  compiled_free(&compiled);
}

static void refuses_a_missing_main_file(void) {
  struct policy_folder folder;
  folder_make(&folder);
  expect_folder(&folder, PIN_UNREADABLE, MAIN_ERROR "cannot be opened: no such file\n");
  must(symlink("nowhere", folder_path(&folder, "policy.cfg")));
  expect_folder(&folder, PIN_UNREADABLE, MAIN_ERROR "cannot be opened: a symbolic link to nothing\n");
  must(unlink(folder_path(&folder, "policy.cfg")));
  must(symlink("policy.cfg", folder_path(&folder, "policy.cfg")));
  expect_folder(&folder, PIN_UNREADABLE, MAIN_ERROR "cannot be opened: too many symbolic links\n");
  folder_remove(&folder);
}

static void refuses_other_kinds_of_files(void) {
  struct policy_folder folder;
  folder_make(&folder);
  const char *path = folder_path(&folder, "policy.cfg");

  must(mkdir(path, 0755));
  expect_folder(&folder, PIN_UNREADABLE, MAIN_ERROR "is a directory; expected a regular file\n");
  must(rmdir(path));

  path = folder_path(&folder, "policy.cfg");
  must(mkfifo(path, 0600));
  alarm(20); /* opening it must not wait for a writer */
  expect_folder(&folder, PIN_UNREADABLE, MAIN_ERROR "is a fifo; expected a regular file\n");
  alarm(0);

  path = folder_path(&folder, "policy.cfg");
  must(unlink(path));
  must(symlink("/dev/null", path));
  expect_folder(&folder, PIN_UNREADABLE, MAIN_ERROR "is a device; expected a regular file\n");
  folder_remove(&folder);
}

static void refuses_what_others_may_write(void) {
  static const struct {
    mode_t mode;
    const char *report;
  } modes[] = {
      {0664, MAIN_ERROR "has mode 0664; expected it not to be writable by group or others\n"},
      {0646, MAIN_ERROR "has mode 0646; expected it not to be writable by group or others\n"},
      {0666, MAIN_ERROR "has mode 0666; expected it not to be writable by group or others\n"},
      {0620, MAIN_ERROR "has mode 0620; expected it not to be writable by group or others\n"},
  };
  struct policy_folder folder;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", V);
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    must(chmod(folder_path(&folder, "policy.cfg"), modes[i].mode));
    expect_folder(&folder, PIN_UNREADABLE, modes[i].report);
  }
  must(chmod(folder_path(&folder, "policy.cfg"), 0640));
  expect_folder(&folder, PIN_OK, "");
  must(chmod(folder_path(&folder, "policy.cfg"), 0400));
  expect_folder(&folder, PIN_OK, "");
  folder_remove(&folder);
}

/* A user who can write there can remove policy.d, or put an old file back. */
static void refuses_a_folder_that_others_may_write(void) {
  static const mode_t open_modes[] = {0777, 0775, 0757, 02775};
  struct policy_folder folder;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", V);
  for (size_t i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
    char report[128];
    snprintf(report, sizeof report,
             MAIN_ERROR "lies in a folder of mode %04o; expected it not to be writable by group or others\n",
             (unsigned)open_modes[i]);
    must(chmod(folder.path, open_modes[i]));
    expect_folder(&folder, PIN_UNREADABLE, report);
  }
  /* Like /tmp. */
  must(chmod(folder.path, 01777));
  expect_folder(&folder, PIN_OK, "");
  must(chmod(folder.path, 0755));
  expect_folder(&folder, PIN_OK, "");
  if (geteuid() == 0) {
    must(chown(folder.path, STRANGER, (gid_t)-1));
    expect_folder(&folder, PIN_UNREADABLE,
                  MAIN_ERROR
                  "lies in a folder owned by user 65534; expected root or the effective user (0)\n");
    must(chown(folder.path, 0, (gid_t)-1));
  }
  folder_remove(&folder);
}

static void judges_policy_d_as_a_file(void) {
  struct policy_folder folder;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", V);
  folder_write(&folder, "policy.d/a.cfg", "hosts = ( );");
  must(chmod(folder_path(&folder, "policy.d"), 0775));
  expect_folder(&folder, PIN_UNREADABLE,
                "policy.d: error: has mode 0775; expected it not to be writable by group or others\n");
  must(chmod(folder_path(&folder, "policy.d"), 01777));
  expect_folder(&folder, PIN_UNREADABLE,
                "policy.d: error: has mode 1777; expected it not to be writable by group or others\n");
  must(chmod(folder_path(&folder, "policy.d"), 0755));
  expect_folder(&folder, PIN_OK, "");
  must(unlink(folder_path(&folder, "policy.d/a.cfg")));
  must(rmdir(folder_path(&folder, "policy.d")));
  folder_write(&folder, "policy.d", "hosts = ( );");
  expect_folder(&folder, PIN_UNREADABLE, "policy.d: error: is a regular file; expected a directory\n");
  must(unlink(folder_path(&folder, "policy.d")));
  must(symlink("nowhere", folder_path(&folder, "policy.d")));
  expect_folder(&folder, PIN_UNREADABLE, "policy.d: error: cannot be opened: a symbolic link to nothing\n");
  folder_remove(&folder);
}

/* Compiles with the effective user changed, which only root can do. */
static void expect_folder_as(uid_t user, const struct policy_folder *folder, enum pin_status status,
                             const char *report) {
  must(seteuid(user));
  expect_folder(folder, status, report);
  must(seteuid(0));
}

static void refuses_files_of_strangers(void) {
  struct policy_folder folder;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", V);
  folder_write(&folder, "policy.d/a.cfg", "hosts = ( );");
  expect_folder(&folder, PIN_OK, "");
  if (geteuid() != 0) {
    /* Only root can give files away. */
    folder_remove(&folder);
    return;
  }

  must(chown(folder_path(&folder, "policy.cfg"), STRANGER, (gid_t)-1));
  expect_folder(&folder, PIN_UNREADABLE,
                MAIN_ERROR "is owned by user 65534; expected root or the effective user (0)\n");
  expect_folder_as(STRANGER, &folder, PIN_OK, "");
  expect_folder_as(ANOTHER, &folder, PIN_UNREADABLE,
                   MAIN_ERROR "is owned by user 65534; expected root or the effective user (65533)\n");

  must(chown(folder_path(&folder, "policy.cfg"), 0, (gid_t)-1));
  must(chown(folder_path(&folder, "policy.d"), STRANGER, (gid_t)-1));
  expect_folder(&folder, PIN_UNREADABLE,
                "policy.d: error: is owned by user 65534; expected root or the effective user (0)\n");
  must(chown(folder_path(&folder, "policy.d"), 0, (gid_t)-1));
  must(chown(folder_path(&folder, "policy.d/a.cfg"), STRANGER, (gid_t)-1));
  expect_folder(&folder, PIN_UNREADABLE,
                "policy.d/a.cfg: error: is owned by user 65534; expected root or the effective user (0)\n");
  folder_remove(&folder);
}

/* Root may read everything, so it becomes another user for this. */
static void reports_what_may_not_be_read(void) {
  struct policy_folder folder;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", V);
  folder_write(&folder, "policy.d/a.cfg", "hosts = ( );");
  bool root = geteuid() == 0;
  must(chmod(folder_path(&folder, "policy.d"), 0));
  must(chmod(folder_path(&folder, "policy.cfg"), 0));
  if (root)
    must(seteuid(STRANGER));
  expect_folder(&folder, PIN_UNREADABLE,
                MAIN_ERROR "cannot be opened: permission denied\n"
                           "policy.d: error: cannot be opened: permission denied\n");
  if (root)
    must(seteuid(0));
  must(chmod(folder_path(&folder, "policy.d"), 0755));
  folder_remove(&folder);
}

static void refuses_a_file_that_is_too_large(void) {
  struct policy_folder folder;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", V);
  must(truncate(folder_path(&folder, "policy.cfg"), ((off_t)1 << 30) + 1));
  expect_folder(&folder, PIN_UNREADABLE, MAIN_ERROR "has 1073741825 bytes; expected at most 1073741824\n");
  folder_remove(&folder);
}

static void reads_drop_ins_in_byte_order(void) {
  struct policy_folder folder;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", "version = 2;");
  folder_write(&folder, "policy.d/b.cfg", "hosts = 1;");
  folder_write(&folder, "policy.d/a.cfg", "hosts = 1;");
  folder_write(&folder, "policy.d/B.cfg", "hosts = 1;");
  folder_write(&folder, "policy.d/10.cfg", "hosts = 1;");
  folder_write(&folder, "policy.d/9.cfg", "hosts = 1;");
  folder_write(&folder, "policy.d/a-.cfg", "hosts = 1;");
  /* None of these is a drop-in. */
  folder_write(&folder, "policy.d/.cfg", "no");
  folder_write(&folder, "policy.d/.hidden.cfg", "no");
  folder_write(&folder, "policy.d/c.cfg~", "no");
  folder_write(&folder, "policy.d/c.CFG", "no");
  folder_write(&folder, "policy.d/cfg", "no");
  folder_write(&folder, "policy.d/c.cfg.dpkg-new", "no");
#define WRONG ".cfg:1:9+1: error: hosts is a number; expected a list ( { ... }, { ... } )\n"
  expect_folder(&folder, PIN_INVALID,
                "policy.cfg:1:11+1: error: unknown version 2; expected 1\n"
                "policy.d/10" WRONG "policy.d/9" WRONG "policy.d/B" WRONG "policy.d/a-" WRONG
                "policy.d/a" WRONG "policy.d/b" WRONG);
  folder_remove(&folder);
}

static void reports_every_bad_drop_in(void) {
  struct policy_folder folder;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", V);
  folder_write(&folder, "policy.d/a.cfg", "hosts = ( );");
  must(symlink("a.cfg", folder_path(&folder, "policy.d/good.cfg")));
  expect_folder(&folder, PIN_OK, "");

  must(symlink("nowhere", folder_path(&folder, "policy.d/b.cfg")));
  must(mkdir(folder_path(&folder, "policy.d/c.cfg"), 0755));
  must(mkfifo(folder_path(&folder, "policy.d/d.cfg"), 0600));
  folder_write(&folder, "policy.d/e.cfg", "hosts = ( );");
  must(chmod(folder_path(&folder, "policy.d/e.cfg"), 0666));
  folder_write(&folder, "policy.d/f.cfg", "hosts = 5;");
  alarm(20);
  expect_folder(&folder, PIN_UNREADABLE,
                "policy.d/b.cfg: error: cannot be opened: a symbolic link to nothing\n"
                "policy.d/c.cfg: error: is a directory; expected a regular file\n"
                "policy.d/d.cfg: error: is a fifo; expected a regular file\n"
                "policy.d/e.cfg: error: has mode 0666; expected it not to be writable by group or others\n"
                "policy.d/f.cfg:1:9+1: error: hosts is a number; expected a list ( { ... }, { ... } )\n");
  alarm(0);
  folder_remove(&folder);
}

static void makes_relative_paths_absolute(void) {
  struct policy_folder folder;
  struct compiled compiled;
  int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", V);
  folder_write(&folder, "policy.d/a.cfg", "hosts = 5;");
  must(chdir(folder.path));
  compile_path("policy.cfg", "", &compiled);
  CU_ASSERT_EQUAL(compiled.status, PIN_INVALID);
  CU_ASSERT_EQUAL(
      strncmp(compiled.report, folder_path(&folder, "policy.d/a.cfg:1:9"), strlen(folder.path) + 19), 0);
  compiled_free(&compiled);

  folder_write(&folder, "policy.d/a.cfg", "hosts = ( );");
  compile_path("./policy.cfg", folder.path, &compiled);
  must(fchdir(before));
  expect_result(&compiled, "relative", PIN_OK, "");
  /* Also after the working directory has changed. */
  CU_ASSERT_TRUE(compiled.status == PIN_OK && pin_policy_is_fresh(&compiled.policy));
  compiled_free(&compiled);
  close(before);
  folder_remove(&folder);
}

static void reports_a_lost_working_directory(void) {
  struct policy_folder folder;
  struct compiled compiled;
  int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  folder_make(&folder);
  must(chdir(folder.path));
  folder_remove(&folder);
  compile_path("policy.cfg", "", &compiled);
  must(fchdir(before));
  close(before);
  expect_result(&compiled, "lost", PIN_UNREADABLE,
                MAIN_ERROR "cannot be found: there is no working directory (no such file)\n");
  compiled_free(&compiled);
}

/* Compiles, calls `change`, and asserts that the policy is no longer fresh. */
static void expect_stale_after(void (*change)(const struct policy_folder *), const char *label) {
  struct policy_folder folder;
  struct compiled compiled;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", V);
  folder_write(&folder, "policy.d/a.cfg", "hosts = ( );");
  compile_folder(&folder, &compiled);
  expect_result(&compiled, label, PIN_OK, "");
  change(&folder);
  bool stale = compiled.status == PIN_OK && !pin_policy_is_fresh(&compiled.policy);
  CU_ASSERT_TRUE(stale);
  if (!stale)
    fprintf(stderr, "\nstill fresh after: %s\n", label);
  compiled_free(&compiled);
  folder_remove(&folder);
}

static void lengthen_main(const struct policy_folder *folder) {
  folder_write(folder, "policy.cfg", V "\n");
}

/* Within the same tick of the clock for time stamps: the reader must have waited until it is over. */
static void rewrite_main_at_once(const struct policy_folder *folder) {
  folder_write(folder, "policy.cfg", V);
}

static void add_a_drop_in(const struct policy_folder *folder) {
  folder_write(folder, "policy.d/b.cfg", "");
}

static void remove_a_drop_in(const struct policy_folder *folder) {
  must(unlink(folder_path(folder, "policy.d/a.cfg")));
}

static void rewrite_a_drop_in(const struct policy_folder *folder) {
  folder_write(folder, "policy.d/a.cfg", "hosts = ( ) ");
}

static void replace_main(const struct policy_folder *folder) {
  folder_write(folder, "new", V);
  must(rename(folder_path(folder, "new"), folder_path(folder, "policy.cfg")));
}

static void records_what_every_source_was(void) {
  expect_stale_after(lengthen_main, "lengthen main");
  expect_stale_after(rewrite_main_at_once, "rewrite main at once");
  expect_stale_after(add_a_drop_in, "add a drop-in");
  expect_stale_after(remove_a_drop_in, "remove a drop-in");
  expect_stale_after(rewrite_a_drop_in, "rewrite a drop-in");
  expect_stale_after(replace_main, "replace main");
}

static void notices_a_new_policy_d(void) {
  struct policy_folder folder;
  struct compiled compiled;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", V);
  compile_folder(&folder, &compiled);
  expect_result(&compiled, "no policy.d", PIN_OK, "");
  must(mkdir(folder_path(&folder, "policy.d"), 0755));
  CU_ASSERT_TRUE(compiled.status == PIN_OK && !pin_policy_is_fresh(&compiled.policy));
  compiled_free(&compiled);
  folder_remove(&folder);
}

static void does_not_wait_for_the_future(void) {
  struct policy_folder folder;
  const struct timespec times[2] = {{.tv_sec = time(NULL) + 86400}, {.tv_sec = time(NULL) + 86400}};
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", V);
  must(utimensat(AT_FDCWD, folder_path(&folder, "policy.cfg"), times, 0));
  alarm(20);
  expect_folder(&folder, PIN_OK, "");
  alarm(0);
  folder_remove(&folder);
}

/* ---- Time stamps of the current tick ---- */

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now);
int __real_clock_gettime(clockid_t clock, struct timespec *ret_now);
int __wrap_nanosleep(const struct timespec *duration, struct timespec *ret_left);
int __real_nanosleep(const struct timespec *duration, struct timespec *ret_left);

static struct timespec clock_stands_at;
static unsigned ticks_left; /* how often the clock is read before it advances */
static unsigned sleeps;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now) {
  if (ticks_left == 0)
    return __real_clock_gettime(clock, ret_now);
  *ret_now = clock_stands_at;
  ret_now->tv_nsec += --ticks_left == 0 ? 1 : 0;
  return 0;
}

int __wrap_nanosleep(const struct timespec *duration, struct timespec *ret_left) {
  if (ticks_left == 0)
    return __real_nanosleep(duration, ret_left);
  sleeps++;
  return 0;
}

/* The main file was changed `age` nanoseconds before the time at which the clock stands. Returns how often
 * the reader slept. */
static unsigned sleeps_at_age(long age, unsigned ticks) {
  const struct timespec changed[2] = {{.tv_sec = 1000000000, .tv_nsec = 5000000},
                                      {.tv_sec = 1000000000, .tv_nsec = 5000000}};
  struct policy_folder folder;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", V);
  must(utimensat(AT_FDCWD, folder_path(&folder, "policy.cfg"), changed, 0));
  clock_stands_at = changed[1];
  clock_stands_at.tv_nsec += age;
  ticks_left = ticks;
  sleeps = 0;
  expect_folder(&folder, PIN_OK, "");
  ticks_left = 0;
  folder_remove(&folder);
  return sleeps;
}

static void waits_out_the_tick_of_a_change(void) {
  CU_ASSERT_EQUAL(sleeps_at_age(0, 4), 3);
  CU_ASSERT_EQUAL(sleeps_at_age(-4000000, 1000), 20);
  CU_ASSERT_EQUAL(sleeps_at_age(4000000, 4), 0);
  CU_ASSERT_EQUAL(sleeps_at_age(0, 0), 0);
}

static const struct unit_test tests[] = {
    {"refuses a missing main file", refuses_a_missing_main_file},
    {"refuses other kinds of files", refuses_other_kinds_of_files},
    {"refuses what others may write", refuses_what_others_may_write},
    {"refuses a folder that others may write", refuses_a_folder_that_others_may_write},
    {"judges policy.d as a file", judges_policy_d_as_a_file},
    {"refuses files of strangers", refuses_files_of_strangers},
    {"reports what may not be read", reports_what_may_not_be_read},
    {"refuses a file that is too large", refuses_a_file_that_is_too_large},
    {"reads drop-ins in byte order", reads_drop_ins_in_byte_order},
    {"reports every bad drop-in", reports_every_bad_drop_in},
    {"makes relative paths absolute", makes_relative_paths_absolute},
    {"reports a lost working directory", reports_a_lost_working_directory},
    {"records what every source was", records_what_every_source_was},
    {"notices a new policy.d", notices_a_new_policy_d},
    {"does not wait for the future", does_not_wait_for_the_future},
    {"waits out the tick of a change", waits_out_the_tick_of_a_change},
    {NULL, NULL},
};

int main(void) {
  static const struct unit_suite suite = {"source", NULL, NULL, tests};
  return unit_run(&suite);
}
