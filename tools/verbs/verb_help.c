/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "verbs/all_verbs.h"
#include "verbs/verbs.h"

#define EXIT_STATUS_HELP "Exit status: 0 success, nothing wrong; 1 a finding; 2 wrong usage; 3 failure"

/* The width of a line, and the column at which the help of an option begins. */
#define WIDTH 80
#define HELP_COLUMN 28

/* Prints "--name a|b|c", on several lines where the words do not fit into one. Returns the column behind it.
 */
static int print_left(const char *name, const char *argument) {
  int indent = printf("  --%s%s", name, argument == NULL ? "" : " ");
  int column = indent;
  for (const char *word = argument; word != NULL && *word != '\0';) {
    size_t length = strcspn(word, "|") + 1;
    length -= word[length - 1] == '\0' ? 1 : 0;
    if (column + (int)length > WIDTH) {
      printf("\n%*s", indent, "");
      column = indent;
    }
    column += printf("%.*s", (int)length, word);
    word += length;
  }
  return column;
}

/* Prints the option on the left, and the lines of its help on the right. */
static void print_option(const char *name, const char *argument, const char *help) {
  int column = print_left(name, argument);
  if (column > HELP_COLUMN - 2) {
    putchar('\n');
    column = 0;
  }
  for (const char *line = help;;) {
    const char *end = strchrnul(line, '\n');
    printf("%*s%.*s\n", HELP_COLUMN - column, "", (int)(end - line), line);
    if (*end == '\0')
      return;
    line = end + 1;
    column = 0;
  }
}

void help_print_verb(const struct verb *verb) {
  AUTO_TEXT usage = usage_line(verb);
  printf("Usage: %s\n\n%s.\n", usage, verb->summary);
  if (verb->details != NULL)
    printf("\n%s\n", verb->details);
  if (verb->print_more != NULL)
    verb->print_more();
  puts("\nOptions:");
  size_t cursor = 0;
  for (const struct option *option; (option = verb_option_next(verb, &cursor)) != NULL;)
    print_option(option->name, option->argument, option->help);
  printf("\nExample:\n  %s\n\n" EXIT_STATUS_HELP "\n", verb->example);
}

void help_print_all(void) {
  puts("Usage: pinctl VERB [options] [operands]\n\n"
       "Manages the TLS key pins of this machine: which keys it accepts from which host.");
  for (const struct verb *const *verb = all_verbs(); *verb != NULL; verb++) {
    if ((*verb)->group != NULL)
      printf("\n%s:\n", (*verb)->group);
    printf("  %-12s  %s\n", (*verb)->name, (*verb)->summary);
  }
  puts("\n\"pinctl VERB --help\" explains a verb and its options, with an example.\n" EXIT_STATUS_HELP);
}

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
    .details = "The same as \"pinctl VERB --help\" or \"pinctl --help\".",
    .example = "pinctl help add",
    OPTIONS_IN(options),
    .most_operands = 1,
    .run = run,
};
