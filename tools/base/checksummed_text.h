/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Files that pinctl writes for itself in policy.d: a head in comments, which ends in a digest of the rest. A
 * file that somebody edited since no longer agrees with its digest, and from then on is theirs.
 */
#ifndef PINCTL_BASE_CHECKSUMMED_TEXT_H
#define PINCTL_BASE_CHECKSUMMED_TEXT_H

#include <stdio.h>

/* The head, the digest of the body, and the body. head ends in "# something: ". For free(3). */
char *sealed_text(const char *head, const char *body);

/* The body of a text with this head whose digest agrees; points into `text`. NULL: not ours, or no longer. */
const char *sealed_body(const char *head, const char *text);

/* A string as libconfig reads it back, byte for byte. */
void sealed_string(FILE *stream, const char *text);

#endif
