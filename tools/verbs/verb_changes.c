/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdlib.h>

#include "base/memory.h"
#include "base/number.h"
#include "cli/arguments.h"
#include "cli/listing.h"
#include "cli/output.h"
#include "edit/change_log.h"
#include "edit/diff.h"
#include "verbs/verbs.h"

static const struct option options[] = {SHARED_POLICY, SHARED_JSON};

static void add_row(const struct change_row *row, void *arg) {
  struct listing *listing = arg;
  bool is_undone = row->undone > 0;
  AUTO_TEXT undone = must_format("%s (undone by %lld)", row->what, (long long)row->undone);
  listing_number(listing, "NO", "number", row->id);
  listing_time(listing, "WHEN", "time", row->time);
  listing_text(listing, "WHO", "who", row->who);
  listing_text(listing, "WHAT", NULL, is_undone ? undone : row->what);
  listing_text(listing, NULL, "what", row->what);
  listing_text(listing, "COMMAND", "command", row->command);
  listing_member(listing, "can_be_undone", json_object_new_boolean(row->has_files && !is_undone));
  listing_member(listing, "undone_by", is_undone ? json_object_new_int64(row->undone) : NULL);
  listing_row(listing);
}

static int list(const struct arguments *arguments, struct database *log) {
  static const char *const headings[] = {"NO", "WHEN", "WHO", "WHAT", "COMMAND", NULL};
  static const struct table_form form = {
      .headings = headings, .wrapping = 1u << 3, .dispensable = "2", .lower = 1u << 3, .below = true};
  struct listing *listing = listing_new(arguments_has(arguments, OPTION_JSON) ? NULL : &form, NULL);
  bool good = log == NULL || change_log_each(log, add_row, listing);
  listing_end(listing);
  return good ? EXIT_DONE : EXIT_FAILED;
}

static int show(struct database *log, int64_t id) {
  struct file_change *files = NULL;
  size_t count = 0;
  if (!change_log_files(log, id, false, &files, &count))
    return EXIT_FAILED;
  for (size_t i = count; i > 0; i--)
    diff_print(files[i - 1].path, files[i - 1].old_text, files[i - 1].new_text, DIFF_AROUND);
  if (count == 0)
    change_log_say_no_files(log, id);
  change_files_free(files, count);
  return count > 0 ? EXIT_DONE : EXIT_FAILED;
}

static int run(const struct arguments *arguments) {
  long id = 0;
  bool absent = false;
  if (arguments->operand_count == 1 && !number_read(arguments->operands[0], 1, INT32_MAX, &id))
    return usage_status(arguments->verb, "\"%s\": expected the number of a change", arguments->operands[0]);
  struct database *log = change_log_open(arguments_policy(arguments), &absent);
  if (log == NULL && !absent)
    return EXIT_FAILED;
  if (absent && (id > 0 || !arguments_has(arguments, OPTION_JSON)))
    say_note("no change was recorded yet");
  int status = absent && !arguments_has(arguments, OPTION_JSON) ? EXIT_DONE
               : id > 0                                         ? show(log, id)
                                                                : list(arguments, log);
  database_close(log);
  return status;
}

const struct verb verb_changes = {
    .name = "changes",
    .operands = "[N]",
    .summary = "List who changed what, when, and by which command",
    .details = "With N, shows what the change with this number did to the files. The system log\n"
               "has a line for each change, too.",
    .example = "pinctl changes",
    OPTIONS_IN(options),
    .most_operands = 1,
    .run = run,
};
