/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/prompt.h"
#include "edit/dropin.h"
#include "edit/existing_entry.h"
#include "edit/list_file.h"
#include "explain/lint.h"
#include "keys/pin_argument.h"
#include "monitor/history.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    OPTION(PORT, "port", "N", "remove the entry for this port; give the option\nonce for each of its ports",
           .repeatable = true),
    OPTION(LIST, "list", "NAME", "remove an imported list, with all its hosts"),
    FLAG(YES, "yes", "do not ask, not even about what is probably a\nmistake"),
    SHARED_POLICY,
    SHARED_DRY_RUN,
};

/* The command line. */
struct removal {
  char *host;
  uint16_t *ports;
  uint32_t port_count;
  struct text_list pins;
};

/* Removes one pin from every list that has it. */
static bool drop_pin(struct dropin *dropin, const char *pin) {
  bool found = false;
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    found = dropin_drop_pin(dropin, (enum pin_list)list, pin) || found;
  return found;
}

static int drop_pins(const struct removal *removal, const struct existing_entry *target) {
  for (size_t i = 0; i < removal->pins.count; i++) {
    if (drop_pin(target->dropin, removal->pins.items[i]))
      continue;
    return say_failure("%s: %s is not among its pins; nothing was changed", removal->host,
                       removal->pins.items[i]);
  }
  if (dropin_pin_count(target->dropin) > 0)
    return EXIT_DONE;
  return say_failure("%s: no pin would be left; \"pinctl remove %s%s\" removes the whole entry",
                     removal->host, removal->host, same_policy());
}

static int stage(struct edit *edit, const struct removal *removal, const struct existing_entry *target) {
  if (removal->pins.count > 0) {
    int status = drop_pins(removal, target);
    if (status == EXIT_DONE)
      edit_stage(edit);
    return status;
  }
  change_stage(edit->change, must_copy(target->path), must_copy(target->text), NULL);
  return EXIT_DONE;
}

/* Whether the policy has an error in this file; prints the errors then. */
static bool is_broken(const struct change *change, const char *path) {
  struct loaded_policy loaded;
  bool broken = false;
  policy_ask(change->policy, &loaded);
  for (size_t i = 0; loaded.status == PIN_INVALID && i < loaded.diagnostics.count; i++) {
    const struct pin_diagnostic *diagnostic = &loaded.diagnostics.items[i];
    broken = broken || (diagnostic->severity == PIN_ERROR && strcmp(diagnostic->file, path) == 0);
  }
  if (broken)
    diagnostics_print(stderr, &loaded.diagnostics);
  policy_clear(&loaded);
  return broken;
}

/*
 * Removes the file of the host where somebody has edited it and made an error, which makes the whole policy
 * invalid. The policy must be valid without the file. False: there is no such file.
 */
static bool remove_broken(const struct arguments *arguments, const struct removal *removal, int *ret_status) {
  bool dry_run = arguments_has(arguments, OPTION_DRY_RUN);
  AUTO_TEXT directory = path_directory(arguments_policy(arguments));
  AUTO_TEXT name = dropin_file_name(removal->host, removal->ports, removal->port_count);
  AUTO_TEXT path = must_format("%s/policy.d/%s", directory, name);
  char *text = NULL;
  size_t length = 0;
  if (removal->pins.count > 0 || file_read(path, &text, &length) != 0)
    return false;
  struct dropin *own = dropin_parse(text);
  struct change *change = own == NULL ? change_new(arguments_policy(arguments), dry_run) : NULL;
  bool broken = change != NULL && is_broken(change, path);
  if (broken) {
    change_stage(change, must_copy(path), text, NULL);
    *ret_status = change_commit(change);
    if (*ret_status == EXIT_DONE && !dry_run)
      say_note("%s: removed with %s, which was broken; \"pinctl undo%s\" brings it back", removal->host, path,
               same_policy());
  } else {
    free(text);
  }
  dropin_free(own);
  change_free(change);
  return broken;
}

