/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The text that a file has now, to check before replacing it that nobody has changed it meanwhile. */
#ifndef PINCTL_EDIT_PRESENT_TEXT_H
#define PINCTL_EDIT_PRESENT_TEXT_H

#include <stdbool.h>

#include "base/must_use.h"

/* Reads the text of a file. *ret_text: for free(3); NULL: there is no file. False, having said why. */
MUST_USE bool present_text_read(const char *path, char **ret_text);

/* Whether two texts are equal; NULL, for no file, equals only NULL. */
bool present_text_is(const char *text, const char *other);

#endif
