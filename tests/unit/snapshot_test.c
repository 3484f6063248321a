/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Sources that change while they are read: the result is a policy that existed at one moment. */
#include "fixture.h"
#include "runner.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ATTEMPTS 8
#define CHANGED "changed while it was read, 8 times\n"

/* A drop-in for a.example, and one without hosts. */
#define HOST "hosts = ( { name = \"a.example\"; pins = [ \"" K1 "\" ]; } );\n"
#define NOTHING "hosts = ( );\n"

static void must(bool done, const char *what) {
  if (done)
    return;
  perror(what);
  exit(1);
}

/* ---- Between the reader and libc: the linker redirects these calls here ---- */

enum event { AFTER_LISTING, AFTER_READING };

/* What happens right after an event of the reader. */
struct meddling {
  enum event event;
  unsigned occurrence; /* number of the event within an attempt, from 1 */
  void (*change)(const struct policy_folder *folder);
  unsigned times; /* in how many attempts */
};

static struct policy_folder folder;
static struct meddling meddling;
static unsigned seen, attempts;

/* Where off_t has 32 bits by default, libc's functions for 64 have other names (see CMakeLists.txt). */
#if ULONG_MAX == 0xffffffff
#define __wrap_scandirat __wrap_scandirat64
#define __real_scandirat __real_scandirat64
#define __wrap_pread __wrap_pread64
#define __real_pread __real_pread64
#endif

int __wrap_scandirat(int directory, const char *name, struct dirent ***ret_names,
                     int (*filter)(const struct dirent *),
                     int (*compare)(const struct dirent **, const struct dirent **));
int __real_scandirat(int directory, const char *name, struct dirent ***ret_names,
                     int (*filter)(const struct dirent *),
                     int (*compare)(const struct dirent **, const struct dirent **));
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __real_pread(int fd, void *buffer, size_t size, off_t offset);

static void meddle_at(enum event event) {
  if (event != meddling.event || ++seen != meddling.occurrence || meddling.times == 0)
    return;
  meddling.times--;
  meddling.change(&folder);
}

int __wrap_scandirat(int directory, const char *name, struct dirent ***ret_names,
                     int (*filter)(const struct dirent *),
                     int (*compare)(const struct dirent **, const struct dirent **)) {
  int count = __real_scandirat(directory, name, ret_names, filter, compare);
  meddle_at(AFTER_LISTING);
  return count;
}

/* An attempt begins with the main file, which begins with an empty line. */
static bool begins_attempt(const char *buffer, ssize_t got, off_t offset) {
  return offset == 0 && got > 0 && buffer[0] == '\n';
}

ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset) {
  ssize_t got = __real_pread(fd, buffer, size, offset);
  if (begins_attempt(buffer, got, offset)) {
    attempts++;
    seen = 0;
  }
  if (offset == 0)
    meddle_at(AFTER_READING);
  return got;
}

/* ---- The changes ---- */

/* Writes beside the file, then renames, as pinctl does. */
static void replace(const char *name, const char *text) {
  static unsigned number;
  char beside[32];
  snprintf(beside, sizeof beside, ".beside-%u", number++);
  folder_write(&folder, beside, text);
  must(rename(folder_path(&folder, beside), folder_path(&folder, name)) == 0, name);
}

static void remove_z(const struct policy_folder *in) {
  must(unlink(folder_path(in, "policy.d/z.cfg")) == 0, "z.cfg");
}

static void remove_and_add_z(const struct policy_folder *in) {
  unlink(folder_path(in, "policy.d/z.cfg"));
  replace("policy.d/y.cfg", NOTHING);
  unlink(folder_path(in, "policy.d/y.cfg"));
}

static void bring_z_back(const struct policy_folder *in) {
  remove_z(in);
  replace("policy.d/z.cfg", HOST);
}

static void add_y(const struct policy_folder *in) {
  (void)in;
  replace("policy.d/y.cfg", HOST);
}

static void move_from_z_to_a(const struct policy_folder *in) {
  (void)in;
  replace("policy.d/a.cfg", HOST);
  replace("policy.d/z.cfg", NOTHING);
}

static void move_from_a_to_z(const struct policy_folder *in) {
  (void)in;
  replace("policy.d/a.cfg", NOTHING);
  replace("policy.d/z.cfg", HOST);
}

/* The folder policy.d stays as it is. */
static void move_from_z_to_a_in_place(const struct policy_folder *in) {
  folder_write(in, "policy.d/a.cfg", HOST);
  folder_write(in, "policy.d/z.cfg", NOTHING);
}

static void move_from_z_to_main(const struct policy_folder *in) {
  folder_write(in, "policy.cfg", "\n" V HOST);
  folder_write(in, "policy.d/z.cfg", NOTHING);
}

static void move_from_policy_d_to_main(const struct policy_folder *in) {
  replace("policy.cfg", "\n" V HOST);
  unlink(folder_path(in, "policy.d/a.cfg"));
  unlink(folder_path(in, "policy.d/z.cfg"));
  must(rmdir(folder_path(in, "policy.d")) == 0, "policy.d");
}

static void lengthen_main(const struct policy_folder *in) {
  FILE *file = fopen(folder_path(in, "policy.cfg"), "a");
  must(file != NULL && fputs("\n", file) >= 0 && fclose(file) == 0, "policy.cfg");
}

static void rewrite_main(const struct policy_folder *in) {
  FILE *file = fopen(folder_path(in, "policy.cfg"), "r+");
  must(file != NULL && fputs("\n", file) >= 0 && fclose(file) == 0, "policy.cfg");
}

