/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Asks questions on the terminal. */
#ifndef PINCTL_CLI_PROMPT_H
#define PINCTL_CLI_PROMPT_H

#include <stdbool.h>

#include "base/memory.h"
#include "base/must_use.h"

/* Whether the user can be asked: standard input and standard error are a terminal. */
bool question_possible(void);

/*
 * Asks for one of several words, which can be typed as a whole or by its first letter. words: ended by NULL,
 * all with different first letters. Returns the index of the answer. Any other answer, an empty line and the
 * end of the input count as the last word.
 */
int question_ask(const char *question, const char *const *words);

/* The same; no answer within so many seconds counts as the last word. */
int question_ask_within(const char *question, const char *const *words, int seconds);

/*
 * Asks for confirmation of a change that is almost surely a mistake. Prints each doubt as a warning. Returns
 * EXIT_DONE where there is none, where `yes` (--yes) is set, or where the user answers yes within two
 * minutes; else EXIT_FINDING, having said that nothing was changed. subject: what the change is about.
 */
MUST_USE int doubts_settle(const struct text_list *doubts, const char *subject, bool yes, bool dry_run);

#endif
