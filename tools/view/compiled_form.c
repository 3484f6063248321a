/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "view/compiled_form.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "cli/spinner.h"

const char *form_state_word(enum form_state state) {
  static const char *const words[] = {"absent", "untrusted", "damaged", "foreign", "stale", "current"};
  return words[state];
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

static bool visit(const struct pin_entry *entry, void *arg) {
  (void)entry;
  (void)arg;
  return true;
}

static enum form_state judge(const struct pin_compiled *compiled, const char *policy) {
  progress_begin("reading the compiled form");
  enum pin_status status = pin_policy_visit(&compiled->policy, visit, NULL);
  progress_end();
  if (status != PIN_OK)
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
  if (status != PIN_OK)
    return FORM_DAMAGED;
  enum form_state state = judge(&compiled, policy);
  *ret_generation = compiled.policy.generation;
  pin_compiled_close(&compiled);
  return state;
}

/* What a pinctl that was killed left beside. Such a file can be as large as the compiled form itself. */
static void sweep(const char *directory, const char *path) {
  AUTO_TEXT prefix = must_format("%s" PIN_COMPILED_BESIDE, path_base(path));
  file_sweep(directory, prefix);
}

int form_write(const char *path, const struct loaded_policy *loaded) {
  AUTO_TEXT directory = path_directory(path);
  int error = strcmp(path, PIN_DEFAULT_COMPILED) == 0 ? directory_make(directory) : 0;
  if (error != 0)
    return error;
  sweep(directory, path);
  progress_begin("writing the compiled form");
  error = pin_compiled_write(path, loaded->image, loaded->size);
  progress_end();
  return error;
}

static void renew(const char *path, const char *policy) {
  struct loaded_policy loaded;
  policy_load(policy, &loaded);
  int error = loaded.status == PIN_OK ? form_write(path, &loaded) : 0;
  if (loaded.status != PIN_OK)
    say_warning("%s: not renewed, because the policy could not be read again; \"pinctl check\" says why",
                path);
  else if (error != 0)
    say_warning("%s: not renewed, processes read the text: %s", path, strerror(error));
  policy_clear(&loaded);
}

void form_renew(const char *policy) {
  AUTO_TEXT named = form_policy(policy);
  AUTO_TEXT path = form_path(named);
  if (path != NULL)
    renew(path, named);
}
