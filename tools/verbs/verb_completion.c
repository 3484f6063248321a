/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Prints the completion scripts for shells, from the table of verbs: a verb or option that is added there
 * needs no change here. The parts that do not depend on the table are the files in completion/.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "verbs/all_verbs.h"
#include "verbs/completion.h"
#include "verbs/verbs.h"

static const struct option options[] = {SHARED_POLICY};

enum completion_kind {
  COMPLETE_NOTHING = 0,
  COMPLETE_WORDS,
  COMPLETE_FILES,
  COMPLETE_FOLDERS,
  COMPLETE_HOSTS, /* of the policy */
  COMPLETE_PROGRAMS
};

struct completion {
  enum completion_kind kind;
  char *name;   /* what the help calls the value or operand */
  char *words;  /* for COMPLETE_WORDS, separated by blanks; else NULL */
  bool repeats; /* the operand can be repeated */
};

/* More than the operands of any verb. */
#define COMPLETION_MOST_OPERANDS 8

/* "a|b|c" as "a b c". */
static char *words_of(const char *choice) {
  char *words = must_copy(choice);
  for (char *at = words; *at != '\0'; at++)
    *at = *at == '|' ? ' ' : *at;
  return words;
}

static bool has_word(const char *name, const char *word) {
  return strstr(name, word) != NULL;
}

/* How a value is completed. name: what the help calls it, without brackets and dots. */
static enum completion_kind kind_of(const char *name) {
  /* Exact names, since HOST:PORT:ADDR:PORT is no host of the policy. */
  if (strcmp(name, "HOST") == 0 || strcmp(name, "HOST:PORT") == 0)
    return COMPLETE_HOSTS;
  if (strcmp(name, "PROGRAM") == 0)
    return COMPLETE_PROGRAMS;
  if (has_word(name, "FILE") || has_word(name, "PATH") || strcmp(name, "ARGUMENT") == 0)
    return COMPLETE_FILES;
  return has_word(name, "DIR") ? COMPLETE_FOLDERS : COMPLETE_NOTHING;
}

/* How the value of an option is completed. To be cleared. */
static void completion_of_option(const struct option *option, struct completion *ret_completion) {
  *ret_completion = (struct completion){.name = must_copy(option->argument)};
  ret_completion->kind = option->one_of ? COMPLETE_WORDS : kind_of(option->argument);
  if (option->one_of)
    ret_completion->words = words_of(option->argument);
}

/* Whether a name is a choice of words that are typed as they are: "a|b", in lower case. */
static bool is_choice(const char *name) {
  return strchr(name, '|') != NULL && name[strspn(name, "abcdefghijklmnopqrstuvwxyz-|")] == '\0';
}

static void read_operand(const char *token, struct completion *ret_completion) {
  char *name = must_copy(token);
  char *to = name;
  for (const char *from = token; *from != '\0'; from++)
    if (strchr("[].", *from) == NULL)
      *to++ = *from;
  *to = '\0';
  *ret_completion = (struct completion){.name = name, .repeats = strstr(token, "...") != NULL};
  ret_completion->kind = is_choice(name) ? COMPLETE_WORDS : kind_of(name);
  if (ret_completion->kind == COMPLETE_WORDS)
    ret_completion->words = words_of(name);
}

/* How each operand of a verb is completed; the last may repeat. Returns how many; each is to be cleared. */
static size_t completion_of_operands(const struct verb *verb,
                                     struct completion ret_completions[COMPLETION_MOST_OPERANDS]) {
  AUTO_TEXT usage = must_copy(verb->operands);
  size_t count = 0;
  char *rest = NULL;
  for (char *token = strtok_r(usage, " ", &rest); token != NULL && count < COMPLETION_MOST_OPERANDS;
       token = strtok_r(NULL, " ", &rest))
    if (strcmp(token, "[--]") != 0)
      read_operand(token, &ret_completions[count++]);
  return count;
}

static void completion_clear(struct completion *completion) {
  free(completion->name);
  free(completion->words);
  *completion = (struct completion){0};
}

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

static void print_bash(const struct verb *const *all) {
  puts("# bash completion for pinctl; printed by \"pinctl completion bash\"\n\n_pinctl_verbs() {");
  for (size_t i = 0; all[i] != NULL; i++)
    printf("  echo %s\n", all[i]->name);
  puts("}\n\n_pinctl_options() { # VERB\n  case $1 in");
  for (size_t i = 0; all[i] != NULL; i++) {
    printf("    %s) echo '", all[i]->name);
    size_t cursor = 0;
    for (const struct option *option; (option = verb_option_next(all[i], &cursor)) != NULL;)
      printf("--%s ", option->name);
    puts("' ;;");
  }
  puts("  esac\n}\n\n"
       "# What follows an option, or stands for an operand by its number; empty for a flag.\n"
       "_pinctl_kind() { # \"VERB --OPTION\" or \"VERB NUMBER\"\n  case $1 in");
  for (size_t i = 0; all[i] != NULL; i++)
    print_kinds_of(all[i]);
  fputs("  esac\n}\n", stdout);
  fputs(completion_text_bash, stdout);
}