/* An entry that loses some of its pins, for the review. */
struct remainder {
  const struct arguments *arguments;
  const struct removal *removal;
  const struct existing_entry *target; /* its drop-in is without the pins already */
};

/* When any of these pins was last seen on the host; 0: never. */
static int64_t last_seen(struct history *history, const char *host, const struct text_list *pins) {
  int64_t latest = 0;
  for (size_t i = 0; i < pins->count; i++) {
    struct pin_digest digest;
    if (!pin_digest_parse(pins->items[i], strlen(pins->items[i]), &digest))
      continue;
    int64_t seen = history_last_seen(history, host, &digest);
    latest = seen != INT64_MAX && seen > latest ? seen : latest;
  }
  return latest;
}

/* When "monitor" last saw the pins that go, and those that stay; 0: never. False: there is no history. */
static bool ask_history(const struct remainder *remainder, int64_t *ret_gone, int64_t *ret_left) {
  AUTO_TEXT path = history_path(arguments_policy(remainder->arguments));
  struct history *history = access(path, R_OK) == 0 ? history_open(path, true) : NULL;
  *ret_gone = *ret_left = 0;
  if (history == NULL)
    return false;
  *ret_gone = last_seen(history, remainder->removal->host, &remainder->removal->pins);
  for (int list = 0; list < PIN_LIST_COUNT; list++) {
    int64_t seen = last_seen(history, remainder->removal->host, &remainder->target->dropin->lists[list]);
    *ret_left = seen > *ret_left ? seen : *ret_left;
  }
  history_close(history);
  return true;
}

/* Adds a doubt where the removed pins were in use later than all that stay, or, where the history knows none
 * of them, only backup pins would stay. */
static void doubt_removal(const struct remainder *remainder, struct text_list *doubts) {
  int64_t gone = 0;
  int64_t left = 0;
  bool known = ask_history(remainder, &gone, &left) && gone + left > 0;
  AUTO_TEXT day = date_format(gone);
  if (known && gone > left)
    text_list_add(doubts,
                  must_format("\"%s\": the removed key was in use on %s, and none of the other pins was seen "
                              "since: its server would be refused",
                              remainder->removal->host, day));
  else if (!known && accepts_backup_alone(remainder->target->dropin))
    text_list_add(doubts, must_format("\"%s\": only a backup pin would stay, whose key is not in use yet",
                                      remainder->removal->host));
}

static int review(const struct loaded_policy *loaded, void *arg) {
  const struct remainder *remainder = arg;
  struct text_list grave, others;
  struct text_list doubts = {0};
  if (!entry_review(&loaded->policy, remainder->removal->host, path_base(remainder->target->path), &grave,
                    &others))
    return EXIT_FAILED;
  for (size_t i = 0; i < others.count; i++)
    say_warning("%s", others.items[i]);
  for (size_t i = 0; i < grave.count; i++)
    say_warning("%s", grave.items[i]);
  doubt_removal(remainder, &doubts);
  int status =
      doubts_settle(&doubts, remainder->removal->host, arguments_has(remainder->arguments, OPTION_YES),
                    arguments_has(remainder->arguments, OPTION_DRY_RUN));
  text_list_clear(&doubts);
  text_list_clear(&grave);
  text_list_clear(&others);
  return status;
}

