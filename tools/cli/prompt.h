/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Questions on the terminal. */
#ifndef PINCTL_CLI_PROMPT_H
#define PINCTL_CLI_PROMPT_H

#include <stdbool.h>

#include "base/memory.h"
#include "base/must_use.h"

/* Whether somebody can be asked: standard input and standard error are a terminal. */
bool question_possible(void);

/*
 * Asks for one of several words by its first letter; words: ended by NULL, first letters all different.
 * Returns its index; the last word stands for an empty line, the end of the input, and anything else.
 */
int question_ask(const char *question, const char *const *words);

/* The same, for whoever keeps others waiting: no answer within so many seconds counts as the last word. */
int question_ask_within(const char *question, const char *const *words, int seconds);

/*
 * What is almost surely a mistake is changed only when somebody says so: says each doubt. EXIT_DONE where
 * there is none, where `yes` was given, or where somebody on the terminal answers yes within two minutes;
 * else EXIT_FINDING, having said that nothing was changed. subject: what it is about.
 */
MUST_USE int doubts_settle(const struct text_list *doubts, const char *subject, bool yes, bool dry_run);

#endif
