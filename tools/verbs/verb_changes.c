/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdlib.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/timestamp.h"
#include "cli/arguments.h"
#include "cli/json_stream.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/usage.h"
#include "edit/change_log.h"
#include "edit/diff.h"
#include "verbs/verbs.h"

static const struct option options[] = {SHARED_POLICY, SHARED_JSON};

struct listing {
  struct table *table;
  struct json_stream json;
};

static void add_row(const struct change_row *row, void *arg) {
  const struct listing *listing = arg;
  AUTO_TEXT number = must_format("%lld", (long long)row->id);
  AUTO_TEXT when = timestamp_local(row->time);
  AUTO_TEXT undone = must_format("%s (undone by %lld)", row->what, (long long)row->undone);
  table_add(listing->table, (const char *const[]){number, when, row->who,
                                                  row->undone > 0 ? undone : row->what, row->command});
}

static void add_json(const struct change_row *row, void *arg) {
  struct listing *listing = arg;
  AUTO_TEXT when = timestamp_utc(row->time);
  json_object *json = json_object_new_object();
  json_object_object_add(json, "number", json_object_new_int64(row->id));
  json_object_object_add(json, "time", json_text(when));
  json_object_object_add(json, "who", json_text(row->who));
  json_object_object_add(json, "what", json_text(row->what));
  json_object_object_add(json, "command", json_text(row->command));
  json_object_object_add(json, "can_be_undone", json_object_new_boolean(row->has_files && row->undone == 0));
  json_object_object_add(json, "undone_by", row->undone > 0 ? json_object_new_int64(row->undone) : NULL);
  json_stream_add(&listing->json, NULL, json);
}

static int list(const struct arguments *arguments, struct database *log) {
  static const char *const headings[] = {"NO", "WHEN", "WHO", "WHAT", "COMMAND", NULL};
  static const struct table_form form = {
      .headings = headings, .wrapping = 1u << 3, .dispensable = "2", .lower = 1u << 3, .below = true};
  bool as_json = arguments_has(arguments, OPTION_JSON);
  struct listing listing = {.table = as_json ? NULL : table_new(&form)};
  if (as_json)
    json_stream_open(&listing.json, NULL, '[');
  bool good = log == NULL || change_log_each(log, as_json ? add_json : add_row, &listing);
  if (as_json)
    json_stream_close(&listing.json);
  else
    table_print(listing.table);
  return good ? EXIT_DONE : EXIT_FAILED;
}

static int show(struct database *log, int64_t id) {
  struct file_change *files = NULL;
  size_t count = 0;
  if (!change_log_files(log, id, false, &files, &count))
    return EXIT_FAILED;
  for (size_t i = count; i > 0; i--)
    diff_print_near(files[i - 1].path, files[i - 1].old_text, files[i - 1].new_text);
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
               "has a line for each change too.",
    .example = "pinctl changes",
    OPTIONS_IN(options),
    .most_operands = 1,
    .run = run,
};
