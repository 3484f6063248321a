/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verbs/completion.h"

#include <stdio.h>
#include <string.h>

#include "cli/common_options.h"

/* Inside single quotes, in a description that brackets or colons would end. */
static void print_description(const char *text) {
  for (; *text != '\0'; text++) {
    if (*text == '\'')
      fputs("'\\''", stdout);
    else if (strchr("[]:\\", *text) != NULL)
      printf("\\%c", *text);
    else
      putchar(*text == '\n' ? ' ' : *text);
  }
}

static void print_action(const struct completion *completion) {
  static const char *const actions[] = {
      "", NULL, "_files", "_files -/", "_pinctl_hosts", "_command_names -e"};
  putchar(':');
  print_description(completion->name);
  if (completion->words != NULL)
    printf(":(%s)", completion->words);
  else
    /* An action of one blank offers nothing. */
    printf(":%s", *actions[completion->kind] == '\0' ? " " : actions[completion->kind]);
}

static void print_option(const struct option *option) {
  /* "(-)" would shut out all others; an option that is given is offered no more unless it is repeatable. */
  printf("      '%s--%s%s[", option->repeatable ? "*" : "", option->name,
         option->argument == NULL ? "" : "=");
  print_description(option->help);
  putchar(']');
  if (option->argument != NULL) {
    struct completion completion;
    completion_of_option(option, &completion);
    print_action(&completion);
    completion_clear(&completion);
  }
  puts("'");
}

static void print_operands(const struct verb *verb) {
  struct completion operands[COMPLETION_MOST_OPERANDS];
  size_t count = completion_of_operands(verb, operands);
  for (size_t i = 0; i < count; i++) {
    if (operands[i].repeats && verb->program_follows) {
      puts("      '*::program:_normal'");
    } else {
      if (operands[i].repeats)
        fputs("      '*", stdout);
      else
        printf("      '%s%zu", verb->program_follows ? "(-)" : "", i + 1);
      print_action(&operands[i]);
      puts("'");
    }
    completion_clear(&operands[i]);
  }
}

void completion_print_zsh(const struct verb *const *verbs) {
  puts("#compdef pinctl\n# zsh completion for pinctl; printed by \"pinctl completion zsh\"\n\n"
       "_pinctl_verbs() {\n  verbs=(");
  for (size_t i = 0; verbs[i] != NULL; i++) {
    printf("    '%s:", verbs[i]->name);
    print_description(verbs[i]->summary);
    puts("'");
  }
  puts("  )\n}\n\n_pinctl_specs() { # VERB\n  case $1 in");
  for (size_t i = 0; verbs[i] != NULL; i++) {
    printf("    %s) specs=(\n", verbs[i]->name);
    size_t cursor = 0;
    for (const struct option *option; (option = verb_option_next(verbs[i], &cursor)) != NULL;)
      print_option(option);
    print_operands(verbs[i]);
    puts("      ) ;;");
  }
  puts("  esac\n}");
  fputs(completion_text_zsh, stdout);
}
