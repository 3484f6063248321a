/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/result.h"
#include "formats/export_fit.h"
#include "verbs/verbs.h"
#include "view/entry_text.h"
#include "view/usable_policy.h"

static const struct option options[] = {
    OPTION(FORMAT, "format", FORMAT_WORDS_EXPORT, "the format to write", .one_of = true),
    OPTION(OUTPUT, "output", "FILE", "write to this file instead of standard output"),
    OPTION(PINS, "pins", "FILE", "the second file, for a format that has two\n(chromium)"),
    OPTION(CERTIFICATE, "certificate", "FILE",
           "certificates of pinned keys, for a format that\ncontains no digests (windows)",
           .repeatable = true),
    OPTION(PORT, "port", "N",
           "the port to write for entries for every port, for\na format with ports (postfix, tlsa)"),
    FLAG(LOSSY, "lossy", "write even if something is lost"),
    SHARED_POLICY,
};

struct export {
  const struct arguments *arguments;
  const struct format *format;
  const char *policy;
  uint16_t port;
  struct conversion conversion;
};

/* The names that were given, sorted for quick lookup, and whether each has an entry. */
struct wanted {
  const char **names; /* sorted; owned by the list from which they came */
  bool *found;
  size_t count;
};

static void wanted_take(const struct text_list *names, struct wanted *ret_wanted) {
  *ret_wanted = (struct wanted){.names = must_alloc(names->count + 1, sizeof *ret_wanted->names),
                                .found = must_alloc(names->count + 1, sizeof *ret_wanted->found),
                                .count = names->count};
  for (size_t i = 0; i < names->count; i++)
    ret_wanted->names[i] = names->items[i];
  qsort(ret_wanted->names, names->count, sizeof *ret_wanted->names, texts_compare);
}

/* The place of a name; NULL: it was not given. */
static const char **wanted_find(const struct wanted *wanted, const char *name) {
  return bsearch(&name, wanted->names, wanted->count, sizeof *wanted->names, texts_compare);
}

static void fit_entries(struct export *export, const struct entries *entries) {
  for (size_t i = 0; i < entries->count; i++)
    export_fit(&export->conversion, export->format, &entries->items[i], export->port);
}

static bool all_are_there(const struct text_list *names, const struct wanted *wanted) {
  bool all = true;
  for (size_t i = 0; i < names->count; i++) {
    if (wanted->found[wanted_find(wanted, names->items[i]) - wanted->names])
      continue;
    say_error("%s: the policy has no entry for it; \"pinctl list%s\" shows all", names->items[i],
              same_policy());
    all = false;
  }
  return all;
}

static void check_policy_wide(struct export *export, const struct pin_policy *policy) {
  if (policy->blocked_keys.count > 0)
    convert_say(&export->conversion, FINDING_LOSS, export->policy, 0, "%s cannot hold blocked_keys",
                export->format->name);
  if (policy->exempt_anchors.count > 0)
    convert_say(&export->conversion, FINDING_NOTE, export->policy, 0,
                "exempt_anchors are left out: chains that end in them are checked");
}

/* Writes the second file first: where that fails, neither is written. */
static int write_all(struct export *export) {
  struct conversion *conversion = &export->conversion;
  char *texts[2] = {NULL, NULL};
  size_t sizes[2];
  conversion->out = memory_open(&texts[0], &sizes[0]);
  conversion->companion_out = memory_open(&texts[1], &sizes[1]);
  export->format->write(conversion);
  memory_close(conversion->out);
  memory_close(conversion->companion_out);
  bool good = conversion->companion == NULL || result_write_file(conversion->companion, texts[1]);
  const char *output = arguments_value(export->arguments, OPTION_OUTPUT);
  if (good && output != NULL && strcmp(output, "-") != 0)
    good = result_write_file(output, texts[0]);
  else if (good)
    fputs(texts[0], stdout);
  free(texts[0]);
  free(texts[1]);
  return good ? EXIT_DONE : EXIT_FAILED;
}

static int finish(struct export *export) {
  struct conversion *conversion = &export->conversion;
  export_fit_whole(conversion, export->format);
  convert_say_rest(conversion);
  if (conversion->findings[FINDING_LOSS] > 0 && !arguments_has(export->arguments, OPTION_LOSSY)) {
    say_error("%s would lose this; nothing was written (--lossy writes it all the same)",
              export->format->name);
    return EXIT_FINDING;
  }
  bool holds_many = (export->format->holds & HOLDS_HOSTS) != 0;
  if (conversion->count == 0) {
    say_error("%s: nothing to write", export->policy);
    return EXIT_FINDING;
  }
  if (!holds_many && conversion->count > 1)
    return usage_status(export->arguments->verb, "%s holds one entry; name one HOST of the %zu",
                        export->format->name, conversion->count);
  return write_all(export);
}

