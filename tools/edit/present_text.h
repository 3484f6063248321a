/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What a file holds now, for whoever is about to replace it. */
#ifndef PINCTL_EDIT_PRESENT_TEXT_H
#define PINCTL_EDIT_PRESENT_TEXT_H

#include <stdbool.h>

#include "base/must_use.h"

/* *ret_text: for free(3); NULL: nothing is there. False, having said why: it cannot be read. */
MUST_USE bool present_text_read(const char *path, char **ret_text);

/* Whether two such texts are the same; NULL: there is none. */
bool present_text_is(const char *text, const char *other);

#endif
