/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Completion of command lines by shells, printed from the table of verbs: a verb or an option that is added
 * there is completed without a change here. The parts that are the same whatever the table holds are the
 * files in completion/.
 */
#ifndef PINCTL_VERBS_COMPLETION_H
#define PINCTL_VERBS_COMPLETION_H

#include "cli/verb.h"

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
  char *name;  /* what the help calls it */
  char *words; /* of COMPLETE_WORDS: separated by blanks, else NULL */
  bool repeats;
};

/* More operands than any verb's usage names. */
#define COMPLETION_MOST_OPERANDS 8

/* What may stand for an option's argument. To be cleared. */
void completion_of_option(const struct option *option, struct completion *ret_completion);
/* What may stand for each operand, by the verb's usage; the last may repeat. Returns how many; each to be
 * cleared. */
size_t completion_of_operands(const struct verb *verb,
                              struct completion ret_completions[COMPLETION_MOST_OPERANDS]);
void completion_clear(struct completion *completion);

/* On stdout; verbs: all of them, ended by NULL. */
void completion_print_bash(const struct verb *const *verbs);
void completion_print_zsh(const struct verb *const *verbs);
void completion_print_fish(const struct verb *const *verbs);

/* The files in completion/; made by CMake. */
extern const char completion_text_bash[];
extern const char completion_text_zsh[];
extern const char completion_text_fish[];

#endif
