/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A BIO that carries nothing: what a refused connection gets in place of the program's own. */
#ifndef PIN_REFUSING_BIO_H
#define PIN_REFUSING_BIO_H

#include "hook.h"

/*
 * A BIO whose every read and write fails, leaving `text` in the error queue under our library number. It
 * holds a reference to the program's BIO until it is freed itself, since the program may use that one by a
 * bare pointer, and passes questions about its descriptor on to it. program_bio, text: may be NULL. NULL: no
 * memory, and no reference is held.
 */
BIO *refusing_bio_new(struct hook *hook, BIO *program_bio, const char *text);

/* bio: may be NULL. */
bool refusing_bio_is(struct hook *hook, const BIO *bio);

/* The functions of its BIO_METHOD, by the hook whose functions can read it:
 * the first for reads and writes. */
int refusing_bio_refuse(struct hook *hook, BIO *bio);
long refusing_bio_control(struct hook *hook, BIO *bio, int command, long number, void *pointer);
int refusing_bio_destroy(struct hook *hook, BIO *bio);

#endif
