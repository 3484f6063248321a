/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The compiled form as a file: which files are not trusted, writing one, and when it is current. */
#include "fixture.h"
#include "host_name.h"
#include "image.h"
#include "runner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A user who is neither root nor us. */
#define STRANGER ((uid_t)65534)
#define ANOTHER ((uid_t)65533)

static const char text[] = ENTRY("");
static const char drop_in[] = "hosts = ( { name = \"b.example\"; pins = [ \"" K2 "\" ]; } );";

static void must(int result) {
  if (result != 0) {
    perror("compiled_test");
    exit(1);
  }
}

/* A policy with a drop-in, its image, and its compiled form beside it. */
struct stage {
  struct policy_folder folder;
  struct compiled compiled;
};

static const char *form(const struct stage *stage) {
  return folder_path(&stage->folder, "policy.db");
}

static void compile_stage(struct stage *stage) {
  compile_folder(&stage->folder, &stage->compiled);
  if (stage->compiled.status != PIN_OK)
    exit(1);
  must(pin_compiled_write(form(stage), stage->compiled.image, stage->compiled.size));
}

static void set_up_stage(struct stage *ret_stage) {
  folder_make(&ret_stage->folder);
  folder_write(&ret_stage->folder, "policy.cfg", text);
  folder_write(&ret_stage->folder, "policy.d/b.cfg", drop_in);
  compile_stage(ret_stage);
}

static void clear_stage(struct stage *stage) {
  compiled_free(&stage->compiled);
  folder_remove(&stage->folder);
}

static enum pin_status open_form(const char *path) {
  struct pin_compiled compiled;
  enum pin_status status = pin_compiled_open(path, &compiled);
  if (status == PIN_OK)
    pin_compiled_close(&compiled);
  return status;
}

/* ---- Its path ---- */

static void names_the_path(void) {
  static const struct {
    const char *policy, *compiled;
  } paths[] = {
      {PIN_DEFAULT_POLICY, PIN_DEFAULT_COMPILED},
      {"/etc/pinning/other.cfg", "/etc/pinning/policy.db"},
      {"/etc/pinning//policy.cfg", "/etc/pinning//policy.db"},
      {"policy.cfg", "policy.db"},
      {"a/b", "a/policy.db"},
      {"/policy.cfg", "/policy.db"},
  };
  char path[64];
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    CU_ASSERT_TRUE(pin_compiled_path(paths[i].policy, path, sizeof path));
    CU_ASSERT_STRING_EQUAL(path, paths[i].compiled);
    size_t needed = strlen(paths[i].compiled) + 1;
    CU_ASSERT_TRUE(pin_compiled_path(paths[i].policy, path, needed));
    CU_ASSERT_FALSE(pin_compiled_path(paths[i].policy, path, needed - 1));
    CU_ASSERT_FALSE(pin_compiled_path(paths[i].policy, path, 0));
  }
}

/* ---- Blocks that stay in the file ---- */

/* So many hosts that opening does not copy the form into memory. */
static void set_up_large_stage(struct stage *ret_stage) {
  enum { HOSTS_OF_LARGE = 1000, MOST_OF_ENTRY = 160 };
  char *large = malloc(HOSTS_OF_LARGE * MOST_OF_ENTRY);
  if (large == NULL)
    exit(1);
  size_t used = (size_t)sprintf(large, "version = 1; hosts = (");
  for (int i = 0; i < HOSTS_OF_LARGE; i++)
    used += (size_t)snprintf(large + used, MOST_OF_ENTRY,
                             "{ name = \"h%d.example\"; pins = [ \"" K2 "\" ]; },\n", i);
  sprintf(large + used, "{ name = \"last.example\"; pins = [ \"" K2 "\" ]; } );");
  folder_make(&ret_stage->folder);
  folder_write(&ret_stage->folder, "policy.cfg", large);
  free(large);
  compile_stage(ret_stage);
}

static uint64_t bucket_of(const struct pin_image *image, const char *name) {
  return pin_image_bucket_of(pin_name_hash(image->head.name_key, name, strlen(name)),
                             image->head.bucket_bits);
}

/* Makes the table lead to the bucket of `to` when `from` is looked up. */
static void mislead(struct stage *stage, const char *from, const char *to) {
  struct pin_image image;
  CU_ASSERT_TRUE(pin_image_open(stage->compiled.image, stage->compiled.size, &image));
  uint8_t *table = (uint8_t *)stage->compiled.image + image.head.offsets.offset;
  memcpy(table + bucket_of(&image, from) * sizeof(uint32_t), table + bucket_of(&image, to) * sizeof(uint32_t),
         2 * sizeof(uint32_t));
  must(pin_compiled_write(form(stage), stage->compiled.image, stage->compiled.size));
}

