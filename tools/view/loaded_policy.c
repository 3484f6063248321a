/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "view/loaded_policy.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "view/compiled_form.h"

void policy_load_text(const char *path, struct loaded_policy *ret_loaded) {
  *ret_loaded = (struct loaded_policy){0};
  progress_begin("reading the policy");
  ret_loaded->status = pin_text_compile(path, diagnostics_add, &ret_loaded->diagnostics, &ret_loaded->image,
                                        &ret_loaded->size);
  progress_end();
  if (ret_loaded->status == PIN_OK)
    ret_loaded->status = pin_policy_open(ret_loaded->image, ret_loaded->size, &ret_loaded->policy);
}

/* ---- The compiled form instead of a text that has not changed since ---- */

/* Whether the owner and mode of a file are such that the text would be read. */
static bool file_is_trusted(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
         (status.st_uid == 0 || status.st_uid == geteuid()) && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
         access(path, R_OK) == 0;
}

/* Whether all files of the policy would be read. A change of mode or owner does not make a form stale, so it
 * is checked here. */
static bool sources_are_trusted(const char *policy) {
  AUTO_TEXT directory = path_directory(policy);
  AUTO_TEXT dropins = must_format("%s/policy.d", directory);
  bool trusted = file_is_trusted(policy) && pin_text_judge_folders(policy, NULL, NULL) == PIN_OK;
  DIR *stream = trusted ? opendir(dropins) : NULL;
  if (stream == NULL)
    return trusted && errno == ENOENT;
  for (const struct dirent *entry; trusted && (entry = readdir(stream)) != NULL;) {
    AUTO_TEXT path = must_format("%s/%s", dropins, entry->d_name);
    trusted = !dropin_name_is_read(entry->d_name) || file_is_trusted(path);
  }
  closedir(stream);
  return trusted;
}

static bool read_image(int fd, struct loaded_policy *loaded) {
  loaded->image = must_alloc(loaded->size, 1);
  return file_read_at(fd, loaded->image, loaded->size, 0);
}

static bool ignore_entry(const struct pin_entry *entry, void *arg) {
  (void)entry;
  (void)arg;
  return true;
}

bool policy_is_whole(const struct pin_policy *policy) {
  return pin_policy_visit(policy, ignore_entry, NULL) == PIN_OK;
}

bool policy_take_image(struct pin_compiled *compiled, struct loaded_policy *loaded) {
  loaded->size = compiled->policy.size;
  if (compiled->fd < 0) {
    loaded->image = compiled->memory;
    compiled->memory = NULL;
  } else if (!read_image(compiled->fd, loaded)) {
    return false;
  }
  return pin_policy_open(loaded->image, loaded->size, &loaded->policy) == PIN_OK &&
         policy_is_whole(&loaded->policy);
}

bool policy_open_form(const char *named, struct pin_compiled *ret_form) {
  char form[PATH_MAX];
  if (!pin_compiled_path(named, form, sizeof form) || pin_compiled_open(form, ret_form) != PIN_OK)
    return false;
  if (pin_compiled_is_of(ret_form, named) && pin_compiled_is_current(ret_form) && sources_are_trusted(named))
    return true;
  pin_compiled_close(ret_form);
  return false;
}

/* Loads the compiled form. False: the text has to be read. */
static bool load_form(const char *path, struct loaded_policy *ret_loaded) {
  AUTO_TEXT named = form_policy(path);
  struct pin_compiled compiled;
  *ret_loaded = (struct loaded_policy){.status = PIN_OK};
  if (!policy_open_form(named, &compiled))
    return false;
  bool good = policy_take_image(&compiled, ret_loaded);
  pin_compiled_close(&compiled);
  if (!good)
    free(ret_loaded->image);
  return good;
}

void policy_load(const char *path, struct loaded_policy *ret_loaded) {
  if (!load_form(path, ret_loaded))
    policy_load_text(path, ret_loaded);
}

void policy_ask(const char *path, struct loaded_policy *ret_loaded) {
  AUTO_TEXT named = form_policy(path);
  *ret_loaded = (struct loaded_policy){.status = PIN_OK};
  if (!policy_open_form(named, &ret_loaded->form)) {
    policy_load_text(path, ret_loaded);
  } else if (ret_loaded->form.fd < 0) {
    pin_compiled_close(&ret_loaded->form);
    policy_load(path, ret_loaded);
  } else {
    ret_loaded->by_form = true;
    ret_loaded->policy = ret_loaded->form.policy;
    ret_loaded->size = ret_loaded->policy.size;
  }
}

void policy_clear(struct loaded_policy *loaded) {
  free(loaded->image);
  if (loaded->by_form)
    pin_compiled_close(&loaded->form);
  diagnostics_clear(&loaded->diagnostics);
  *loaded = (struct loaded_policy){0};
}
