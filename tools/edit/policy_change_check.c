/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The policy as it will be, laid out in a directory of its own: staged files as files, all others as symbolic
 * links, so that the parser opens and judges the very files it will find later, owner and mode included.
 */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "edit/policy_change.h"

static const struct file_change *find_staged(const struct change *change, const char *path) {
  for (size_t i = 0; i < change->count; i++)
    if (strcmp(change->files[i].path, path) == 0)
      return &change->files[i];
  return NULL;
}

/* 0 or an errno value. */
static int link_real(const char *real, const char *shadow) {
  AUTO_TEXT absolute = realpath(real, NULL);
  /* What cannot be resolved is linked as it is: the parser then says what is wrong with it. */
  return symlink(absolute == NULL ? real : absolute, shadow) == 0 ? 0 : errno;
}

static int write_staged(const struct file_change *file, const char *shadow) {
  if (file->new_text == NULL)
    return 0;
  AUTO_TEXT beside = NULL;
  int error = file_write_beside(shadow, file->new_text, &beside);
  if (error != 0)
    return error;
  return rename(beside, shadow) == 0 ? 0 : errno;
}

static int lay_out_unstaged(const struct change *change, const char *shadow_dropins) {
  DIR *stream = opendir(change->dropins);
  if (stream == NULL)
    return errno == ENOENT ? 0 : errno;
  int error = 0;
  for (const struct dirent *entry; error == 0 && (entry = readdir(stream)) != NULL;) {
    AUTO_TEXT real = must_format("%s/%s", change->dropins, entry->d_name);
    AUTO_TEXT shadow = must_format("%s/%s", shadow_dropins, entry->d_name);
    if (fnmatch("*.cfg", entry->d_name, 0) == 0 && find_staged(change, real) == NULL)
      error = link_real(real, shadow);
  }
  closedir(stream);
  return error;
}

static int lay_out(const struct change *change, const char *shadow) {
  AUTO_TEXT dropins = must_format("%s/policy.d", shadow);
  AUTO_TEXT main_file = must_format("%s/%s", shadow, path_base(change->policy));
  int error = mkdir(dropins, 0700) == 0 ? 0 : errno;
  if (error == 0 && find_staged(change, change->policy) == NULL)
    error = link_real(change->policy, main_file);
  for (size_t i = 0; error == 0 && i < change->count; i++) {
    const struct file_change *file = &change->files[i];
    bool is_main = strcmp(file->path, change->policy) == 0;
    AUTO_TEXT path = must_format("%s/%s", is_main ? shadow : dropins, path_base(file->path));
    error = write_staged(file, path);
  }
  return error != 0 ? error : lay_out_unstaged(change, dropins);
}

static void clean_up_directory(const char *directory) {
  DIR *stream = opendir(directory);
  if (stream == NULL)
    return;
  for (const struct dirent *entry; (entry = readdir(stream)) != NULL;)
    unlinkat(dirfd(stream), entry->d_name, 0);
  closedir(stream);
  rmdir(directory);
}

static void clean_up(const char *shadow) {
  AUTO_TEXT dropins = must_format("%s/policy.d", shadow);
  clean_up_directory(dropins);
  clean_up_directory(shadow);
}

/* The text with every mention of the shadow directory replaced by the real one. For free(3). */
static char *with_real_paths(const char *text, const char *shadow, const char *real) {
  char *result = must_copy("");
  for (const char *at = text;;) {
    const char *found = strstr(at, shadow);
    size_t length = found == NULL ? strlen(at) : (size_t)(found - at);
    char *longer = must_format("%s%.*s%s", result, (int)length, at, found == NULL ? "" : real);
    free(result);
    result = longer;
    if (found == NULL)
      return result;
    at = found + strlen(shadow);
  }
}

static void name_real_paths(struct diagnostics *diagnostics, const char *shadow, const char *real) {
  for (size_t i = 0; i < diagnostics->count; i++) {
    struct pin_diagnostic *diagnostic = &diagnostics->items[i];
    char *file = with_real_paths(diagnostic->file, shadow, real);
    char *message = with_real_paths(diagnostic->message, shadow, real);
    free((void *)(uintptr_t)diagnostic->file);
    free((void *)(uintptr_t)diagnostic->message);
    diagnostic->file = file;
    diagnostic->message = message;
  }
}

/* Where it is laid out says nothing about where it will be. */
static void judge_real_folders(const struct change *change, struct loaded_policy *loaded) {
  enum pin_status judged = pin_text_judge_folders(change->policy, diagnostics_add, &loaded->diagnostics);
  if (judged != PIN_OK)
    loaded->status = judged;
}

bool change_check(const struct change *change, struct loaded_policy *ret_loaded) {
  *ret_loaded = (struct loaded_policy){0};
  const char *parent = secure_getenv("TMPDIR");
  AUTO_TEXT shadow = must_format("%s/pinctl-XXXXXX", parent == NULL || *parent == '\0' ? "/tmp" : parent);
  if (mkdtemp(shadow) == NULL) {
    say_error("%s: %s", shadow, strerror(errno));
    return false;
  }
  int error = lay_out(change, shadow);
  if (error == 0) {
    AUTO_TEXT main_file = must_format("%s/%s", shadow, path_base(change->policy));
    policy_load(main_file, ret_loaded);
    name_real_paths(&ret_loaded->diagnostics, shadow, change->directory);
    judge_real_folders(change, ret_loaded);
  } else {
    say_error("%s: %s", shadow, strerror(error));
  }
  clean_up(shadow);
  return error == 0;
}
