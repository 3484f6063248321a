/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "edit/list_file.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "verbs/verbs.h"

static const struct option options[] = {
    OPTION(FORMAT, "format", FORMAT_WORDS_IMPORT, "the format of the file (default: what it looks\nlike)",
           .one_of = true),
    OPTION(HOST, "host", "HOST",
           "the host of the pins, if the file does not say;\nof a file with several hosts, the one to take"),
    OPTION(ORIGIN, "origin", "NAME", "the domain of the names in a zone file without\n$ORIGIN"),
    OPTION(NAME, "name", "NAME", "the name of the list (default: that of the file)"),
    OPTION(PINS, "pins", "FILE", "Chromium's file of keys (default: FILE.pins for\nFILE.json)"),
    OPTION(WITHOUT, "without", "HOST", "leave this host out", .repeatable = true),
    OPTION(MODE, "mode", "enforce|audit", "the mode of all entries: refuse, or only log", .one_of = true),
    FLAG(LOSSY, "lossy", "import even if something is lost"),
    FLAG(STRICT, "strict", "change nothing if a host has an entry already"),
    SHARED_POLICY,
    SHARED_DRY_RUN,
};

static const struct format *choose_format(const struct arguments *arguments,
                                          const struct conversion *conversion) {
  const char *word = arguments_value(arguments, OPTION_FORMAT);
  const struct format *format = word == NULL ? format_guess(conversion->text) : format_find(word);
  if (format == NULL)
    say_error("%s: cannot tell the format; name it with --format", conversion->path);
  return format;
}

/* Refuses options that have no effect for the format. */
static bool options_fit(const struct arguments *arguments, const struct format *format) {
  const char *host = arguments_value(arguments, OPTION_HOST), *why = NULL;
  bool has_host = host != NULL;
  AUTO_TEXT name = NULL;
  if (has_host && host_name_read(host, &name, &why) != PIN_OK)
    return wrong_usage(arguments->verb, "--host \"%s\": %s", host, why == NULL ? "out of memory" : why);
  bool says_host = (format->holds & HOLDS_HOSTS) != 0;
  if (!has_host && !says_host && !format->names_some_hosts)
    return wrong_usage(arguments->verb, "%s does not say whose pins these are: expected --host HOST",
                       format->name);
  if (has_host && says_host && !format->names_some_hosts)
    return wrong_usage(arguments->verb, "%s says itself whose pins these are: --host is not for it",
                       format->name);
  if (has_host && arguments_has(arguments, OPTION_NAME))
    return wrong_usage(arguments->verb, "--host makes an entry of its own, not a list with a --name");
  if (arguments_has(arguments, OPTION_ORIGIN) && strcmp(format->name, "tlsa") != 0)
    return wrong_usage(arguments->verb, "%s is no zone file: --origin is not for it", format->name);
  if (arguments_has(arguments, OPTION_PINS) && !format->has_companion)
    return wrong_usage(arguments->verb, "%s is one file: --pins is not for it", format->name);
  return true;
}

/* False, having said why. *ret_text is for free(3). */
static bool read_text(struct conversion *conversion, const char *path, char **ret_text) {
  size_t length = 0;
  int error = file_read(path, ret_text, &length);
  if (error == 0)
    return import_text_prepare(conversion, ret_text, length);
  return say_error("%s: %s", conversion->path, strerror(error));
}

static void leave_out(struct conversion *conversion, const char *name) {
  size_t kept = 0;
  for (size_t i = 0; i < conversion->count; i++)
    if (strcmp(conversion->items[i].entry.name, name) != 0)
      conversion->items[kept++] = conversion->items[i];
  if (kept == conversion->count)
    convert_note(conversion, 0, "\"%s\" is not in it; --without has no effect", name);
  conversion->count = kept;
}

/* Removes the hosts of --without. False, having said so: one is no host name. */
static bool obey_without(const struct arguments *arguments, struct conversion *conversion) {
  size_t cursor = 0;
  for (const char *text; (text = arguments_next(arguments, OPTION_WITHOUT, &cursor)) != NULL;) {
    AUTO_TEXT name = NULL;
    const char *why = NULL;
    if (host_name_read(text, &name, &why) != PIN_OK)
      return wrong_usage(arguments->verb, "--without \"%s\": %s", text, why == NULL ? "out of memory" : why);
    leave_out(conversion, name);
  }
  return true;
}