/* A sound block of one bucket counts as damage if it is found as the bucket of another name. */
static void refuses_a_block_found_for_another(void) {
  struct stage stage;
  struct pin_compiled compiled;
  set_up_large_stage(&stage);
  mislead(&stage, "h1.example", "h2.example");
  CU_ASSERT_EQUAL(pin_compiled_open(form(&stage), &compiled), PIN_OK);
  CU_ASSERT_PTR_NULL(compiled.policy.image);
  for (int i = 0; i < 2; i++) {
    CU_ASSERT_EQUAL(pin_covers(&compiled.policy, "h2.example", 443), PIN_SELECTED_ENTRIES);
    CU_ASSERT_EQUAL(pin_covers(&compiled.policy, "h1.example", 443), PIN_SELECTED_REFUSAL);
  }
  pin_compiled_close(&compiled);
  clear_stage(&stage);
}

/* ---- Which files can be opened ---- */

static void opens_a_sound_one(void) {
  struct stage stage;
  struct pin_compiled compiled;
  set_up_stage(&stage);
  CU_ASSERT_EQUAL(pin_compiled_open(form(&stage), &compiled), PIN_OK);
  CU_ASSERT_EQUAL(compiled.policy.generation, stage.compiled.policy.generation);
  CU_ASSERT_EQUAL(compiled.policy.entry_count, 2);
  CU_ASSERT_EQUAL(compiled.policy.size, stage.compiled.size);
  pin_compiled_close(&compiled);
  clear_stage(&stage);
}

static void refuses_other_kinds_of_files(void) {
  struct policy_folder folder;
  folder_make(&folder);
  const char *path = folder_path(&folder, "policy.db");
  const char *link = folder_path(&folder, "link");
  must(symlink(path, link));
  CU_ASSERT_EQUAL(open_form(path), PIN_UNREADABLE);
  CU_ASSERT_EQUAL(open_form(link), PIN_UNREADABLE);

  alarm(20); /* opening a fifo must not wait for a writer */
  must(mkfifo(path, 0644));
  CU_ASSERT_EQUAL(open_form(path), PIN_UNREADABLE);
  CU_ASSERT_EQUAL(open_form(link), PIN_UNREADABLE);
  alarm(0);
  must(unlink(path));

  must(mkdir(path, 0755));
  CU_ASSERT_EQUAL(open_form(path), PIN_UNREADABLE);
  CU_ASSERT_EQUAL(open_form(link), PIN_UNREADABLE);
  must(rmdir(path));

  must(symlink("/dev/zero", path));
  CU_ASSERT_EQUAL(open_form(link), PIN_UNREADABLE);
  folder_remove(&folder);
}

static void refuses_what_others_may_write(void) {
  static const mode_t refused[] = {0664, 0646, 0666, 0620, 0602};
  static const mode_t accepted[] = {0644, 0640, 0400, 04755};
  struct stage stage;
  set_up_stage(&stage);
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    must(chmod(form(&stage), refused[i]));
    CU_ASSERT_EQUAL(open_form(form(&stage)), PIN_UNREADABLE);
  }
  for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
    must(chmod(form(&stage), accepted[i]));
    CU_ASSERT_EQUAL(open_form(form(&stage)), PIN_OK);
  }
  clear_stage(&stage);
}

static enum pin_status open_as(uid_t user, const char *path) {
  must(seteuid(user));
  enum pin_status status = open_form(path);
  must(seteuid(0));
  return status;
}

static void refuses_the_files_of_others(void) {
  struct stage stage;
  if (geteuid() != 0)
    return; /* only root can give a file away */
  set_up_stage(&stage);
  CU_ASSERT_EQUAL(open_as(STRANGER, form(&stage)), PIN_OK);
  must(chown(form(&stage), STRANGER, STRANGER));
  CU_ASSERT_EQUAL(open_form(form(&stage)), PIN_UNREADABLE);
  CU_ASSERT_EQUAL(open_as(ANOTHER, form(&stage)), PIN_UNREADABLE);
  CU_ASSERT_EQUAL(open_as(STRANGER, form(&stage)), PIN_OK);
  must(chmod(form(&stage), 0200));
  CU_ASSERT_EQUAL(open_as(STRANGER, form(&stage)), PIN_UNREADABLE);
  clear_stage(&stage);
}

