/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* When a policy that was read is no longer fresh, and which generation it has. */
#include "runner.h"
#include "sample.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/pinning-freshness-XXXXXX";
static char main_file[128], drop_in_folder[128], drop_in[128], missing[128];

static bool write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (!file)
    return false;
  const bool written = fputs(text, file) >= 0;
  return fclose(file) == 0 && written;
}

/* Every call gets a different time, so that the resolution of the clock does not matter. */
static bool set_time(const char *path, time_t seconds) {
  const struct timespec times[2] = {{.tv_sec = seconds, .tv_nsec = 7}, {.tv_sec = seconds, .tv_nsec = 7}};
  return utimensat(AT_FDCWD, path, times, 0) == 0;
}

static bool restore(void) {
  unlink(missing);
  return write_file(main_file, "main") && write_file(drop_in, "drop-in") && set_time(main_file, 100) &&
         set_time(drop_in, 200) && set_time(drop_in_folder, 300);
}

static int set_up(void) {
  if (!mkdtemp(folder))
    return 1;
  snprintf(main_file, sizeof main_file, "%s/policy.cfg", folder);
  snprintf(drop_in_folder, sizeof drop_in_folder, "%s/policy.d", folder);
  snprintf(drop_in, sizeof drop_in, "%s/policy.d/a.cfg", folder);
  snprintf(missing, sizeof missing, "%s/missing", folder);
  return mkdir(drop_in_folder, 0755) == 0 ? 0 : 1;
}

static int tear_down(void) {
  unlink(main_file);
  unlink(drop_in);
  return rmdir(drop_in_folder) == 0 && rmdir(folder) == 0 ? 0 : 1;
}

static struct pin_source_identity identify(const char *path) {
  struct stat found;
  struct pin_source_identity identity = {.path = path};
  if (stat(path, &found) != 0)
    return identity;
  identity.exists = true;
  identity.is_directory = S_ISDIR(found.st_mode);
  identity.inode = found.st_ino;
  identity.size = (uint64_t)found.st_size;
  identity.mtime_seconds = found.st_mtim.tv_sec;
  identity.mtime_nanoseconds = (uint32_t)found.st_mtim.tv_nsec;
  return identity;
}

static bool make(struct sample *ret_sample) {
  static const struct pin_entry no_entries[] = {{.name = NULL}};
  const struct pin_source_identity sources[] = {
      identify(main_file), identify(drop_in_folder), identify(drop_in), identify(missing), {.path = NULL}};
  const struct sample_spec spec = {.entries = no_entries, .sources = sources};
  return sample_make(&spec, ret_sample);
}

static bool change_size(void) {
  return write_file(main_file, "longer") && set_time(main_file, 100);
}

static bool change_time(void) {
  return set_time(drop_in, 201);
}

static bool change_nanoseconds(void) {
  const struct timespec times[2] = {{.tv_sec = 100, .tv_nsec = 8}, {.tv_sec = 100, .tv_nsec = 8}};
  return utimensat(AT_FDCWD, main_file, times, 0) == 0;
}

/* The same text and time, but another file. */
static bool change_inode(void) {
  char other[160];
  snprintf(other, sizeof other, "%s.new", main_file);
  return write_file(other, "main") && set_time(other, 100) && rename(other, main_file) == 0;
}

static bool remove_file(void) {
  return unlink(drop_in) == 0 && set_time(drop_in_folder, 300);
}

static bool add_drop_in(void) {
  char other[160];
  snprintf(other, sizeof other, "%s/b.cfg", drop_in_folder);
  return write_file(other, "") && unlink(other) == 0;
}

static bool add_missing(void) {
  return write_file(missing, "");
}

static bool replace_by_folder(void) {
  return unlink(main_file) == 0 && mkdir(main_file, 0755) == 0;
}

static void test_changes(void) {
  static bool (*const changes[])(void) = {change_size, change_time, change_nanoseconds, change_inode,
                                          remove_file, add_drop_in, add_missing,        replace_by_folder};
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    struct sample sample = {0};
    CU_ASSERT_TRUE(restore());
    if (make(&sample)) {
      errno = EXDEV;
      CU_ASSERT_TRUE(pin_policy_is_fresh(&sample.policy));
      CU_ASSERT_EQUAL(errno, EXDEV);
      CU_ASSERT_TRUE(changes[i]());
      errno = EXDEV;
      CU_ASSERT_FALSE(pin_policy_is_fresh(&sample.policy));
      CU_ASSERT_EQUAL(errno, EXDEV);
    }
    sample_clear(&sample);
  }
  CU_ASSERT_EQUAL(rmdir(main_file), 0);
}

/* The generation depends on what the policy says, not on where it was read. */
static void test_generation(void) {
  struct sample before = {0}, after = {0};
  CU_ASSERT_TRUE(restore() && make(&before) && set_time(main_file, 101) && make(&after));
  CU_ASSERT_NOT_EQUAL(before.policy.generation, 0);
  CU_ASSERT_EQUAL(before.policy.generation, after.policy.generation);
  sample_clear(&before);
  sample_clear(&after);
}

/* A source that cannot be read counts as changed, even if it did not exist before. */
static void test_unreachable(void) {
  char loop[160];
  snprintf(loop, sizeof loop, "%s/loop", folder);
  CU_ASSERT_EQUAL(symlink("loop", loop), 0);
  const struct pin_source_identity sources[] = {{.path = loop, .exists = false}, {.path = NULL}};
  static const struct pin_entry no_entries[] = {{.name = NULL}};
  const struct sample_spec spec = {.entries = no_entries, .sources = sources};
  struct sample sample = {0};
  if (sample_make(&spec, &sample))
    CU_ASSERT_FALSE(pin_policy_is_fresh(&sample.policy));
  sample_clear(&sample);
  CU_ASSERT_EQUAL(unlink(loop), 0);
}

int main(void) {
  static const struct unit_test tests[] = {
      {"changes", test_changes},
      {"generation", test_generation},
      {"unreachable", test_unreachable},
      {NULL, NULL},
  };
  static const struct unit_suite suite = {"freshness", set_up, tear_down, tests};
  return unit_run(&suite);
}
