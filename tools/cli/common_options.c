/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/common_options.h"

#include <string.h>

/* Beside those there is an option for the first kind of operand, where it begins with this word. */
static const struct common {
  struct option option;
  const char *operand; /* NULL: not by the operands */
  enum verb_reports reports;
} common[] = {
    {.option = OPTION(HOST_OPERAND, "host", "HOST", "another word for the operand HOST", .repeatable = true),
     .operand = "HOST"},
    {.option = OPTION(FILE_OPERAND, "file", "FILE", "another word for the operand FILE", .repeatable = true),
     .operand = "FILE"},
    {.option = FLAG(NO_NOTES, "quiet", "or -q: no notes, only warnings and errors", .letter = 'q'),
     .reports = REPORTS_QUIETLY},
    {.option = FLAG(RESULT, "json", "print as JSON what was done, and what was said"),
     .reports = REPORTS_RESULT},
    {.option = FLAG(HELP, "help", "print this")},
};

static bool has_own(const struct verb *verb, const char *name) {
  for (size_t i = 0; i < verb->option_count; i++)
    if (strcmp(verb->options[i].name, name) == 0)
      return true;
  return false;
}

static bool applies(const struct verb *verb, const struct common *common_one) {
  size_t bracket = *verb->operands == '[' ? 1 : 0;
  if (common_one->operand != NULL)
    return strncmp(verb->operands + bracket, common_one->operand, strlen(common_one->operand)) == 0 &&
           !has_own(verb, common_one->option.name);
  return common_one->reports == 0 || (verb->reports & common_one->reports) != 0;
}

/* The common options of a verb in turn, --help last; start with *cursor 0. NULL: no more. */
static const struct option *common_option_next(const struct verb *verb, size_t *cursor) {
  while (*cursor < COUNT_OF(common)) {
    const struct common *next = &common[(*cursor)++];
    if (applies(verb, next))
      return &next->option;
  }
  return NULL;
}

const struct option *verb_option_next(const struct verb *verb, size_t *cursor) {
  if (*cursor < verb->option_count)
    return &verb->options[(*cursor)++];
  size_t at = *cursor - verb->option_count;
  const struct option *option = common_option_next(verb, &at);
  *cursor = verb->option_count + at;
  return option;
}

bool option_is_operand(enum option_id id) {
  return id == OPTION_HOST_OPERAND || id == OPTION_FILE_OPERAND;
}