static void refuses_every_truncation(void) {
  struct stage stage;
  set_up_stage(&stage);
  for (size_t size = 0; size < stage.compiled.size; size += size < 256 ? 1 : 37) {
    folder_write_bytes(&stage.folder, "policy.db", stage.compiled.image, size);
    CU_ASSERT_EQUAL(open_form(form(&stage)), PIN_DAMAGED);
  }
  folder_write_bytes(&stage.folder, "policy.db", stage.compiled.image, stage.compiled.size);
  CU_ASSERT_EQUAL(open_form(form(&stage)), PIN_OK);
  must(truncate(form(&stage), (off_t)stage.compiled.size + 8));
  CU_ASSERT_EQUAL(open_form(form(&stage)), PIN_DAMAGED);
  clear_stage(&stage);
}

/* Headers, with correct checksums, that are valid for another machine or version only. */
static void refuses_other_machines_and_versions(void) {
  struct stage stage;
  set_up_stage(&stage);
  struct pin_image_head sound, head;
  memcpy(&sound, stage.compiled.image, sizeof sound);
  for (int i = 0; i < 4; i++) {
    head = sound;
    if (i == 0)
      head.byte_order = __builtin_bswap32(head.byte_order);
    if (i == 1)
      head.version++;
    if (i == 2)
      head.magic[7] = 'X';
    head.checksum = pin_image_head_checksum(&head);
    memcpy(stage.compiled.image, &head, sizeof head);
    folder_write_bytes(&stage.folder, "policy.db", stage.compiled.image, stage.compiled.size);
    CU_ASSERT_EQUAL(open_form(form(&stage)), i < 2 ? PIN_OTHER_VERSION : i == 2 ? PIN_DAMAGED : PIN_OK);
  }
  clear_stage(&stage);
}

/* ---- Writing ---- */

/* How many names a folder holds, without "." and "..". */
static int count_names(const struct policy_folder *folder) {
  int count = -2;
  DIR *stream = opendir(folder->path);
  while (stream != NULL && readdir(stream) != NULL)
    count++;
  if (stream != NULL)
    closedir(stream);
  return count;
}

static void writes_beside_and_renames(void) {
  struct stage stage;
  struct pin_compiled old;
  struct stat before, after;
  set_up_stage(&stage);
  must(stat(form(&stage), &before));
  CU_ASSERT_EQUAL(before.st_mode & 07777, 0644);
  CU_ASSERT_EQUAL(pin_compiled_open(form(&stage), &old), PIN_OK);
  compiled_free(&stage.compiled);
  folder_write(&stage.folder, "policy.d/b.cfg", "hosts = ( );");
  mode_t mask = umask(0777);
  compile_stage(&stage);
  umask(mask);
  must(stat(form(&stage), &after));
  CU_ASSERT_EQUAL(after.st_mode & 07777, 0644);
  CU_ASSERT_NOT_EQUAL(before.st_ino, after.st_ino);
  CU_ASSERT_EQUAL(count_names(&stage.folder), 3);
  /* A process that has the old file open can still read it. */
  CU_ASSERT_EQUAL(old.policy.entry_count, 2);
  CU_ASSERT_EQUAL(memcmp(old.memory, PIN_IMAGE_MAGIC, 8), 0);
  pin_compiled_close(&old);
  clear_stage(&stage);
}

static void expect_failed_write(const struct stage *stage, const char *path, int error) {
  int names = count_names(&stage->folder);
  CU_ASSERT_EQUAL(pin_compiled_write(path, stage->compiled.image, stage->compiled.size), error);
  CU_ASSERT_EQUAL(count_names(&stage->folder), names);
  CU_ASSERT_EQUAL(open_form(form(stage)), PIN_OK);
}

static void fails_without_a_trace(void) {
  struct stage stage;
  char long_path[5000] = "/";
  set_up_stage(&stage);
  memset(long_path + 1, 'x', sizeof long_path - 2);
  expect_failed_write(&stage, long_path, ENAMETOOLONG);
  expect_failed_write(&stage, folder_path(&stage.folder, "missing/policy.db"), ENOENT);
  expect_failed_write(&stage, folder_path(&stage.folder, "policy.cfg/policy.db"), ENOTDIR);
  /* That the name is taken only shows when everything has been written. */
  expect_failed_write(&stage, folder_path(&stage.folder, "policy.d"), EISDIR);
  clear_stage(&stage);
}