/* Reads all entries, or only those of the names. False, having said why. */
static bool read_entries(const struct text_list *names, struct wanted *wanted,
                         const struct pin_policy *policy, struct entries *ret_entries) {
  if (names->count == 0)
    return entries_read(policy, ret_entries);
  for (size_t i = 0; i < names->count; i++) {
    /* For a name that was given twice bsearch(3) finds the same place each time. */
    bool *found = &wanted->found[wanted_find(wanted, names->items[i]) - wanted->names];
    size_t before = ret_entries->count;
    if (!*found && !entries_of_name(policy, names->items[i], ret_entries))
      return say_error("the policy's image is damaged");
    *found = *found || ret_entries->count > before;
  }
  return true;
}

static bool load(const struct export *export, const struct text_list *names,
                 struct loaded_policy *ret_loaded) {
  return names->count == 0 ? policy_load_sound(export->policy, ret_loaded)
                           : policy_ask_sound(export->policy, ret_loaded);
}

static int export_named(struct export *export, const struct text_list *names) {
  struct loaded_policy loaded;
  struct entries entries = {0};
  struct wanted wanted;
  int status = EXIT_FAILED;
  wanted_take(names, &wanted);
  if (load(export, names, &loaded) && read_entries(names, &wanted, &loaded.policy, &entries) &&
      all_are_there(names, &wanted)) {
    check_policy_wide(export, &loaded.policy);
    fit_entries(export, &entries);
    status = finish(export);
  }
  free(wanted.names);
  free(wanted.found);
  conversion_clear(&export->conversion);
  entries_clear(&entries);
  policy_clear(&loaded);
  return status;
}

/* Reads the operands as canonical names. */
static bool read_names(const struct arguments *arguments, struct text_list *names) {
  for (size_t i = 0; i < arguments->operand_count; i++) {
    char *name = NULL;
    if (!arguments_entry_name(arguments, arguments->operands[i], &name))
      return false;
    text_list_add(names, name);
  }
  return true;
}

/* Refuses options that have no effect for the format. */
static bool options_fit(const struct export *export) {
  const struct arguments *arguments = export->arguments;
  const struct format *format = export->format;
  if (format == NULL)
    return wrong_usage(arguments->verb, "expected --format " FORMAT_WORDS_EXPORT);
  if (format->has_companion != arguments_has(arguments, OPTION_PINS))
    return wrong_usage(arguments->verb,
                       format->has_companion ? "%s is two files: expected --pins FILE for the keys"
                                             : "%s is one file: --pins is not for it",
                       format->name);
  if (!format->shows_certificates && arguments_has(arguments, OPTION_CERTIFICATE))
    return wrong_usage(arguments->verb, "%s holds digests: --certificate is not for it", format->name);
  const char *port = arguments_value(arguments, OPTION_PORT);
  if (port != NULL && (format->holds & HOLDS_PORTS) == 0)
    return wrong_usage(arguments->verb, "%s holds no ports: --port is not for it", format->name);
  return true;
}

static int run(const struct arguments *arguments) {
  const char *word = arguments_value(arguments, OPTION_FORMAT);
  const char *port = arguments_value(arguments, OPTION_PORT);
  struct objects certificates = {0};
  struct text_list names = {0};
  struct export export = {.arguments = arguments,
                          .format = word == NULL ? NULL : format_find(word),
                          .policy = arguments_policy(arguments)};
  export.conversion = (struct conversion){.path = export.policy,
                                          .companion = arguments_value(arguments, OPTION_PINS),
                                          .certificates = &certificates,
                                          .now = time(NULL)};
  int status = EXIT_USAGE;
  if (port != NULL && !port_read(port, &export.port))
    wrong_usage(arguments->verb, "--port \"%s\": expected a number from 1 to 65535", port);
  else if (options_fit(&export) && read_names(arguments, &names))
    status = objects_read_option(arguments, OPTION_CERTIFICATE, &certificates) ? export_named(&export, &names)
                                                                               : EXIT_FAILED;
  objects_clear(&certificates);
  text_list_clear(&names);
  return status;
}

const struct verb verb_export = {
    .name = "export",
    .operands = "[HOST]...",
    .summary = "Write entries of the policy in another format",
    .details = "Writes all entries, or those of each HOST. If the format cannot express\n"
               "something, that is reported, and nothing is written (exit status 1) unless\n"
               "--lossy is given.",
    .print_more = formats_print_written,
    .example = "pinctl export --format android api.example.com",
    OPTIONS_IN(options),
    .most_operands = OPERANDS_UNLIMITED,
    .reports = REPORTS_QUIETLY,
    .run = run,
};
