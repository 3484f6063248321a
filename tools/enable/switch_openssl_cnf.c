/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Enables enforcement by openssl.cnf. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/output.h"
#include "enable/switching.h"

/* The settings to write, owned; those that are not given stay as they are. NULL: not set. */
struct wanted {
  char *module, *policy, *on_policy_error;
};

static void wanted_clear(struct wanted *wanted) {
  free(wanted->module);
  free(wanted->policy);
  free(wanted->on_policy_error);
}

static char *given_or_present(const char *given, const char *text, const char *name, bool was_ours) {
  if (given != NULL)
    return must_copy(given);
  return was_ours ? openssl_setting(text, name) : NULL;
}

/* Programs change their working directory, so the path has to be absolute. */
static bool choose_policy(const struct switching *switching, const struct target *target, bool was_ours,
                          struct wanted *wanted) {
  AUTO_TEXT absolute = NULL;
  if (!switch_find_policy(switching, &absolute))
    return false;
  if (absolute != NULL && strpbrk(absolute, "\r\n") != NULL)
    return say_error("%s: openssl.cnf cannot hold such a path", absolute);
  wanted->policy = given_or_present(absolute, target->text, "policy", was_ours);
  return true;
}

static bool choose(const struct switching *switching, const struct target *target, bool was_ours,
                   struct wanted *wanted) {
  const char *given = arguments_value(switching->arguments, OPTION_ON_POLICY_ERROR);
  wanted->on_policy_error = given_or_present(given, target->text, "on_policy_error", was_ours);
  return choose_policy(switching, target, was_ours, wanted) && switch_find_module(switching, &wanted->module);
}

/* The text with the block, checked to mean the old text and the block's lines. NULL, having said why. */
static char *compose(const struct target *target, const char *rest, const char *lines) {
  char *text = block_add(rest, lines);
  AUTO_TEXT why = text == NULL ? must_copy("the change could not be undone byte for byte")
                               : openssl_difference(rest == NULL ? "" : rest, lines, text);
  if (why == NULL)
    return text;
  say_error("%s: %s; nothing was changed", target->path, why);
  free(text);
  return NULL;
}

/* OPENSSL_CONF may have named a file that is not the system's. */
static void say_who_reads(const struct switching *switching, const struct target *target) {
  const char *environment = getenv("OPENSSL_CONF");
  bool given = arguments_has(switching->arguments, OPTION_OPENSSL_CONF);
  if (environment != NULL && !given)
    say_warning("OPENSSL_CONF names %s: only programs with the same variable read it", target->path);
  if (!switching->dry_run)
    say_note("programs read %s when they start: restart running ones", target->path);
}

static int leave_by_hand(const struct switching *switching, const struct target *target,
                         const struct openssl_plan *plan) {
  if (arguments_has(switching->arguments, OPTION_POLICY) ||
      arguments_has(switching->arguments, OPTION_ON_POLICY_ERROR))
    return say_failure("%s: the provider pinning was activated by hand; change its settings there",
                       target->path);
  say_without_nodejs(plan);
  int status = switch_check_by_hand(switching, target->path, target->text);
  say_note("%s: the provider pinning was activated by hand; it stays as it is", target->path);
  return status;
}

/* The block may stand anywhere, since it has whole sections. */
static bool has_same_block(const char *old_text, const char *new_text) {
  struct block old;
  struct block new_block;
  block_find(old_text, &old);
  block_find(new_text, &new_block);
  bool same = old.body != NULL && new_block.body != NULL && strcmp(old.body, new_block.body) == 0;
  block_clear(&old);
  block_clear(&new_block);
  return same;
}

static bool is_enabled(const struct target *target, const char *text) {
  bool same = has_same_block(target->text, text);
  if (same)
    say_note("%s: already enabled", target->path);
  return same;
}

static int put_in_place(const struct switching *switching, const struct target *target, const char *text) {
  int status = switch_put(switching, target, text);
  if (status == EXIT_DONE)
    say_who_reads(switching, target);
  return status;
}

static int carry_out(const struct switching *switching, const struct target *target, const char *rest,
                     const struct openssl_settings *settings, const struct openssl_plan *plan) {
  AUTO_TEXT lines = openssl_plan_lines(plan);
  AUTO_TEXT with = compose(target, rest, lines);
  AUTO_TEXT without = with == NULL ? NULL : compose(target, rest, plan->body);
  if (without == NULL)
    return EXIT_FAILED;
  int status = switch_check_policy(settings);
  if (status != EXIT_DONE)
    return status;
  const char *text = switch_try_plan(switching, plan, rest == NULL ? "" : rest, with, without);
  if (text == NULL)
    return EXIT_FAILED;
  return is_enabled(target, text) ? EXIT_DONE : put_in_place(switching, target, text);
}

static int switch_on(const struct switching *switching, const struct target *target, const char *rest,
                     const struct wanted *wanted) {
  const char *before = rest == NULL ? "" : rest;
  struct openssl_settings settings = {.module = wanted->module,
                                      .policy = wanted->policy,
                                      .on_policy_error = wanted->on_policy_error,
                                      .default_is_active = switch_has_default(switching, before, false),
                                      .nodejs_has_default = switch_has_default(switching, before, true),
                                      .default_is_unknown = switching->in_image};
  struct openssl_plan plan;
  int status = EXIT_FAILED;
  openssl_plan_make(before, &settings, &plan);
  if (plan.why != NULL)
    say_error("%s: %s; nothing was changed", target->path, plan.why);
  else
    status = plan.by_hand ? leave_by_hand(switching, target, &plan)
                          : carry_out(switching, target, rest, &settings, &plan);
  openssl_plan_clear(&plan);
  return status;
}

static int switch_target_on(const struct switching *switching, const struct target *target) {
  struct block block;
  struct wanted wanted = {0};
  block_find(target->text, &block);
  int status = EXIT_FAILED;
  if (block.state == BLOCK_DAMAGED)
    status = switch_refuse_damaged(target);
  else if (choose(switching, target, block.state == BLOCK_PRESENT, &wanted))
    status = switch_on(switching, target, block.rest, &wanted);
  block_clear(&block);
  wanted_clear(&wanted);
  return status;
}

int switch_openssl_on(const struct switching *switching) {
  return switch_file_on(switching, "", switch_target_on);
}
