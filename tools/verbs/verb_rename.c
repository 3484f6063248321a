/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/prompt.h"
#include "edit/existing_entry.h"
#include "explain/lint.h"
#include "verbs/verbs.h"
#include "view/pauses.h"

static const struct option options[] = {
    OPTION(PORT, "port", "N", "rename the entry for this port; give the option\nonce for each of its ports",
           .repeatable = true),
    FLAG(YES, "yes", "do not ask, not even about what is probably a\nmistake"),
    SHARED_POLICY,
    SHARED_DRY_RUN,
};

/* One run of the verb. */
struct rename {
  const struct arguments *arguments;
  char *from, *to;
  uint16_t *ports;
  uint32_t port_count;
  struct edit edit;
  const char *file; /* the base name of the new drop-in */
};

static int review(const struct loaded_policy *loaded, void *arg) {
  const struct rename *rename = arg;
  struct text_list grave, others;
  if (!entry_review(&loaded->policy, rename->to, rename->file, &grave, &others))
    return EXIT_FAILED;
  for (size_t i = 0; i < others.count; i++)
    say_warning("%s", others.items[i]);
  int status = doubts_settle(&grave, rename->to, arguments_has(rename->arguments, OPTION_YES),
                             arguments_has(rename->arguments, OPTION_DRY_RUN));
  text_list_clear(&grave);
  text_list_clear(&others);
  return status;
}

/* Warns where the old name is paused: the pause is for that name, not for the entry. */
static void warn_of_pause(const struct rename *rename) {
  struct pauses pauses;
  int64_t now = time(NULL);
  pauses_of(arguments_policy(rename->arguments), now, &pauses);
  int64_t until = pauses_until(&pauses, rename->from);
  if (until > pauses_until(&pauses, rename->to)) {
    AUTO_TEXT rest = pause_rest(until, now);
    say_warning("%s is paused %s, and that pause does not cover %s: \"pinctl pause %s%s\" pauses that",
                rename->from, rest, rename->to, rename->to, same_policy());
  }
  pauses_clear(&pauses);
}

/* Refuses where the new name has an entry for the same ports, which would decide too, or instead. */
static int refuse_occupied(const struct rename *rename, const struct existing_entry *target) {
  struct existing_entries others;
  int status = existing_entries_read(rename->edit.change, rename->to, &others);
  for (size_t i = 0; i < others.count && status == EXIT_DONE; i++) {
    const struct pin_entry *other = &others.items[i].entry;
    if (!ports_overlap(other->ports, other->port_count, target->entry.ports, target->entry.port_count))
      continue;
    say_error("%s:%u: \"%s\" has an entry already; nothing was changed", others.items[i].path,
              (unsigned)other->line, rename->to);
    status = EXIT_FAILED;
  }
  existing_entries_clear(&others);
  return status;
}

/* The new file is put in place first, so that in between both names are covered. */
static int stage(struct rename *rename, struct existing_entry *target) {
  struct change *change = rename->edit.change;
  free(target->dropin->host);
  target->dropin->host = must_copy(rename->to);
  int status = stage_new_entry(change, target->dropin);
  if (status != EXIT_DONE)
    return status;
  rename->file = path_base(change->files[change->count - 1].path);
  change_stage(change, must_copy(target->path), must_copy(target->text), NULL);
  change->review = review;
  change->review_arg = rename;
  return EXIT_DONE;
}

static int rename_entry(struct rename *rename) {
  struct existing_entry *target = NULL;
  bool dry_run = arguments_has(rename->arguments, OPTION_DRY_RUN);
  struct edit *edit = &rename->edit;
  int status = edit_begin(arguments_policy(rename->arguments), dry_run, rename->from, edit);
  if (status == EXIT_DONE)
    status =
        existing_entries_choose(&edit->existing, rename->from, rename->ports, rename->port_count, &target);
  if (status == EXIT_DONE && target->dropin == NULL)
    status = refuse_foreign(target);
  if (status == EXIT_DONE)
    status = refuse_occupied(rename, target);
  if (status == EXIT_DONE)
    status = stage(rename, target);
  if (status == EXIT_DONE)
    status = change_commit(edit->change);
  if (status == EXIT_DONE && !dry_run)
    say_note("%s: is now %s in %s", rename->from, rename->to,
             edit->change->files[edit->change->count - 2].path);
  if (status == EXIT_DONE)
    warn_of_pause(rename);
  edit_end(edit);
  return status;
}

static bool read_usage(struct rename *rename) {
  const struct arguments *arguments = rename->arguments;
  if (!arguments_entry_name(arguments, arguments->operands[0], &rename->from) ||
      !arguments_entry_name(arguments, arguments->operands[1], &rename->to) ||
      !arguments_ports(arguments, &rename->ports, &rename->port_count))
    return false;
  return strcmp(rename->from, rename->to) != 0 ||
         wrong_usage(arguments->verb, "\"%s\" and \"%s\" are one name", arguments->operands[0],
                     arguments->operands[1]);
}

static int run(const struct arguments *arguments) {
  struct rename rename = {.arguments = arguments};
  int status = read_usage(&rename) ? rename_entry(&rename) : EXIT_USAGE;
  free(rename.from);
  free(rename.to);
  free(rename.ports);
  return status;
}

const struct verb verb_rename = {
    .name = "rename",
    .operands = "HOST NEW-NAME",
    .summary = "Rename an entry and keep its pins and settings",
    .details = "For a server that moves to another name. Pins, settings and the comment stay.\n"
               "Entries that people wrote by hand are never changed.",
    .example = "pinctl rename api.example.com api2.example.com --dry-run",
    OPTIONS_IN(options),
    .least_operands = 2,
    .most_operands = 2,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run,
};
