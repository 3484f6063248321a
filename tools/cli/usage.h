/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* How a verb is used, and that it was used in another way. */
#ifndef PINCTL_CLI_USAGE_H
#define PINCTL_CLI_USAGE_H

#include "cli/verb.h"

/* "pinctl VERB [options] OPERANDS". For free(3). */
char *usage_line(const struct verb *verb);

/* "pinctl: VERB: message" and the usage line, to stderr. Always returns false. */
bool wrong_usage(const struct verb *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for functions that return an exit status: always EXIT_USAGE. */
int usage_status(const struct verb *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