static void set_mode(const struct arguments *arguments, struct conversion *conversion) {
  const char *word = arguments_value(arguments, OPTION_MODE);
  for (size_t i = 0; word != NULL && i < conversion->count; i++) {
    struct pin_entry *entry = &conversion->items[i].entry;
    if (entry->mode == PIN_MODE_OFF)
      continue;
    entry->mode = strcmp(word, "audit") == 0 ? PIN_MODE_AUDIT : PIN_MODE_ENFORCE;
    entry->mode_is_default = false;
  }
}

/* Reads all entries before anything is changed. Returns an exit status, having said why. */
static int read_entries(const struct arguments *arguments, const struct format *format,
                        struct conversion *conversion) {
  import_read(conversion, format);
  if (conversion->findings[FINDING_ERROR] == 0 && !obey_without(arguments, conversion))
    return EXIT_USAGE;
  conversion_note_ports(conversion);
  convert_say_rest(conversion);
  if (conversion->findings[FINDING_ERROR] > 0)
    return say_failure("%s: nothing was changed", conversion->path);
  if (conversion->nameless > 0 && conversion->count == 0 && conversion->host == NULL)
    return usage_status(arguments->verb, "%s does not say whose pins these are: expected --host HOST",
                        conversion->path);
  if (conversion->findings[FINDING_LOSS] > 0 && !arguments_has(arguments, OPTION_LOSSY)) {
    say_error("%s: a policy would lose this; nothing was changed (--lossy imports it all the same)",
              conversion->path);
    return EXIT_FINDING;
  }
  if (conversion->count == 0) {
    say_error("%s: no pins in it; nothing was changed", conversion->path);
    return EXIT_FINDING;
  }
  set_mode(arguments, conversion);
  return EXIT_DONE;
}

static int apply(const struct arguments *arguments, const struct format *format,
                 struct conversion *conversion) {
  AUTO_TEXT default_name =
      import_list_name_of(strcmp(arguments->operands[0], "-") == 0 ? format->name : arguments->operands[0]);
  const char *name = arguments_value(arguments, OPTION_NAME);
  struct import_wish wish = {.policy = arguments_policy(arguments),
                             .list = name == NULL ? default_name : name,
                             .format = format->name,
                             .strict = arguments_has(arguments, OPTION_STRICT),
                             .dry_run = arguments_has(arguments, OPTION_DRY_RUN)};
  if (conversion->host != NULL && conversion->count == 1)
    return import_apply_host(conversion, &wish);
  return import_apply_list(conversion, &wish);
}

static int import(const struct arguments *arguments, struct conversion *conversion) {
  const struct format *format = choose_format(arguments, conversion);
  if (format == NULL)
    return EXIT_USAGE;
  if (!options_fit(arguments, format))
    return EXIT_USAGE;
  int status = read_entries(arguments, format, conversion);
  return status == EXIT_DONE ? apply(arguments, format, conversion) : status;
}

static int run(const struct arguments *arguments) {
  const char *path = arguments->operands[0];
  const char *name = arguments_value(arguments, OPTION_NAME);
  if (name != NULL && !import_list_name_is_good(name))
    return usage_status(arguments->verb,
                        "--name \"%s\": expected at most 64 letters, digits, \"-\" and \"_\"", name);
  AUTO_TEXT text = NULL;
  struct conversion conversion = {.path = strcmp(path, "-") == 0 ? "standard input" : path,
                                  .host = arguments_value(arguments, OPTION_HOST),
                                  .origin = arguments_value(arguments, OPTION_ORIGIN),
                                  .companion = arguments_value(arguments, OPTION_PINS),
                                  .now = time(NULL)};
  int status = read_text(&conversion, path, &text) ? import(arguments, &conversion) : EXIT_FAILED;
  conversion_clear(&conversion);
  return status;
}

const struct verb verb_import = {
    .name = "import",
    .group = "Other formats",
    .operands = "FILE|-",
    .summary = "Take entries from another format into the policy",
    .details = "Writes the entries to one file in policy.d, which a later import of the same\n"
               "list replaces. Hosts that have an entry already are left out with a warning. If\n"
               "the policy cannot express something, that is reported, and nothing changes (exit\n"
               "status 1) unless --lossy is given.",
    .print_more = formats_print,
    .example = "pinctl import pins.xml --dry-run",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 1,
    .reports = REPORTS_QUIETLY | REPORTS_RESULT,
    .run = run,
};
