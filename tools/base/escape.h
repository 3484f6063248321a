/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Text from certificates and files is somebody else's: it may hold terminal commands, bytes that are no
 * UTF-8, or marks that turn the reading direction around. Nothing of it reaches a terminal unescaped.
 */
#ifndef PINCTL_BASE_ESCAPE_H
#define PINCTL_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The first character of the bytes: its length (1 to 4) and code point, or 0 when they do not start with
 * valid UTF-8 (RFC 3629: no surrogates, no overlong forms).
 */
size_t utf8_decode(const char *bytes, size_t length, uint32_t *ret_point);

/* Whether a terminal merely shows it: no control, no direction mark, nothing invisible. */
bool is_plain(uint32_t point);

/* The bytes with everything that is not plain UTF-8 written as \xHH, byte by byte. For free(3). */
char *escape_bytes(const char *bytes, size_t length);
char *escape_text(const char *text);

/* The same, cut to so many columns (at least 3); "..." stands for what is left out. For free(3). */
char *escape_short(const char *text, size_t columns);

/* Columns on a terminal; text must have been escaped. */
size_t text_width(const char *text);

#endif
