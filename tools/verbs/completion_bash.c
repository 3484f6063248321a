/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verbs/completion.h"

#include <stdio.h>

#include "base/memory.h"

static void print_kind(const char *verb, const char *what, const struct completion *completion) {
  static const char *const kinds[] = {"nothing", "words", "files", "folders", "hosts", "programs"};
  printf("    \"%s \"%s) echo '%s%s%s' ;;\n", verb, what, kinds[completion->kind],
         completion->words == NULL ? "" : " ", completion->words == NULL ? "" : completion->words);
}

static void print_kinds_of(const struct verb *verb) {
  for (size_t i = 0; i < verb->option_count; i++) {
    struct completion completion;
    if (verb->options[i].argument == NULL)
      continue;
    AUTO_TEXT name = must_format("--%s", verb->options[i].name);
    completion_of_option(&verb->options[i], &completion);
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
    for (size_t j = 0; j < verbs[i]->option_count; j++)
      printf("--%s ", verbs[i]->options[j].name);
    puts("--help' ;;");
  }
  puts("  esac\n}\n\n"
       "# What follows an option, or stands for an operand by its number; empty for a flag.\n"
       "_pinctl_kind() { # \"VERB --OPTION\" or \"VERB NUMBER\"\n  case $1 in");
  for (size_t i = 0; verbs[i] != NULL; i++)
    print_kinds_of(verbs[i]);
  fputs("  esac\n}\n", stdout);
  fputs(completion_text_bash, stdout);
}
