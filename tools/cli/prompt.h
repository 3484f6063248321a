/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Questions on the terminal. */
#ifndef PINCTL_CLI_PROMPT_H
#define PINCTL_CLI_PROMPT_H

#include <stdbool.h>

/* Whether somebody can be asked: standard input and standard error are a terminal. */
bool question_possible(void);

/*
 * Asks for one of several words by its first letter; words: ended by NULL, first letters all different.
 * Returns its index; the last word stands for an empty line, the end of the input, and anything else.
 */
int question_ask(const char *question, const char *const *words);

/* The same, for whoever keeps others waiting: no answer within so many seconds counts as the last word. */
int question_ask_within(const char *question, const char *const *words, int seconds);

#endif
