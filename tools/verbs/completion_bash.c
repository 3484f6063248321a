/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verbs/completion.h"

#include <stdio.h>

#include "base/memory.h"
#include "cli/common_options.h"

static void print_kind(const char *verb, const char *what, const struct completion *completion) {
  static const char *const kinds[] = {"nothing", "words", "files", "folders", "hosts", "programs"};
  printf("    \"%s \"%s) echo '%s%s%s' ;;\n", verb, what, kinds[completion->kind],
         completion->words == NULL ? "" : " ", completion->words == NULL ? "" : completion->words);
}

static void print_kinds_of(const struct verb *verb) {
  size_t cursor = 0;
  for (const struct option *option; (option = verb_option_next(verb, &cursor)) != NULL;) {
    struct completion completion;
    if (option->argument == NULL)
      continue;
    AUTO_TEXT name = must_format("--%s", option->name);
    completion_of_option(option, &completion);
    print_kind(verb->name, name, &completion);
    completion_clear(&completion);
  }
  struct completion operands[COMPLETION_MOST_OPERANDS];
  size_t count = completion_of_operands(verb, operands);
  for (size_t i = 0; i < count; i++) {
    AUTO_TEXT number = operands[i].repeats ? must_copy("[0-9]*") : must_format("%zu", i + 1);
    print_kind(verb->name, number, &operands[i]);
    completion_clear(&operands[i]);
  }
}

void completion_print_bash(const struct verb *const *verbs) {
  puts("# bash completion for pinctl; printed by \"pinctl completion bash\"\n\n_pinctl_verbs() {");
  for (size_t i = 0; verbs[i] != NULL; i++)
    printf("  echo %s\n", verbs[i]->name);
  puts("}\n\n_pinctl_options() { # VERB\n  case $1 in");
  for (size_t i = 0; verbs[i] != NULL; i++) {
    printf("    %s) echo '", verbs[i]->name);
    size_t cursor = 0;
    for (const struct option *option; (option = verb_option_next(verbs[i], &cursor)) != NULL;)
      printf("--%s ", option->name);
    puts("' ;;");
  }
  puts("  esac\n}\n\n"
       "# What follows an option, or stands for an operand by its number; empty for a flag.\n"
       "_pinctl_kind() { # \"VERB --OPTION\" or \"VERB NUMBER\"\n  case $1 in");
  for (size_t i = 0; verbs[i] != NULL; i++)
    print_kinds_of(verbs[i]);
  fputs("  esac\n}\n", stdout);
  fputs(completion_text_bash, stdout);
}
