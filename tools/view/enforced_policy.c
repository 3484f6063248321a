/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "view/enforced_policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "view/compiled_form.h"

/*
 * Opens the compiled form where it was made from this policy, as the provider does. may_stay_in_file: a large
 * image is not read into memory (policy_ask). False: there is none, or it is damaged.
 */
static bool open_form(const char *policy, bool may_stay_in_file, struct enforced_policy *enforced) {
  AUTO_TEXT named = form_policy(policy);
  AUTO_TEXT path = form_path(named);
  if (path == NULL || pin_compiled_open(path, &enforced->compiled) != PIN_OK)
    return false;
  bool in_file = may_stay_in_file && enforced->compiled.fd >= 0;
  if (!pin_compiled_is_of(&enforced->compiled, named) ||
      !(in_file ? policy_is_whole(&enforced->compiled.policy)
                : policy_take_image(&enforced->compiled, &enforced->loaded))) {
    pin_compiled_close(&enforced->compiled);
    return false;
  }
  enforced->form = text_take(&path);
  enforced->last_good = true;
  enforced->policy = in_file ? enforced->compiled.policy : enforced->loaded.policy;
  return true;
}

static bool open_text_or_form(const char *policy, bool may_stay_in_file,
                              struct enforced_policy *ret_enforced) {
  *ret_enforced = (struct enforced_policy){0};
  if (may_stay_in_file)
    policy_ask(policy, &ret_enforced->loaded);
  else
    policy_load(policy, &ret_enforced->loaded);
  if (ret_enforced->loaded.status != PIN_OK)
    return open_form(policy, may_stay_in_file, ret_enforced);
  ret_enforced->policy = ret_enforced->loaded.policy;
  return true;
}

bool enforced_policy_open(const char *policy, struct enforced_policy *ret_enforced) {
  return open_text_or_form(policy, false, ret_enforced);
}

bool enforced_policy_ask(const char *policy, struct enforced_policy *ret_enforced) {
  return open_text_or_form(policy, true, ret_enforced);
}

bool last_good_policy_open(const char *policy, struct enforced_policy *ret_enforced) {
  *ret_enforced = (struct enforced_policy){0};
  return open_form(policy, false, ret_enforced);
}

bool enforced_policy_empty(struct enforced_policy *ret_enforced) {
  int fd = file_in_memory("pinctl-empty-policy", "version = 1;\n");
  AUTO_TEXT path = must_format("/proc/self/fd/%d", fd);
  *ret_enforced = (struct enforced_policy){0};
  bool good = fd >= 0 && enforced_policy_open(path, ret_enforced);
  if (fd < 0)
    say_error("cannot make a file in memory: %s", strerror(errno));
  else if (!good)
    say_error("an empty policy cannot be compiled in memory");
  if (fd >= 0)
    close(fd);
  return good;
}

void enforced_policy_close(struct enforced_policy *enforced) {
  if (enforced->last_good)
    pin_compiled_close(&enforced->compiled);
  policy_clear(&enforced->loaded);
  free(enforced->form);
  *enforced = (struct enforced_policy){0};
}

uint32_t last_good_hosts(const char *policy, char **ret_form) {
  struct enforced_policy enforced = {0};
  uint32_t hosts = open_form(policy, true, &enforced) ? enforced.policy.entry_count : 0;
  *ret_form = text_take(&enforced.form);
  enforced_policy_close(&enforced);
  return hosts;
}
