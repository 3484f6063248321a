/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What becomes of the hosts when one policy takes the place of another, in words. */
#ifndef PINCTL_EDIT_POLICY_WORDS_H
#define PINCTL_EDIT_POLICY_WORDS_H

#include "base/memory.h"
#include "view/entry_text.h"

/*
 * One line for each thing that changes, e.g. "api.example.com: loses its only backup pin", what is lost
 * first. before: NULL: there was no policy. Sorts both by name.
 */
void policy_words(const struct pin_policy *before, struct entries *before_entries,
                  const struct pin_policy *after, struct entries *after_entries, struct text_list *ret_lines);

#endif
