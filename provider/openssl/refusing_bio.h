/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A BIO that fails every read and write. A refused connection gets it in place of the program's BIO. */
#ifndef PIN_REFUSING_BIO_H
#define PIN_REFUSING_BIO_H

#include "hook.h"

/*
 * Makes a BIO whose every read and write fails and leaves `text` in the error queue as our error. It holds a
 * reference to program_bio until it is freed, because the program may still use that BIO through its own
 * pointer, and it passes questions about the descriptor on to it. program_bio, text: each may be NULL; text
 * is copied. NULL: no memory, and no reference is held. The caller owns the BIO.
 */
BIO *refusing_bio_new(struct hook *hook, BIO *program_bio, const char *text);

/* Whether this is such a BIO. bio: may be NULL, which gives false. */
bool refusing_bio_is(struct hook *hook, const BIO *bio);

/* The functions of its BIO_METHOD, which hooks.c calls with the right hook. The first serves reads and
 * writes. */
int refusing_bio_refuse(struct hook *hook, BIO *bio);
long refusing_bio_control(struct hook *hook, BIO *bio, int command, long number, void *pointer);
int refusing_bio_destroy(struct hook *hook, BIO *bio);

#endif