/* A folder that cannot be written to; and one that can, but cannot be synchronised to disk. */
static void fails_where_it_may_not(void) {
  struct stage stage;
  if (geteuid() != 0)
    return; /* only root can become somebody else */
  set_up_stage(&stage);
  must(seteuid(STRANGER));
  expect_failed_write(&stage, form(&stage), EACCES);
  must(seteuid(0));
  const char *closed = folder_path(&stage.folder, "closed");
  must(mkdir(closed, 0300));
  must(chown(closed, STRANGER, STRANGER));
  must(seteuid(STRANGER));
  expect_failed_write(&stage, folder_path(&stage.folder, "closed/policy.db"), EACCES);
  must(seteuid(0));
  CU_ASSERT_NOT_EQUAL(access(folder_path(&stage.folder, "closed/policy.db"), F_OK), 0);
  clear_stage(&stage);
}

/* A file that may not grow further, as on a full disk, after part of it has been written. */
static void fails_on_a_full_disk(void) {
  struct stage stage;
  struct rlimit unlimited, limited;
  set_up_stage(&stage);
  must(getrlimit(RLIMIT_FSIZE, &unlimited));
  signal(SIGXFSZ, SIG_IGN);
  for (rlim_t room = 0; room < stage.compiled.size; room += 100) {
    limited = (struct rlimit){.rlim_cur = room, .rlim_max = unlimited.rlim_max};
    must(setrlimit(RLIMIT_FSIZE, &limited));
    int error = pin_compiled_write(form(&stage), stage.compiled.image, stage.compiled.size);
    must(setrlimit(RLIMIT_FSIZE, &unlimited));
    CU_ASSERT_EQUAL(error, EFBIG);
    CU_ASSERT_EQUAL(count_names(&stage.folder), 3);
    CU_ASSERT_EQUAL(open_form(form(&stage)), PIN_OK);
  }
  signal(SIGXFSZ, SIG_DFL);
  clear_stage(&stage);
}

/* ---- When it is current ---- */

static bool is_current(const struct stage *stage) {
  struct pin_compiled compiled;
  if (pin_compiled_open(form(stage), &compiled) != PIN_OK)
    return false;
  errno = EXDEV;
  bool current = pin_compiled_is_current(&compiled);
  CU_ASSERT_EQUAL(errno, EXDEV);
  pin_compiled_close(&compiled);
  return current;
}

static void set_time(const struct stage *stage, const char *name, const struct timespec *time) {
  const struct timespec times[2] = {*time, *time};
  must(utimensat(AT_FDCWD, folder_path(&stage->folder, name), times, 0));
}

static struct timespec time_of(const struct stage *stage, const char *name) {
  struct stat status;
  must(stat(folder_path(&stage->folder, name), &status));
  return status.st_mtim;
}

static void add_drop_in(const struct stage *stage) {
  folder_write(&stage->folder, "policy.d/c.cfg", "hosts = ( );");
}

static void remove_drop_in(const struct stage *stage) {
  must(unlink(folder_path(&stage->folder, "policy.d/b.cfg")));
}

/* Writes the same number of bytes to the same file. */
static void edit_drop_in(const struct stage *stage) {
  char other[sizeof drop_in];
  memcpy(other, drop_in, sizeof drop_in);
  memcpy(strstr(other, "b.example"), "c", 1);
  folder_write(&stage->folder, "policy.d/b.cfg", other);
}

static void touch_main_file(const struct stage *stage) {
  must(utimensat(AT_FDCWD, folder_path(&stage->folder, "policy.cfg"), NULL, 0));
}

static void replace_main_file(const struct stage *stage) {
  struct timespec time = time_of(stage, "policy.cfg");
  folder_write(&stage->folder, "other.cfg", text);
  set_time(stage, "other.cfg", &time);
  must(rename(folder_path(&stage->folder, "other.cfg"), folder_path(&stage->folder, "policy.cfg")));
}

static void remove_main_file(const struct stage *stage) {
  must(unlink(folder_path(&stage->folder, "policy.cfg")));
}

/* Newer than the compiled form by the smallest possible difference. */
static void age_compiled_form(const struct stage *stage) {
  struct timespec time = time_of(stage, "policy.d/b.cfg");
  struct timespec directory_time = time_of(stage, "policy.d");
  if (directory_time.tv_sec > time.tv_sec ||
      (directory_time.tv_sec == time.tv_sec && directory_time.tv_nsec > time.tv_nsec))
    time = directory_time;
  set_time(stage, "policy.db", &time);
  CU_ASSERT_TRUE(is_current(stage));
  time.tv_sec -= time.tv_nsec == 0 ? 1 : 0;
  time.tv_nsec = time.tv_nsec == 0 ? 999999999 : time.tv_nsec - 1;
  set_time(stage, "policy.db", &time);
}

