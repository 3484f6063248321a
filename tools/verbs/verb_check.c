/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/invocation.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "explain/lint.h"
#include "verbs/verbs.h"
#include "view/compiled_form.h"
#include "view/loaded_policy.h"
#include "view/pauses.h"
#include "view/usable_policy.h"

static const struct option options[] = {
    SHARED_POLICY,
    SHARED_JSON,
    FLAG(STRICT, "strict", "exit with status 1 on warnings and pauses, too"),
    OPTION(
        CERTIFICATE, "certificate", "FILE",
        "also warn if the policy has the digest of one of\nthese certificates in place of its key's, or the\n"
        "other way round",
        .repeatable = true),
};

/* Adds the warnings, but only where the policy has no errors. False, having said so: the image is damaged. */
static bool look_through(const char *path, const struct objects *certificates, struct loaded_policy *loaded) {
  if (loaded->status == PIN_OK) {
    struct entries entries = {0};
    bool good = entries_read(&loaded->policy, &entries);
    if (good)
      lint_policy(&loaded->policy, &entries, time(NULL), &loaded->diagnostics);
    if (good)
      lint_certificates(certificates, &entries, &loaded->diagnostics);
    if (good)
      lint_unlisted(path, &loaded->policy, &entries, &loaded->diagnostics);
    if (good)
      lint_files(path, &loaded->diagnostics);
    if (good)
      lint_form(path, &loaded->diagnostics);
    entries_clear(&entries);
    if (!good)
      return false;
  }
  diagnostics_sort(&loaded->diagnostics);
  lint_add_source_lines(&loaded->diagnostics);
  return true;
}

static bool collect(const char *path, const struct objects *certificates, struct loaded_policy *loaded) {
  policy_load_text(path, loaded);
  progress_begin("looking through the policy");
  bool good = look_through(path, certificates, loaded);
  progress_end();
  return good && loaded->status != PIN_NO_MEMORY && loaded->status != PIN_DAMAGED;
}

