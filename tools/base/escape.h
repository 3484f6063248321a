/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Escapes untrusted text for a terminal. Text from certificates and files may hold terminal commands, invalid
 * UTF-8, or marks that change the reading direction. None of it is printed unescaped.
 */
#ifndef PINCTL_BASE_ESCAPE_H
#define PINCTL_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads the first character: returns its length (1 to 4) and its code point, or 0 where the bytes do not
 * start with valid UTF-8 (RFC 3629: no surrogates, no overlong forms).
 */
size_t utf8_decode(const char *bytes, size_t length, uint32_t *ret_point);

/* Whether a terminal only displays the character: no control, no direction mark, not invisible. */
bool is_plain(uint32_t point);

/* A copy in which each byte that is not part of a plain UTF-8 character is written as \xHH. For free(3). */
char *escape_bytes(const char *bytes, size_t length);
char *escape_text(const char *text);

/* The same, cut to so many columns (at least 3) with "..." at the end. For free(3). */
char *escape_short(const char *text, size_t columns);

/* The columns that a text takes on a terminal. The text must have been escaped. */
size_t text_width(const char *text);

#endif
