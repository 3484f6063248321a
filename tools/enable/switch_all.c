/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Enables openssl.cnf and ld.so.preload in one step, and asks whether both are wanted. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "cli/output.h"
#include "cli/prompt.h"
#include "edit/present_text.h"
#include "enable/commit_confirm.h"
#include "enable/ld_preload.h"
#include "enable/switching.h"

#define BY_PRELOAD "programs that use GnuTLS, and those that read no openssl.cnf"

static bool is_preloaded(void) {
  size_t length = 0;
  AUTO_TEXT text = NULL;
  AUTO_TEXT shim = file_read(PRELOAD_FILE, &text, &length) == 0 ? preload_find_shim(text) : NULL;
  return shim != NULL;
}

static bool names_a_place(const struct arguments *arguments) {
  return switch_names_a_file(arguments) || arguments_has(arguments, OPTION_ALL) ||
         arguments_has(arguments, OPTION_SYSTEMD) || arguments_has(arguments, OPTION_CONFIRMED);
}

void switch_ask_for_both(struct switching *switching) {
  static const char *const words[] = {"both", "only openssl.cnf", NULL};
  const struct arguments *arguments = switching->arguments;
  if (names_a_place(arguments) || is_preloaded())
    return;
  bool has_settings =
      arguments_has(arguments, OPTION_POLICY) || arguments_has(arguments, OPTION_ON_POLICY_ERROR);
  if (has_settings || switching->dry_run || switching->in_image || !question_possible()) {
    say_note("openssl.cnf does not reach " BY_PRELOAD "; \"pinctl enable --all\" sets up " PRELOAD_FILE
             " too, which does");
    return;
  }
  say_note("openssl.cnf does not reach " BY_PRELOAD "; " PRELOAD_FILE " does");
  if (question_ask("Set up both?", words) == 0)
    switching->place = PLACE_ALL;
}

/* The shim knows only the default policy for GnuTLS. False, having said so: openssl.cnf names another one. */
static bool has_default_policy(const char *configuration) {
  AUTO_TEXT policy = openssl_setting(configuration, "policy");
  AUTO_TEXT on_policy_error = openssl_setting(configuration, "on_policy_error");
  if (policy != NULL && strcmp(policy, PIN_DEFAULT_POLICY) != 0)
    return say_error(
        "openssl.cnf names the policy %s, but programs that use GnuTLS know only " PIN_DEFAULT_POLICY,
        policy);
  if (on_policy_error != NULL && strcmp(on_policy_error, "allow") == 0)
    say_warning("on_policy_error is \"allow\" in openssl.cnf; programs that use GnuTLS refuse every host "
                "without a policy all the same");
  return true;
}

/* The text that openssl.cnf is to have again: the one before, or, if somebody has edited the file meanwhile,
 * the edited one with pinctl's old lines. False, having said why: pinctl's lines are damaged. */
static bool find_restored_text(const struct target *target, const char *before, char **ret_text,
                               bool *ret_edited) {
  struct block now;
  struct block old;
  block_find(target->text, &now);
  block_find(before, &old);
  bool good = now.state != BLOCK_DAMAGED;
  *ret_edited = good && !present_text_is(now.rest, old.rest);
  char *kept = now.rest == NULL ? NULL : must_copy(now.rest);
  if (good && *ret_edited && old.body != NULL) {
    free(kept);
    kept = block_add(now.rest, old.body);
    good = kept != NULL;
  }
  if (!good)
    switch_refuse_damaged(target);
  if (!*ret_edited) {
    free(kept);
    kept = before == NULL ? NULL : must_copy(before);
  }
  *ret_text = kept;
  block_clear(&now);
  block_clear(&old);
  return good;
}

/* Undoes the change of openssl.cnf. before NULL: there was no such file. If this fails, a change with
 * --confirm still waits, and is undone later. */
static void undo_openssl(const struct switching *switching, const char *before) {
  struct target target;
  AUTO_TEXT text = NULL;
  bool edited = false;
  if (target_open(switching->path, TARGET_CHANGE, &target) &&
      find_restored_text(&target, before, &text, &edited) && target_put(&target, text)) {
    AUTO_TEXT record = must_format("%s, taken back", target.path);
    confirm_forget(&target);
    switch_record(switching, record);
    say_note("%s: undone, because not both could be set up%s", target.path,
             edited ? "; what somebody else has changed there meanwhile stays" : "");
  }
  target_close(&target);
}

static int both_on(const struct switching *switching) {
  AUTO_TEXT before = NULL;
  AUTO_TEXT after = NULL;
  struct switching openssl = *switching;
  struct switching preload = *switching;
  openssl.place = PLACE_OPENSSL;
  preload.place = PLACE_PRELOAD;
  openssl.by_all = preload.by_all = true;
  preload.path = (char[]){PRELOAD_FILE};
  if (!present_text_read(switching->path, &before) || !has_default_policy(before == NULL ? "" : before))
    return EXIT_FAILED;
  AUTO_TEXT real = realpath(switching->path, NULL);
  say_note("%s: for programs that use OpenSSL and read it", real == NULL ? switching->path : real);
  int status = switch_openssl_on(&openssl);
  if (status != EXIT_DONE)
    return status;
  if (!present_text_read(switching->path, &after))
    return EXIT_FAILED;
  preload.configuration = after;
  say_note(PRELOAD_FILE ": for " BY_PRELOAD);
  status = switch_preload_on(&preload);
  end_too_late();
  if (status != EXIT_DONE && !present_text_is(before, after))
    undo_openssl(switching, before);
  if (status == EXIT_DONE && !switching->dry_run)
    say_note("\"pinctl disable\" undoes both");
  return status;
}

/* Both or none: a signal between them takes effect afterwards. */
int switch_all_on(const struct switching *switching) {
  end_defer();
  int status = both_on(switching);
  if (status == EXIT_DONE && !switching->dry_run)
    say_if_late("both", NULL);
  end_deliver();
  return status;
}
