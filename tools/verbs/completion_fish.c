/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verbs/completion.h"

#include <stdio.h>

#include "cli/common_options.h"

/* In single quotes. */
static void print_quoted(const char *text) {
  putchar('\'');
  for (; *text != '\0'; text++) {
    if (*text == '\'' || *text == '\\')
      putchar('\\');
    putchar(*text == '\n' ? ' ' : *text);
  }
  putchar('\'');
}

static void print_candidates(const struct completion *completion) {
  static const char *const candidates[] = {"",
                                           NULL,
                                           " -F",
                                           " -a '(__fish_complete_directories (commandline -ct))'",
                                           " -a '(__pinctl_hosts)'",
                                           " -a '(__fish_complete_command)'"};
  if (completion->words != NULL) {
    fputs(" -a ", stdout);
    print_quoted(completion->words);
  } else {
    fputs(candidates[completion->kind], stdout);
  }
}

static void print_option(const struct verb *verb, const struct option *option) {
  printf("complete -c pinctl -n '__pinctl_at %s' -l %s", verb->name, option->name);
  if (option->argument != NULL) {
    struct completion completion;
    completion_of_option(option, &completion);
    /* "-x": a value, and no files unless they are asked for. */
    fputs(completion.kind == COMPLETE_FILES ? " -r" : " -x", stdout);
    print_candidates(&completion);
    completion_clear(&completion);
  }
  fputs(" -d ", stdout);
  print_quoted(option->help);
  putchar('\n');
}

static void print_operands(const struct verb *verb) {
  struct completion operands[COMPLETION_MOST_OPERANDS];
  size_t count = completion_of_operands(verb, operands);
  for (size_t i = 0; i < count; i++) {
    if (operands[i].kind != COMPLETE_NOTHING) {
      printf("complete -c pinctl -n '__pinctl_at %s %zu %zu'", verb->name, i + 1,
             operands[i].repeats ? (size_t)1000000 : i + 1);
      print_candidates(&operands[i]);
      putchar('\n');
    }
    completion_clear(&operands[i]);
  }
}

static void print_valued(const struct verb *const *verbs) {
  puts("\n# The options of a verb that take a value.\nfunction __pinctl_valued --argument-names verb\n"
       "    switch $verb");
  for (size_t i = 0; verbs[i] != NULL; i++) {
    printf("        case %s\n            string split ' ' -- '", verbs[i]->name);
    size_t cursor = 0;
    for (const struct option *option; (option = verb_option_next(verbs[i], &cursor)) != NULL;)
      if (option->argument != NULL)
        printf("--%s ", option->name);
    puts("'");
  }
  puts("    end\nend\n");
}

void completion_print_fish(const struct verb *const *verbs) {
  fputs("# fish completion for pinctl; printed by \"pinctl completion fish\"\n", stdout);
  fputs(completion_text_fish, stdout);
  print_valued(verbs);
  for (size_t i = 0; verbs[i] != NULL; i++) {
    const struct verb *verb = verbs[i];
    printf("complete -c pinctl -n 'test (count (commandline -opc)) -eq 1' -a %s -d ", verb->name);
    print_quoted(verb->summary);
    putchar('\n');
    size_t cursor = 0;
    for (const struct option *option; (option = verb_option_next(verb, &cursor)) != NULL;)
      print_option(verb, option);
    print_operands(verb);
  }
}