static int remove_entry_or_pins(const struct arguments *arguments, const struct removal *removal) {
  struct edit edit;
  struct existing_entry *target = NULL;
  bool dry_run = arguments_has(arguments, OPTION_DRY_RUN);
  int status = EXIT_DONE;
  if (remove_broken(arguments, removal, &status))
    return status;
  status = edit_begin(arguments_policy(arguments), dry_run, removal->host, &edit);
  if (status == EXIT_DONE)
    status =
        existing_entries_choose(&edit.existing, removal->host, removal->ports, removal->port_count, &target);
  if (status == EXIT_DONE && target->dropin == NULL)
    status = refuse_foreign(target);
  if (status == EXIT_DONE)
    status = stage(&edit, removal, target);
  struct remainder remainder = {.arguments = arguments, .removal = removal, .target = target};
  if (status == EXIT_DONE && removal->pins.count > 0) {
    edit.change->review = review;
    edit.change->review_arg = &remainder;
  }
  if (status == EXIT_DONE)
    status = change_commit(edit.change);
  if (status == EXIT_DONE && !dry_run)
    say_note("%s: %s %s", removal->host, removal->pins.count > 0 ? "changed in" : "removed with",
             target->path);
  edit_end(&edit);
  return status;
}

/* Reads the command line. A pin is removed from every list; a FILE stands for its key, so a fingerprint must
 * be given as a digest. */
static int read_removal(const struct arguments *arguments, struct removal *removal) {
  if (!arguments_entry_name(arguments, arguments->operands[0], &removal->host))
    return EXIT_USAGE;
  if (!arguments_ports(arguments, &removal->ports, &removal->port_count))
    return EXIT_USAGE;
  for (size_t i = 1; i < arguments->operand_count; i++) {
    char *pin = NULL;
    int status = pin_argument_read(arguments->operands[i], PIN_LIST_PINS, &pin);
    if (status != EXIT_DONE)
      return status;
    text_list_add(&removal->pins, pin);
  }
  return EXIT_DONE;
}

static int stage_list(struct change *change, const char *name) {
  AUTO_TEXT path = import_list_path(change, name);
  char *text = NULL;
  size_t length = 0;
  int error = file_read(path, &text, &length);
  if (error == 0 && import_list_is_own(text)) {
    change_stage(change, must_copy(path), text, NULL);
    return EXIT_DONE;
  }
  if (error == ENOENT)
    say_error("%s: there is no imported list of that name", name);
  else
    say_error("%s: %s", path,
              error != 0 ? strerror(error) : "was written or edited by hand; nothing was changed");
  free(text);
  return EXIT_FAILED;
}

static int remove_list(const struct arguments *arguments, const char *name) {
  if (!import_list_name_is_good(name) || arguments->operand_count > 0 ||
      arguments_has(arguments, OPTION_PORT))
    return usage_status(arguments->verb, "expected --list NAME alone");
  struct change *change = change_new(arguments_policy(arguments), arguments_has(arguments, OPTION_DRY_RUN));
  if (change == NULL)
    return EXIT_FAILED;
  int status = stage_list(change, name);
  if (status == EXIT_DONE)
    status = change_commit(change);
  if (status == EXIT_DONE && !change->dry_run)
    say_note("%s: removed with %s", name, change->files[change->count - 1].path);
  change_free(change);
  return status;
}

static int run(const struct arguments *arguments) {
  const char *list = arguments_value(arguments, OPTION_LIST);
  if (list != NULL)
    return remove_list(arguments, list);
  if (arguments->operand_count == 0)
    return usage_status(arguments->verb, "expected HOST, or --list NAME");
  struct removal removal = {0};
  int status = read_removal(arguments, &removal);
  if (status == EXIT_DONE)
    status = remove_entry_or_pins(arguments, &removal);
  free(removal.host);
  free(removal.ports);
  text_list_clear(&removal.pins);
  return status;
}

const struct verb verb_remove = {
    .name = "remove",
    .operands = "[HOST [PIN|@SET|FILE]...]",
    .summary = "Remove a host, or only some of its pins",
    .details = "Without a PIN, removes the whole entry with its drop-in. The last pin of an\n"
               "entry cannot be removed, and entries that people wrote by hand are never\n"
               "changed. --list removes an imported list as a whole. If only a backup pin would\n"
               "stay, or no key that was seen in use, asks on the terminal; without a yes\n"
               "there, or --yes, changes nothing (exit status 1).",
    .example = "pinctl remove api.example.com",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run,
};
