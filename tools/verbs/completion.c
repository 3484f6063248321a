/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verbs/completion.h"

#include <string.h>

#include "base/memory.h"

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

/* name: as in the help, without brackets and dots. */
static enum completion_kind kind_of(const char *name) {
  /* HOST:PORT:ADDR:PORT is no host of the policy. */
  if (strcmp(name, "HOST") == 0 || strcmp(name, "HOST:PORT") == 0)
    return COMPLETE_HOSTS;
  if (strcmp(name, "PROGRAM") == 0)
    return COMPLETE_PROGRAMS;
  if (has_word(name, "FILE") || has_word(name, "PATH") || strcmp(name, "ARGUMENT") == 0)
    return COMPLETE_FILES;
  return has_word(name, "DIR") ? COMPLETE_FOLDERS : COMPLETE_NOTHING;
}

void completion_of_option(const struct option *option, struct completion *ret_completion) {
  *ret_completion = (struct completion){.name = must_copy(option->argument)};
  ret_completion->kind = option->one_of ? COMPLETE_WORDS : kind_of(option->argument);
  if (option->one_of)
    ret_completion->words = words_of(option->argument);
}

/* Alternatives in lower case are words to be typed as they are. */
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

size_t completion_of_operands(const struct verb *verb,
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

void completion_clear(struct completion *completion) {
  free(completion->name);
  free(completion->words);
  *completion = (struct completion){0};
}
