/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reading a decimal number within limits. */
#ifndef PINCTL_BASE_NUMBER_H
#define PINCTL_BASE_NUMBER_H

#include "base/must_use.h"

#include <stdbool.h>

/* Reads at most nine decimal digits as a number from `least` (not negative) to `most`. False: the text is
 * anything else, and *ret_number was not set. */
MUST_USE bool number_read(const char *text, long least, long most, long *ret_number);

#endif
