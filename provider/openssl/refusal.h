/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* How a refusal shows in OpenSSL's error queue; for the log see common/verdict_log.h. */
#ifndef PIN_REFUSAL_H
#define PIN_REFUSAL_H

#include "openssl.h"

/*
 * Leaves a refusal in the error queue: an error of our own library number ("pinning") with the report as its
 * data. in_tls: after a "certificate verify failed" of libssl, because programs tell a
 * refused certificate from a broken connection by the first error of the queue, or by the last, which libssl
 * adds itself.
 */
void leave_errors(struct openssl *openssl, bool in_tls, const char *text);

/* Takes now the lock of OpenSSL's that the first refusal needs. To be called as forks.h says. */
void refusal_prepare(struct openssl *openssl);

#endif
