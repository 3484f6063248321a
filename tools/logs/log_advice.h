/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PINCTL_LOGS_LOG_ADVICE_H
#define PINCTL_LOGS_LOG_ADVICE_H

#include "logs/log_record.h"

/*
 * What to do about a line, by its reason or event: one or two sentences, for free(3). A command names the
 * host only if that is a valid name, since somebody may paste it into a shell.
 */
char *log_advice(const struct log_record *record);

/* Whether the line only notes a host without an entry. */
bool log_is_observed(const struct log_record *record);

/* Whether something was refused, would have been, or is not enforced. */
bool log_is_finding(const struct log_record *record);

#endif
