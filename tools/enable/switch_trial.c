/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Tests a changed configuration before it replaces the old one. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/output.h"
#include "config/config_trial.h"
#include "config/installation.h"
#include "enable/switching.h"

#define NOT_TESTED "not tested: programs of an image cannot run here"

bool switch_has_default(const struct switching *switching, const char *configuration, bool nodejs) {
  struct trial trial = {.configuration = configuration, .nodejs = nodejs};
  struct text_list providers = {0};
  AUTO_TEXT why = NULL;
  if (!switching->in_image)
    trial_run(&trial, &providers, &why);
  bool found = text_list_find(&providers, "default") < providers.count;
  text_list_clear(&providers);
  return found;
}

/* The first provider of `before` that is missing in `after`, or NULL. */
static const char *find_lost(const struct text_list *before, const struct text_list *after) {
  for (size_t i = 0; i < before->count; i++)
    if (text_list_find(after, before->items[i]) == after->count)
      return before->items[i];
  return NULL;
}

/* Why the trial failed, for free(3), or NULL. A provider counts as lost only if it was active before. */
static char *find_fault(const char *before, const struct trial *trial) {
  struct trial earlier = {.configuration = before, .nodejs = trial->nodejs};
  struct text_list old = {0};
  struct text_list new_lines;
  AUTO_TEXT unused = NULL;
  char *why = NULL;
  if (before != NULL)
    trial_run(&earlier, &old, &unused);
  if (trial_run(trial, &new_lines, &why)) {
    const char *lost = find_lost(&old, &new_lines);
    if (lost != NULL)
      why = must_format("the provider \"%s\" would no longer be active", lost);
  }
  text_list_clear(&old);
  text_list_clear(&new_lines);
  return why;
}

bool switch_try(const char *before, const char *after, const char *preload) {
  struct trial trial = {.configuration = after, .preload = preload, .handshakes = true};
  AUTO_TEXT why = find_fault(before, &trial);
  if (say_if_ended("the trial"))
    return false;
  if (why != NULL)
    say_error("the changed configuration does not work: %s; nothing was changed", why);
  return why == NULL;
}

int switch_try_here(const struct switching *switching, const char *configuration, const char *preload) {
  if (!switching->in_image)
    return switch_try(NULL, configuration, preload) ? EXIT_DONE : EXIT_FAILED;
  say_note(NOT_TESTED);
  return EXIT_DONE;
}

static bool nodejs_works(const char *configuration) {
  struct trial trial = {.configuration = configuration, .nodejs = true};
  struct text_list providers;
  AUTO_TEXT why = NULL;
  bool works = trial_run(&trial, &providers, &why);
  text_list_clear(&providers);
  return works;
}

static void say_left_out(const char *why) {
  say_warning("nodejs is left out, so pins do not hold there: %s", why);
}

void say_without_nodejs(const struct openssl_plan *plan) {
  if (plan->nodejs_why != NULL)
    say_left_out(plan->nodejs_why);
}

/*
 * If only nodejs fails, enforcement is still enabled for all other programs: most machines have no nodejs. If
 * both share sections, nodejs cannot be left out, so it must not fail.
 */
static const char *try_nodejs(const struct openssl_plan *plan, const char *before, const char *with,
                              const char *without) {
  struct trial trial = {.configuration = with, .nodejs = true, .handshakes = true};
  AUTO_TEXT why = find_fault(before, &trial);
  if (say_if_ended("the trial"))
    return NULL;
  if (why == NULL)
    return with;
  if (plan->nodejs_shares && nodejs_works(before)) {
    say_error("the changed configuration does not work for nodejs: %s; nothing was changed", why);
    return NULL;
  }
  say_left_out(why);
  return plan->nodejs == NULL || switch_try(before, without, NULL) ? without : NULL;
}

/* False, with a message: no module was found. */
static bool advise_whole_path(const struct switching *switching, const char *path) {
  AUTO_TEXT module = NULL;
  if (!switch_find_module(switching, &module))
    return false;
  AUTO_TEXT setting = openssl_setting_line("module", module);
  say_warning("%s: the section of pinning does not name the module by its whole path, so programs with "
              "OPENSSL_MODULES in their environment do not find it and are NOT enforced; write there: %s",
              path, setting);
  return true;
}

/* False, with a message: the module that the text names does not exist. */
static bool has_module(const struct switching *switching, const char *path, const char *text) {
  AUTO_TEXT named = openssl_setting(text, "module");
  if (named == NULL || *named != '/')
    return advise_whole_path(switching, path);
  AUTO_TEXT module = module_path_here(named);
  if (access(module, R_OK) == 0)
    return true;
  return say_error("%s: names the module %s: %s; nothing is enforced", path, named, strerror(errno));
}

int switch_check_by_hand(const struct switching *switching, const char *path, const char *text) {
  AUTO_TEXT policy = openssl_setting(text, "policy");
  AUTO_TEXT on_policy_error = openssl_setting(text, "on_policy_error");
  struct openssl_settings settings = {.policy = policy, .on_policy_error = on_policy_error};
  if (!has_module(switching, path, text))
    return EXIT_FAILED;
  int status = switch_check_policy(&settings);
  if (status != EXIT_DONE)
    return status;
  return switch_try_here(switching, text, NULL);
}

const char *switch_try_plan(const struct switching *switching, const struct openssl_plan *plan,
                            const char *before, const char *with, const char *without) {
  say_without_nodejs(plan);
  if (switching->in_image) {
    say_note(NOT_TESTED);
    return with;
  }
  if (!switch_try(before, with, NULL))
    return NULL;
  bool acts_on_nodejs = plan->nodejs != NULL || plan->nodejs_shares;
  return acts_on_nodejs ? try_nodejs(plan, before, with, without) : with;
}
