/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "edit/policy_words.h"
#include "verbs/verbs.h"
#include "view/compiled_form.h"
#include "view/usable_policy.h"

static const struct option options[] = {SHARED_POLICY, SHARED_JSON};

/* Takes nothing over. */
static int print(const struct arguments *arguments, const struct text_list *lines) {
  bool as_json = arguments_has(arguments, OPTION_JSON);
  json_object *array = as_json ? json_object_new_array() : NULL;
  for (size_t i = 0; i < lines->count; i++) {
    if (!as_json) {
      put(stdout, PLAIN, "%s\n", lines->items[i]);
      continue;
    }
    json_object *json = json_object_new_object();
    json_object_object_add(json, "change", json_text(lines->items[i]));
    json_object_array_add(array, json);
  }
  if (as_json)
    json_print(array);
  return lines->count == 0 ? EXIT_DONE : EXIT_FINDING;
}

/* before NULL: nothing is in force. */
static int compare(const struct arguments *arguments, const struct pin_policy *before,
                   const struct pin_policy *after) {
  struct entries before_entries = {0};
  struct entries after_entries = {0};
  struct text_list lines = {0};
  int status = EXIT_FAILED;
  if ((before == NULL || entries_read(before, &before_entries)) && entries_read(after, &after_entries)) {
    policy_words(before, &before_entries, after, &after_entries, &lines);
    status = print(arguments, &lines);
    if (lines.count == 0)
      say_note("what is enforced stays the same");
  }
  text_list_clear(&lines);
  entries_clear(&before_entries);
  entries_clear(&after_entries);
  return status;
}

/*
 * What processes go by while the text is broken, or too long for them, whole in memory: of a form in its file
 * no entry lives longer than the visit of it. To be cleared in any case; NULL: there is none.
 */
static const struct pin_policy *take_form(const char *named, struct loaded_policy *ret_taken) {
  AUTO_TEXT form = form_path(named);
  struct pin_compiled compiled;
  *ret_taken = (struct loaded_policy){0};
  if (form == NULL || pin_compiled_open(form, &compiled) != PIN_OK)
    return NULL;
  bool good = pin_compiled_is_of(&compiled, named) && policy_take_image(&compiled, ret_taken);
  pin_compiled_close(&compiled);
  return good ? &ret_taken->policy : NULL;
}

/* A main file that cannot be opened could not be compared, as it could not be checked. */
static int tell_unusable(const char *named, const struct loaded_policy *loaded, bool any_in_force) {
  bool unreadable =
      loaded->status == PIN_NO_MEMORY || (loaded->status == PIN_UNREADABLE && access(named, R_OK) != 0);
  say_error("%s: the policy %s; %s", named, unreadable ? "cannot be read" : "has errors",
            any_in_force ? "what was compiled last stays in force" : "nothing is in force");
  policy_say_remedy(named, loaded->status);
  return unreadable ? EXIT_FAILED : EXIT_FINDING;
}

/* What processes read anyway is in force already. */
static int tell_enforced(const struct arguments *arguments) {
  static const struct text_list none = {0};
  say_note("there is no compiled form; processes read the text, so what is enforced stays the same");
  return print(arguments, &none);
}

/* The files against what was compiled from them last. */
static int compare_files(const struct arguments *arguments) {
  AUTO_TEXT named = form_policy(arguments_policy(arguments));
  struct loaded_policy taken;
  struct loaded_policy loaded;
  const struct pin_policy *before = take_form(named, &taken);
  policy_load_text(named, &loaded);
  diagnostics_print(stderr, &loaded.diagnostics);
  bool usable = loaded.status == PIN_OK;
  bool read_as_text = usable && !form_is_needed(named);
  int status = !usable                          ? tell_unusable(named, &loaded, before != NULL)
               : before == NULL && read_as_text ? tell_enforced(arguments)
                                                : compare(arguments, before, &loaded.policy);
  if (status == EXIT_FINDING && read_as_text)
    say_note("processes read the text meanwhile; \"pinctl compile%s\" makes the compiled form the same",
             same_policy());
  policy_clear(&loaded);
  policy_clear(&taken);
  return status;
}

/* A policy that is to come against the one in force. */
static int compare_with(const struct arguments *arguments, const char *file) {
  struct enforced_policy enforced;
  struct loaded_policy loaded;
  int status = EXIT_FAILED;
  policy_load_text(file, &loaded);
  diagnostics_print(stderr, &loaded.diagnostics);
  if (loaded.status != PIN_OK) {
    say_error("%s: the policy %s", file, loaded.status == PIN_INVALID ? "has errors" : "cannot be read");
    policy_say_remedy(file, loaded.status);
    status = loaded.status == PIN_INVALID ? EXIT_FINDING : EXIT_FAILED;
  } else if (enforced_policy_show(arguments_policy(arguments), &enforced)) {
    status = compare(arguments, &enforced.policy, &loaded.policy);
    enforced_policy_close(&enforced);
  } else {
    enforced_policy_close(&enforced);
  }
  policy_clear(&loaded);
  return status;
}

static int run(const struct arguments *arguments) {
  return arguments->operand_count == 0 ? compare_files(arguments)
                                       : compare_with(arguments, arguments->operands[0]);
}

const struct verb verb_diff = {
    .name = "diff",
    .operands = "[FILE]",
    .summary = "Show how files differ from the policy in force",
    .details = "Compares the files of the policy with its compiled form, which is what processes\n"
               "use; or the policy FILE, which is not in force yet, with the one in force.\n"
               "Prints first what would be lost. Exit status 0 if nothing differs, 1 if\n"
               "something does.",
    .example = "pinctl diff",
    OPTIONS_IN(options),
    .most_operands = 1,
    .reports = REPORTS_QUIETLY,
    .run = run,
};
