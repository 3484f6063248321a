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

/* Prints the lines. Returns the exit status: EXIT_FINDING where there are any. */
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

/* before NULL: no policy is in force. */
static int compare(const struct arguments *arguments, const struct pin_policy *before,
                   const struct pin_policy *after) {
  struct text_list lines;
  int status = EXIT_FAILED;
  if (policy_words(before, after, &lines)) {
    status = print(arguments, &lines);
    if (lines.count == 0)
      say_note("what is enforced stays the same");
  }
  text_list_clear(&lines);
  return status;
}

/* Says why the files cannot be compared. EXIT_FAILED: the main file could not be read. */
static int tell_unusable(const char *named, const struct loaded_policy *loaded, bool any_in_force) {
  bool unreadable =
      loaded->status == PIN_NO_MEMORY || (loaded->status == PIN_UNREADABLE && access(named, R_OK) != 0);
  say_error("%s: the policy %s; %s", named, unreadable ? "cannot be read" : "has errors",
            any_in_force ? "what was compiled last stays in force" : "nothing is in force");
  policy_say_remedy(named, loaded->status);
  return unreadable ? EXIT_FAILED : EXIT_FINDING;
}

/* Without a compiled form processes read the text, which therefore is in force already. */
static int tell_enforced(const struct arguments *arguments) {
  static const struct text_list none = {0};
  say_note("there is no compiled form; processes read the text, so what is enforced stays the same");
  return print(arguments, &none);
}

/* Compares the files with what was compiled from them last. */
static int compare_files(const struct arguments *arguments) {
  AUTO_TEXT named = form_policy(arguments_policy(arguments));
  struct enforced_policy last_good;
  struct loaded_policy loaded;
  const struct pin_policy *before = last_good_policy_open(named, &last_good) ? &last_good.policy : NULL;
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
  enforced_policy_close(&last_good);
  return status;
}

/* Compares a future policy with the one in force. */
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
  } else {
    if (enforced_policy_show(arguments_policy(arguments), &enforced))
      status = compare(arguments, &enforced.policy, &loaded.policy);
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
    .details = "Compares the files of the policy with its compiled form, which was made from\n"
               "them last; or the policy FILE, which is not in force yet, with the one in force.\n"
               "Prints first what would be lost. Exit status 0 if nothing differs, 1 if\n"
               "something does.",
    .example = "pinctl diff",
    OPTIONS_IN(options),
    .most_operands = 1,
    .reports = REPORTS_QUIETLY,
    .run = run,
};
