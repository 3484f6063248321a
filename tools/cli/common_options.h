/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * One name for one thing: options that verbs have without a row in their tables. "--host HOST" and "--file
 * FILE" are other words for the first kind of operand, by the verb's usage; what is quiet, and what its run
 * did as JSON, is settled outside of the verb.
 */
#ifndef PINCTL_CLI_COMMON_OPTIONS_H
#define PINCTL_CLI_COMMON_OPTIONS_H

#include "cli/verb.h"

/* The options of its table and then the common ones; start with *cursor 0. NULL: no more. */
const struct option *verb_option_next(const struct verb *verb, size_t *cursor);

/* Whether a value of this option is an operand. */
bool option_is_operand(enum option_id id);

#endif
