/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "view/compiled_form.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "cli/progress.h"

const char *form_state_word(enum form_state state) {
  static const char *const words[] = {"absent",  "untrusted", "damaged", "other-version",
                                      "foreign", "stale",     "current"};
  return words[state];
}

/* The size of a regular file; 0 for anything else. */
static size_t size_of_file(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode) ? (size_t)status.st_size : 0;
}

bool dropin_name_is_read(const char *name) {
  return fnmatch("*.cfg", name, FNM_PERIOD) == 0;
}

bool form_is_needed(const char *policy) {
  AUTO_TEXT directory = path_directory(policy);
  AUTO_TEXT dropins = must_format("%s/policy.d", directory);
  size_t bytes = size_of_file(policy);
  size_t entries = 0;
  DIR *stream = opendir(dropins);
  if (stream == NULL)
    return bytes > PIN_SMALL_TEXT;
  for (const struct dirent *entry;
       bytes <= PIN_SMALL_TEXT && entries <= PIN_SMALL_FILES + 2 && (entry = readdir(stream)) != NULL;
       entries++) {
    AUTO_TEXT path = must_format("%s/%s", dropins, entry->d_name);
    if (dropin_name_is_read(entry->d_name))
      bytes += size_of_file(path);
  }
  closedir(stream);
  return bytes > PIN_SMALL_TEXT || entries > PIN_SMALL_FILES + 2;
}

char *form_policy(const char *policy) {
  AUTO_TEXT directory = path_directory(policy);
  AUTO_TEXT default_directory = path_directory(PIN_DEFAULT_POLICY);
  struct stat here;
  struct stat there;
  bool is_default = strcmp(path_base(policy), path_base(PIN_DEFAULT_POLICY)) == 0 &&
                    stat(directory, &here) == 0 && stat(default_directory, &there) == 0 &&
                    here.st_dev == there.st_dev && here.st_ino == there.st_ino;
  if (is_default)
    return must_copy(PIN_DEFAULT_POLICY);
  AUTO_TEXT real = realpath(directory, NULL);
  return real == NULL ? must_copy(policy) : must_format("%s/%s", real, path_base(policy));
}

char *form_path(const char *policy) {
  char path[PATH_MAX];
  if (pin_compiled_path(policy, path, sizeof path))
    return must_copy(path);
  say_error("%s: %s", policy, strerror(ENAMETOOLONG));
  return NULL;
}

static enum form_state judge(const struct pin_compiled *compiled, const char *policy) {
  progress_begin("reading the compiled form");
  bool whole = policy_is_whole(&compiled->policy);
  progress_end();
  if (!whole)
    return FORM_DAMAGED;
  if (!pin_compiled_is_of(compiled, policy))
    return FORM_FOREIGN;
  return pin_compiled_is_current(compiled) ? FORM_CURRENT : FORM_STALE;
}

enum form_state form_read(const char *path, const char *policy, uint64_t *ret_generation) {
  struct pin_compiled compiled;
  *ret_generation = 0;
  enum pin_status status = pin_compiled_open(path, &compiled);
  if (status == PIN_UNREADABLE)
    return access(path, F_OK) != 0 && errno == ENOENT ? FORM_ABSENT : FORM_UNTRUSTED;
  if (status == PIN_OTHER_VERSION)
    return FORM_OTHER_VERSION;
  if (status != PIN_OK)
    return FORM_DAMAGED;
  enum form_state state = judge(&compiled, policy);
  *ret_generation = compiled.policy.generation;
  pin_compiled_close(&compiled);
  return state;
}

int form_prepare(const char *path) {
  AUTO_TEXT directory = path_directory(path);
  AUTO_TEXT prefix = must_format("%s" PIN_COMPILED_BESIDE, path_base(path));
  int error = strcmp(path, PIN_DEFAULT_COMPILED) == 0 ? directory_make(directory) : 0;
  if (error == 0)
    file_sweep(directory, prefix);
  return error;
}

int form_write(const char *path, const struct loaded_policy *loaded) {
  int error = form_prepare(path);
  if (error != 0)
    return error;
  progress_begin("writing the compiled form");
  error = pin_compiled_write(path, loaded->image, loaded->size);
  progress_end();
  return error;
}

int form_begin(const char *path, const struct loaded_policy *loaded, char **ret_beside, int *ret_fd) {
  int error = form_prepare(path);
  if (error != 0)
    return error;
  progress_begin("writing the compiled form");
  error = pin_compiled_begin(path, loaded->image, loaded->size, ret_beside, ret_fd);
  progress_end();
  return error;
}