static void is_stale_after_every_change(void) {
  static void (*const changes[])(const struct stage *) = {
      add_drop_in,       remove_drop_in,   edit_drop_in,     touch_main_file,
      replace_main_file, remove_main_file, age_compiled_form};
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
    struct stage stage;
    set_up_stage(&stage);
    CU_ASSERT_TRUE(is_current(&stage));
    changes[i](&stage);
    CU_ASSERT_FALSE(is_current(&stage));
    clear_stage(&stage);
  }
}

static void is_stale_once_there_is_policy_d(void) {
  struct stage stage;
  folder_make(&stage.folder);
  folder_write(&stage.folder, "policy.cfg", text);
  compile_stage(&stage);
  CU_ASSERT_TRUE(is_current(&stage));
  must(mkdir(folder_path(&stage.folder, "policy.d"), 0755));
  CU_ASSERT_FALSE(is_current(&stage));
  must(rmdir(folder_path(&stage.folder, "policy.d")));
  CU_ASSERT_TRUE(is_current(&stage));
  clear_stage(&stage);
}

/* ---- Which policy it belongs to ---- */

static bool is_of(const char *form_path, const char *policy) {
  struct pin_compiled compiled;
  if (pin_compiled_open(form_path, &compiled) != PIN_OK)
    return false;
  errno = EXDEV;
  bool same = pin_compiled_is_of(&compiled, policy);
  CU_ASSERT_EQUAL(errno, EXDEV);
  pin_compiled_close(&compiled);
  return same;
}

static void knows_its_policy(void) {
  struct stage stage;
  char other_spelling[128], relative[32];
  set_up_stage(&stage);
  must(symlink(".", folder_path(&stage.folder, "link")));
  snprintf(other_spelling, sizeof other_spelling, "%s/link/policy.cfg", stage.folder.path);
  snprintf(relative, sizeof relative, "policy.cfg");
  CU_ASSERT_TRUE(is_of(form(&stage), folder_path(&stage.folder, "policy.cfg")));
  CU_ASSERT_TRUE(is_of(form(&stage), other_spelling));
  CU_ASSERT_FALSE(is_of(form(&stage), relative));
  must(chdir(stage.folder.path));
  CU_ASSERT_TRUE(is_of(form(&stage), relative));
  must(chdir("/"));
  clear_stage(&stage);
}

/* Another policy beside it, the copy of a folder, and a link to the main file only: it belongs to none of
 * them. */
static void knows_no_other_policy(void) {
  struct stage stage, copy;
  set_up_stage(&stage);
  set_up_stage(&copy);
  folder_write(&stage.folder, "other.cfg", text);
  folder_write_bytes(&copy.folder, "policy.db", stage.compiled.image, stage.compiled.size);
  must(symlink(folder_path(&stage.folder, "policy.cfg"), folder_path(&copy.folder, "policy.d/policy.cfg")));
  CU_ASSERT_FALSE(is_of(form(&stage), folder_path(&stage.folder, "other.cfg")));
  CU_ASSERT_FALSE(is_of(form(&copy), folder_path(&copy.folder, "policy.cfg")));
  CU_ASSERT_FALSE(is_of(form(&copy), folder_path(&copy.folder, "policy.d/policy.cfg")));
  CU_ASSERT_FALSE(is_of(form(&stage), folder_path(&stage.folder, "missing/policy.cfg")));
  CU_ASSERT_TRUE(is_of(form(&copy), folder_path(&stage.folder, "policy.cfg")));
  clear_stage(&copy);
  clear_stage(&stage);
}

static const struct unit_test tests[] = {
    {"names the path", names_the_path},
    {"refuses a block found for another", refuses_a_block_found_for_another},
    {"opens a sound one", opens_a_sound_one},
    {"refuses other kinds of files", refuses_other_kinds_of_files},
    {"refuses what others may write", refuses_what_others_may_write},
    {"refuses the files of others", refuses_the_files_of_others},
    {"refuses every truncation", refuses_every_truncation},
    {"refuses other machines and versions", refuses_other_machines_and_versions},
    {"writes beside and renames", writes_beside_and_renames},
    {"fails without a trace", fails_without_a_trace},
    {"fails where it may not", fails_where_it_may_not},
    {"fails on a full disk", fails_on_a_full_disk},
    {"is stale after every change", is_stale_after_every_change},
    {"is stale once there is policy.d", is_stale_once_there_is_policy_d},
    {"knows its policy", knows_its_policy},
    {"knows no other policy", knows_no_other_policy},
    {NULL, NULL},
};

int main(void) {
  static const struct unit_suite suite = {"compiled", NULL, NULL, tests};
  return unit_run(&suite);
}
