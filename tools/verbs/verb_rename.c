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
struct renaming {
  const struct arguments *arguments;
  char *from, *to;
  uint16_t *ports;
  uint32_t port_count;
  struct edit edit;
  const char *file; /* the base name of the new drop-in */
};

static int review(const struct loaded_policy *loaded, void *arg) {
  const struct renaming *renaming = arg;
  struct text_list grave, others;
  if (!entry_review(&loaded->policy, renaming->to, renaming->file, &grave, &others))
    return EXIT_FAILED;
  for (size_t i = 0; i < others.count; i++)
    say_warning("%s", others.items[i]);
  int status = doubts_settle(&grave, renaming->to, arguments_has(renaming->arguments, OPTION_YES),
                             arguments_has(renaming->arguments, OPTION_DRY_RUN));
  text_list_clear(&grave);
  text_list_clear(&others);
  return status;
}

/* A pause is of a name, not of an entry. */
static void warn_of_pause(const struct renaming *renaming) {
  struct pauses pauses;
  int64_t now = time(NULL);
  pauses_of(arguments_policy(renaming->arguments), now, &pauses);
  int64_t until = pauses_until(&pauses, renaming->from);
  if (until > pauses_until(&pauses, renaming->to)) {
    AUTO_TEXT rest = pause_rest(until, now);
    say_warning("%s is paused %s, and that pause does not cover %s: \"pinctl pause %s%s\" pauses that",
                renaming->from, rest, renaming->to, renaming->to, same_policy());
  }
  pauses_clear(&pauses);
}

/* Another entry in the place of the new name would decide beside this one, or instead of it. */
static int refuse_occupied(const struct renaming *renaming, const struct standing *target) {
  struct standings others;
  int status = standings_read(renaming->edit.change, renaming->to, &others);
  for (size_t i = 0; i < others.count && status == EXIT_DONE; i++) {
    const struct pin_entry *other = &others.items[i].entry;
    if (!ports_overlap(other->ports, other->port_count, target->entry.ports, target->entry.port_count))
      continue;
    say_error("%s:%u: \"%s\" has an entry already; nothing was changed", others.items[i].path,
              (unsigned)other->line, renaming->to);
    status = EXIT_FAILED;
  }
  standings_clear(&others);
  return status;
}

/* The new file is put in place first: between the two steps both names are covered. */
static int stage(struct renaming *renaming, struct standing *target) {
  struct change *change = renaming->edit.change;
  free(target->dropin->host);
  target->dropin->host = must_copy(renaming->to);
  int status = standing_stage_new(change, target->dropin);
  if (status != EXIT_DONE)
    return status;
  renaming->file = path_base(change->files[change->count - 1].path);
  change_stage(change, must_copy(target->path), must_copy(target->text), NULL);
  change->review = review;
  change->review_arg = renaming;
  return EXIT_DONE;
}

static int rename_entry(struct renaming *renaming) {
  struct standing *target = NULL;
  bool dry_run = arguments_has(renaming->arguments, OPTION_DRY_RUN);
  struct edit *edit = &renaming->edit;
  int status = edit_begin(arguments_policy(renaming->arguments), dry_run, renaming->from, edit);
  if (status == EXIT_DONE)
    status =
        standings_choose(&edit->standings, renaming->from, renaming->ports, renaming->port_count, &target);
  if (status == EXIT_DONE && target->dropin == NULL)
    status = refuse_foreign(target);
  if (status == EXIT_DONE)
    status = refuse_occupied(renaming, target);
  if (status == EXIT_DONE)
    status = stage(renaming, target);
  if (status == EXIT_DONE)
    status = change_commit(edit->change);
  if (status == EXIT_DONE && !dry_run)
    say_note("%s: is now %s in %s", renaming->from, renaming->to,
             edit->change->files[edit->change->count - 2].path);
  if (status == EXIT_DONE)
    warn_of_pause(renaming);
  edit_end(edit);
  return status;
}

static bool read_usage(struct renaming *renaming) {
  const struct arguments *arguments = renaming->arguments;
  if (!arguments_entry_name(arguments, arguments->operands[0], &renaming->from) ||
      !arguments_entry_name(arguments, arguments->operands[1], &renaming->to) ||
      !arguments_ports(arguments, &renaming->ports, &renaming->port_count))
    return false;
  return strcmp(renaming->from, renaming->to) != 0 ||
         wrong_usage(arguments->verb, "\"%s\" and \"%s\" are one name", arguments->operands[0],
                     arguments->operands[1]);
}

static int run(const struct arguments *arguments) {
  struct renaming renaming = {.arguments = arguments};
  int status = read_usage(&renaming) ? rename_entry(&renaming) : EXIT_USAGE;
  free(renaming.from);
  free(renaming.to);
  free(renaming.ports);
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
