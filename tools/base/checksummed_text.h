/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Texts that carry their own checksum, for the files that pinctl writes in policy.d. A head of comments ends
 * in the digest of the body below it. When somebody edits such a file its digest no longer matches, and
 * pinctl treats the file as theirs.
 */
#ifndef PINCTL_BASE_CHECKSUMMED_TEXT_H
#define PINCTL_BASE_CHECKSUMMED_TEXT_H

#include <stdio.h>

/* The head, the digest of the body, and the body. The head ends in "# something: ". For free(3). */
char *checksummed_text(const char *head, const char *body);

/* The body of a text with this head, inside `text`. NULL: the head is another one, or the digest does not
 * match. */
const char *checksummed_body(const char *head, const char *text);

/* Writes a string in quotes, escaped so that libconfig reads the same bytes back. */
void config_string_write(FILE *stream, const char *text);

#endif
