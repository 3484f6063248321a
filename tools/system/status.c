/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Collects the facts for "status". */
#include "system/status.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "config/installation.h"
#include "enable/commit_confirm.h"
#include "enable/ld_preload.h"
#include "view/enforced_policy.h"

/* The shim's file, with "$LIB" replaced. NULL: ld.so.preload has none. */
static char *find_preload(void) {
  size_t length = 0;
  AUTO_TEXT text = NULL;
  AUTO_TEXT shim = file_read(PRELOAD_FILE, &text, &length) == 0 ? preload_find_shim(text) : NULL;
  return shim == NULL ? NULL : module_path_here(shim);
}

static void read_compiled(struct status *status) {
  AUTO_TEXT form = NULL;
  AUTO_TEXT policy = form_policy(status->policy_path);
  status->compiled_path = form_path(policy);
  uint64_t generation = 0;
  if (status->policy.status != PIN_OK)
    status->last_good_hosts = last_good_hosts(status->policy_path, &form);
  if (status->compiled_path == NULL)
    return;
  status->form_is_needed = form_is_needed(policy);
  status->compiled = form_read(status->compiled_path, policy, &generation);
  /* The generation depends on the path, so this needs the same path for both. */
  status->compiled_differs = status->compiled == FORM_CURRENT && status->policy.status == PIN_OK &&
                             strcmp(policy, status->policy_path) == 0 &&
                             generation != status->policy.policy.generation;
}

static time_t changed_at(const char *path) {
  struct stat file;
  return path != NULL && stat(path, &file) == 0 ? file.st_mtim.tv_sec : 0;
}

static time_t later(time_t a, time_t b) {
  return a > b ? a : b;
}

static time_t policy_changed_at(const char *policy) {
  AUTO_TEXT directory = path_directory(policy);
  AUTO_TEXT pattern = must_format("%s/policy.d/*.cfg", directory);
  time_t changed = changed_at(policy);
  glob_t found = {0};
  if (glob(pattern, 0, NULL, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; i++)
      changed = later(changed, changed_at(found.gl_pathv[i]));
  globfree(&found);
  return changed;
}

static void find_units(struct status *status) {
  glob_t found = {0};
  if (glob("/etc/systemd/system/*.service.d/pinning.conf", 0, NULL, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; i++)
      text_list_add(&status->units, must_copy(found.gl_pathv[i]));
  globfree(&found);
}

static void find_unconfirmed(struct status *status) {
  status->unconfirmed = confirm_is_waiting(status->openssl.configuration) || confirm_is_waiting(PRELOAD_FILE);
}

static void read_processes(struct status *status) {
  AUTO_TEXT real = realpath(status->openssl.configuration, NULL);
  struct process_loading loading = {
      .configuration = real == NULL ? status->openssl.configuration : real,
      .configured = changed_at(status->openssl.named ? status->openssl.configuration : NULL),
      .preloaded = changed_at(status->preload != NULL ? PRELOAD_FILE : NULL),
      .by_path = status->openssl.module_by_path};
  processes_read(&loading, &status->processes);
}

static char *choose_policy(const char *wanted, const struct openssl_state *openssl) {
  const char *environment = secure_getenv("PINNING_POLICY");
  if (wanted != NULL)
    return must_copy(wanted);
  if (environment != NULL && *environment != '\0')
    return must_copy(environment);
  return must_copy(openssl->policy != NULL ? openssl->policy : PIN_DEFAULT_POLICY);
}

/* Whether pinning-gnutls.so is where the shim looks for it. */
static bool has_gnutls_module(const char *shim) {
  AUTO_TEXT folder = path_directory(shim);
  AUTO_TEXT module = must_format("%s/" PINCTL_GNUTLS_SUBDIR "/pinning-gnutls.so", folder);
  return access(module, R_OK) == 0;
}

static bool count_mode(const struct pin_entry *entry, void *arg) {
  ((struct status *)arg)->hosts[entry->mode]++;
  return true;
}

/* Reads the text if processes would read it, so that a compiled form that differs is found. A larger policy
 * counts by its compiled form alone, as for processes. */
static void load_policy(struct status *status) {
  AUTO_TEXT named = form_policy(status->policy_path);
  if (form_is_needed(named))
    policy_ask(status->policy_path, &status->policy);
  else
    policy_load_text(status->policy_path, &status->policy);
}

void status_read(const char *wanted_policy, struct status *ret_status) {
  *ret_status = (struct status){0};
  struct status *status = ret_status;
  openssl_state_read(&status->openssl);
  status->preload = find_preload();
  status->preload_present = status->preload != NULL && access(status->preload, R_OK) == 0;
  status->gnutls_missing = status->preload_present && !has_gnutls_module(status->preload);
  status->policy_path = choose_policy(wanted_policy, &status->openssl);
  load_policy(status);
  if (status->policy.status == PIN_OK)
    status->policy.status = pin_policy_visit(&status->policy.policy, count_mode, status);
  status->policy_changed = policy_changed_at(status->policy_path);
  read_compiled(status);
  find_units(status);
  find_unconfirmed(status);
  status->now = time(NULL);
  pauses_of(status->policy_path, status->now, &status->pauses);
  read_processes(status);
  status_judge(status);
}

void status_clear(struct status *status) {
  openssl_state_clear(&status->openssl);
  free(status->preload);
  free(status->policy_path);
  free(status->compiled_path);
  policy_clear(&status->policy);
  pauses_clear(&status->pauses);
  processes_clear(&status->processes);
  text_list_clear(&status->units);
  text_list_clear(&status->problems);
  text_list_clear(&status->remedies);
}