static void rewrite_z(const struct policy_folder *in) {
  folder_write(in, "policy.d/z.cfg", HOST);
}

/* ---- The tests ---- */

/* The initial files; NULL: no such file. */
struct state {
  const char *a, *z;
};

static void compile_meddled(const struct state *state, const struct meddling *with,
                            struct compiled *ret_compiled) {
  char path[sizeof folder.path + sizeof "/policy.cfg"];
  folder_make(&folder);
  snprintf(path, sizeof path, "%s/policy.cfg", folder.path);
  folder_write(&folder, "policy.cfg", "\n" V);
  if (state->a != NULL)
    folder_write(&folder, "policy.d/a.cfg", state->a);
  if (state->z != NULL)
    folder_write(&folder, "policy.d/z.cfg", state->z);
  meddling = *with;
  attempts = seen = 0;
  compile_path(path, folder.path, ret_compiled);
  meddling.times = 0;
  folder_remove(&folder);
}

/* Asserts that the result is a policy with that many hosts, after one attempt more than were disturbed. */
static void expect_hosts(const char *label, const struct state *state, const struct meddling *with,
                         uint32_t hosts) {
  struct compiled compiled;
  compile_meddled(state, with, &compiled);
  expect_result(&compiled, label, PIN_OK, "");
  CU_ASSERT_TRUE(compiled.status == PIN_OK && compiled.policy.entry_count == hosts);
  CU_ASSERT_EQUAL(attempts, with->times + 1);
  compiled_free(&compiled);
}

static void expect_failure(const char *label, const struct state *state, const struct meddling *with,
                           const char *report) {
  struct compiled compiled;
  compile_meddled(state, with, &compiled);
  expect_result(&compiled, label, PIN_UNREADABLE, report);
  CU_ASSERT_EQUAL(attempts, ATTEMPTS);
  compiled_free(&compiled);
}

static const struct state nothing_then_host = {.a = NOTHING, .z = HOST};
static const struct state host_then_nothing = {.a = HOST, .z = NOTHING};

static void lists_again_where_a_drop_in_is_gone(void) {
  expect_hosts("gone", &nothing_then_host, &(struct meddling){AFTER_LISTING, 1, remove_z, 1}, 0);
  expect_hosts("gone and back", &nothing_then_host, &(struct meddling){AFTER_LISTING, 1, bring_z_back, 1}, 1);
}

static void takes_up_what_was_added_meanwhile(void) {
  static const struct state nothing = {.a = NOTHING, .z = NOTHING};
  expect_hosts("after listing", &nothing, &(struct meddling){AFTER_LISTING, 1, add_y, 1}, 1);
  expect_hosts("after the last file", &nothing, &(struct meddling){AFTER_READING, 3, add_y, 1}, 1);
}

static void sees_a_host_that_moves_once(void) {
  /* Read 2 is that of a.cfg: without the precautions, the host would be in neither file, or in both. */
  expect_hosts("neither", &nothing_then_host, &(struct meddling){AFTER_READING, 2, move_from_z_to_a, 1}, 1);
  expect_hosts("neither, in place", &nothing_then_host,
               &(struct meddling){AFTER_READING, 2, move_from_z_to_a_in_place, 1}, 1);
  expect_hosts("both", &host_then_nothing, &(struct meddling){AFTER_READING, 2, move_from_a_to_z, 1}, 1);
  expect_hosts("to the main file", &nothing_then_host,
               &(struct meddling){AFTER_READING, 1, move_from_z_to_main, 1}, 1);
  expect_hosts("to the main file, without policy.d", &nothing_then_host,
               &(struct meddling){AFTER_READING, 1, move_from_policy_d_to_main, 1}, 1);
}

static void reads_again_what_changes(void) {
  static const struct state none = {.a = NULL};
  void (*const changes[])(const struct policy_folder *) = {lengthen_main, rewrite_main};
  for (size_t i = 0; i < 2; i++) {
    expect_hosts("once", &none, &(struct meddling){AFTER_READING, 1, changes[i], 1}, 0);
    expect_hosts("all but once", &none, &(struct meddling){AFTER_READING, 1, changes[i], ATTEMPTS - 1}, 0);
    expect_failure("always", &none, &(struct meddling){AFTER_READING, 1, changes[i], ATTEMPTS},
                   "policy.cfg: error: " CHANGED);
  }
}

/* Only the one true reason is reported, not what half of one policy and half of another looks like. */
static void gives_up_in_the_end(void) {
  expect_failure("z.cfg", &host_then_nothing, &(struct meddling){AFTER_READING, 3, rewrite_z, ATTEMPTS},
                 "policy.d/z.cfg: error: " CHANGED);
  expect_failure("policy.d", &nothing_then_host,
                 &(struct meddling){AFTER_LISTING, 1, remove_and_add_z, ATTEMPTS},
                 "policy.d: error: " CHANGED);
}

static const struct unit_test tests[] = {
    {"lists again where a drop-in is gone", lists_again_where_a_drop_in_is_gone},
    {"takes up what was added meanwhile", takes_up_what_was_added_meanwhile},
    {"sees a host that moves once", sees_a_host_that_moves_once},
    {"reads again what changes", reads_again_what_changes},
    {"gives up in the end", gives_up_in_the_end},
    {NULL, NULL},
};

int main(void) {
  static const struct unit_suite suite = {"snapshot", NULL, NULL, tests};
  return unit_run(&suite);
}
