/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PINCTL_BASE_NUMBER_H
#define PINCTL_BASE_NUMBER_H

#include "base/must_use.h"

#include <stdbool.h>

/* Decimal digits only, from `least` (not negative) to `most`; *ret_number is written only then. */
MUST_USE bool number_read(const char *text, long least, long most, long *ret_number);

#endif
