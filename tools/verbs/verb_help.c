/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/arguments.h"
#include "cli/output.h"
#include "verbs/all_verbs.h"
#include "verbs/help.h"
#include "verbs/verbs.h"

static const struct option options[] = {SHARED_POLICY};

static int run(const struct arguments *arguments) {
  const struct verb *verb = arguments->operand_count == 0 ? NULL : verb_find(arguments->operands[0]);
  if (arguments->operand_count == 0) {
    help_print_all();
    return EXIT_DONE;
  }
  if (verb == NULL) {
    verb_unknown(arguments->operands[0], (char *const[]){NULL});
    return EXIT_USAGE;
  }
  help_print_verb(verb);
  return EXIT_DONE;
}

const struct verb verb_help = {
    .name = "help",
    .operands = "[VERB]",
    .summary = "Print what a verb does, or which verbs there are",
    .details = "The same as \"pinctl VERB --help\", or \"pinctl --help\".",
    .example = "pinctl help add",
    OPTIONS_IN(options),
    .most_operands = 1,
    .run = run,
};
