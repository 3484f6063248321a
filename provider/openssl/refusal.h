/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Puts a refusal into OpenSSL's error queue. For the log see common/verdict_log.h. */
#ifndef PIN_REFUSAL_H
#define PIN_REFUSAL_H

#include "openssl.h"

/*
 * Adds an error of our own library ("pinning") to the error queue, with `text` as its data. text: the report;
 * NULL: a short standard text. in_tls: first adds libssl's "certificate verify failed". Programs tell a
 * refused certificate from a broken connection by the first error in the queue, or by the last, which libssl
 * adds itself. If we have no library number, our own error is left out.
 */
void leave_errors(struct openssl *openssl, bool in_tls, const char *text);

/* Loads our error texts now, so that the first refusal needs no lock of OpenSSL's for writing. Must be
 * called under fork_lock_take; see forks.c. */
void refusal_prepare(struct openssl *openssl);

#endif