static void print_text(const char *path, const struct loaded_policy *loaded) {
  const struct diagnostics *diagnostics = &loaded->diagnostics;
  diagnostics_print(stdout, diagnostics);
  size_t warnings = diagnostics->count - diagnostics->errors;
  AUTO_TEXT count = must_format("%zu error%s, %zu warning%s", diagnostics->errors,
                                diagnostics->errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
  if (loaded->status != PIN_OK) {
    put(stderr, RED, "%s: %s\n", path, count);
    policy_say_remedy(path, loaded->status);
  } else if (!output_hides_notes()) {
    put(stderr, diagnostics->count == 0 ? GREEN : YELLOW, "%s: valid, %u host%s, %s\n", path,
        (unsigned)loaded->policy.entry_count, loaded->policy.entry_count == 1 ? "" : "s", count);
  }
}

/* EXIT_FAILED: the main file could not be read. One with a wrong owner or mode is a finding. */
static int status_of(const struct arguments *arguments, const char *path, const struct loaded_policy *loaded,
                     bool any_paused) {
  if (loaded->status == PIN_UNREADABLE && access(path, R_OK) != 0)
    return EXIT_FAILED;
  if (loaded->status != PIN_OK)
    return EXIT_FINDING;
  bool strict = arguments_has(arguments, OPTION_STRICT);
  return strict && (loaded->diagnostics.count > 0 || any_paused) ? EXIT_FINDING : EXIT_DONE;
}

/* Notes the pauses, which are not in the text. Whether there is any. */
static bool tell_pauses(const char *path) {
  struct pauses pauses;
  int64_t now = time(NULL);
  pauses_of(path, now, &pauses);
  pauses_tell(&pauses, now);
  bool any = pauses.count > 0;
  pauses_clear(&pauses);
  return any;
}

/* The main file of the policy where `real` is a drop-in, that is, in policy.d; NULL: it is not. For free(3).
 */
static char *main_file_of(const char *real) {
  AUTO_TEXT dropins = real == NULL ? NULL : path_directory(real);
  if (dropins == NULL || strcmp(path_base(dropins), "policy.d") != 0)
    return NULL;
  AUTO_TEXT directory = path_directory(dropins);
  char *policy = must_format("%s/policy.cfg", directory);
  if (access(policy, F_OK) == 0)
    return policy;
  free(policy);
  return NULL;
}

/*
 * The path of a drop-in without symbolic links in its directory, as processes see it. Where `path` is not in
 * policy.d but a link to a drop-in, the target of the link. *ret_policy: its main file; NULL: it is no
 * drop-in. Both are for free(3).
 */
static char *place_of(const char *path, char **ret_policy) {
  AUTO_TEXT directory = path_directory(path);
  AUTO_TEXT folder = realpath(directory, NULL);
  char *place = folder == NULL ? NULL : must_format("%s/%s", folder, path_base(path));
  *ret_policy = main_file_of(place);
  if (*ret_policy == NULL) {
    free(place);
    place = realpath(path, NULL);
    *ret_policy = main_file_of(place);
  }
  return place;
}

/* Refuses a file in policy.d that processes do not read. */
static int refuse_unread(const struct arguments *arguments, const char *policy, const char *path) {
  if (arguments_has(arguments, OPTION_JSON))
    json_print(json_object_new_array());
  say_error("%s: is not a part of %s: only files named *.cfg are, without a leading dot", path, policy);
  return EXIT_FINDING;
}

/* Keeps only the diagnostics about one drop-in. name: its name in policy.d. */
static void keep_dropin(struct diagnostics *diagnostics, const char *name) {
  struct diagnostics kept = {0};
  for (size_t i = 0; i < diagnostics->count; i++)
    if (strcmp(path_base(diagnostics->items[i].file), name) == 0)
      diagnostics_add(&diagnostics->items[i], &kept);
  diagnostics_clear(diagnostics);
  *diagnostics = kept;
}

/* Checks a drop-in as a part of its policy. name: its name in policy.d, to which `path` may be a link. */
static int check_dropin(const struct arguments *arguments, const char *policy, const char *path,
                        const char *name, const struct objects *certificates) {
  struct loaded_policy loaded;
  bool collected = collect(policy, certificates, &loaded);
  bool broken = loaded.status != PIN_OK;
  keep_dropin(&loaded.diagnostics, name);
  if (collected && arguments_has(arguments, OPTION_JSON))
    diagnostics_print_json(&loaded.diagnostics);
  else if (collected)
    diagnostics_print(stdout, &loaded.diagnostics);
  say_note("%s: checked as a part of %s", path, policy);
  AUTO_TEXT word = shell_word(policy);
  if (broken && loaded.diagnostics.errors == 0)
    say_warning("%s: has errors elsewhere; \"pinctl check %s\" shows them", policy, word);
  int status = collected ? EXIT_DONE : EXIT_FAILED;
  if (collected && (broken || (arguments_has(arguments, OPTION_STRICT) && loaded.diagnostics.count > 0)))
    status = EXIT_FINDING;
  policy_clear(&loaded);
  return status;
}

static int check(const struct arguments *arguments, const char *path, const struct objects *certificates) {
  struct loaded_policy loaded;
  int status = EXIT_FAILED;
  AUTO_TEXT policy = NULL;
  AUTO_TEXT place = place_of(path, &policy);
  if (policy != NULL && faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
    return say_failure("%s: %s", path, strerror(errno));
  if (policy != NULL)
    return dropin_name_is_read(path_base(place))
               ? check_dropin(arguments, policy, path, path_base(place), certificates)
               : refuse_unread(arguments, policy, path);
  if (collect(path, certificates, &loaded)) {
    if (arguments_has(arguments, OPTION_JSON))
      diagnostics_print_json(&loaded.diagnostics);
    else
      print_text(path, &loaded);
    status = status_of(arguments, path, &loaded, tell_pauses(path));
  } else {
    say_error("%s: could not be read: out of memory", path);
  }
  policy_clear(&loaded);
  return status;
}

static int run(const struct arguments *arguments) {
  const char *path = arguments->operand_count == 1 ? arguments->operands[0] : arguments_policy(arguments);
  if (arguments->operand_count == 1 && arguments_has(arguments, OPTION_POLICY))
    return usage_status(arguments->verb, "expected FILE or --policy FILE, not both");
  struct objects certificates;
  int status = objects_read_option(arguments, OPTION_CERTIFICATE, &certificates)
                   ? check(arguments, path, &certificates)
                   : EXIT_FAILED;
  objects_clear(&certificates);
  return status;
}

const struct verb verb_check = {
    .name = "check",
    .operands = "[FILE]",
    .summary = "Check the policy and point out every mistake",
    .details = "Prints every error with its place and the line. If there is no error, warns of\n"
               "what was probably not intended: hosts without a backup pin, entries that have\n"
               "expired or soon will, public suffixes, entries or settings without effect, what\n"
               "unlisted = \"refuse\" refuses, and files that not every process can read. A FILE\n"
               "in policy.d is checked as a drop-in of its policy, and only what concerns it is\n"
               "printed.",
    .example = "pinctl check policy.cfg",
    OPTIONS_IN(options),
    .most_operands = 1,
    .reports = REPORTS_QUIETLY,
    .run = run,
};