/* Prints a description for zsh, within single quotes, with brackets and colons escaped. */
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

static void print_zsh_option(const struct option *option) {
  /* With "*" the option is offered again after it was given. "(-)" would exclude all other options. */
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

static void print_zsh_operands(const struct verb *verb) {
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

static void print_zsh(const struct verb *const *all) {
  puts("#compdef pinctl\n# zsh completion for pinctl; printed by \"pinctl completion zsh\"\n\n"
       "_pinctl_verbs() {\n  verbs=(");
  for (size_t i = 0; all[i] != NULL; i++) {
    printf("    '%s:", all[i]->name);
    print_description(all[i]->summary);
    puts("'");
  }
  puts("  )\n}\n\n_pinctl_specs() { # VERB\n  case $1 in");
  for (size_t i = 0; all[i] != NULL; i++) {
    printf("    %s) specs=(\n", all[i]->name);
    size_t cursor = 0;
    for (const struct option *option; (option = verb_option_next(all[i], &cursor)) != NULL;)
      print_zsh_option(option);
    print_zsh_operands(all[i]);
    puts("      ) ;;");
  }
  puts("  esac\n}");
  fputs(completion_text_zsh, stdout);
}

/* Prints a text in single quotes, for fish. */
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

static void print_fish_option(const struct verb *verb, const struct option *option) {
  printf("complete -c pinctl -n '__pinctl_at %s' -l %s", verb->name, option->name);
  if (option->argument != NULL) {
    struct completion completion;
    completion_of_option(option, &completion);
    /* "-x": needs a value and offers no files; "-r": needs a value. */
    fputs(completion.kind == COMPLETE_FILES ? " -r" : " -x", stdout);
    print_candidates(&completion);
    completion_clear(&completion);
  }
  fputs(" -d ", stdout);
  print_quoted(option->help);
  putchar('\n');
}

static void print_fish_operands(const struct verb *verb) {
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

static void print_valued(const struct verb *const *all) {
  puts("\n# The options of a verb that take a value.\nfunction __pinctl_valued --argument-names verb\n"
       "    switch $verb");
  for (size_t i = 0; all[i] != NULL; i++) {
    printf("        case %s\n            string split ' ' -- '", all[i]->name);
    size_t cursor = 0;
    for (const struct option *option; (option = verb_option_next(all[i], &cursor)) != NULL;)
      if (option->argument != NULL)
        printf("--%s ", option->name);
    puts("'");
  }
  puts("    end\nend\n");
}

static void print_fish(const struct verb *const *all) {
  fputs("# fish completion for pinctl; printed by \"pinctl completion fish\"\n", stdout);
  fputs(completion_text_fish, stdout);
  print_valued(all);
  for (size_t i = 0; all[i] != NULL; i++) {
    const struct verb *verb = all[i];
    printf("complete -c pinctl -n 'test (count (commandline -opc)) -eq 1' -a %s -d ", verb->name);
    print_quoted(verb->summary);
    putchar('\n');
    size_t cursor = 0;
    for (const struct option *option; (option = verb_option_next(verb, &cursor)) != NULL;)
      print_fish_option(verb, option);
    print_fish_operands(verb);
  }
}

static int run(const struct arguments *arguments) {
  static const struct {
    const char *shell;
    void (*print)(const struct verb *const *all);
  } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
  const char *shell = arguments->operands[0];
  for (size_t i = 0; i < COUNT_OF(shells); i++) {
    if (strcmp(shells[i].shell, shell) == 0) {
      shells[i].print(all_verbs());
      return EXIT_DONE;
    }
  }
  return usage_status(arguments->verb, "\"%s\": expected %s", shell, arguments->verb->operands);
}

const struct verb verb_completion = {
    .name = "completion",
    .group = "Help",
    .operands = "bash|zsh|fish",
    .summary = "Print a completion script for a shell",
    .details = "The packages install it already. Otherwise write, for example in ~/.bashrc:\n\n"
               "  source <(pinctl completion bash)",
    .example = "pinctl completion bash",
    OPTIONS_IN(options),
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
