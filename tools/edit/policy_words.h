/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Describes in words what changes for the hosts when one policy replaces another. */
#ifndef PINCTL_EDIT_POLICY_WORDS_H
#define PINCTL_EDIT_POLICY_WORDS_H

#include "base/memory.h"
#include "base/must_use.h"
#include "view/entry_text.h"

/*
 * One line for each change, e.g. "api.example.com: loses its only backup pin"; lines about lost protection
 * come first. before NULL: there was no policy. Both policies must be in memory. False, having said why: one
 * is damaged. *ret_lines is to be cleared in any case.
 */
MUST_USE bool policy_words(const struct pin_policy *before, const struct pin_policy *after,
                           struct text_list *ret_lines);

#endif
