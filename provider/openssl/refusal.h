/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* How a verdict shows: in the log, and a refusal in OpenSSL's error queue too. */
#ifndef PIN_REFUSAL_H
#define PIN_REFUSAL_H

#include "openssl.h"
#include "pinpolicy.h"

/* Logs the verdict. Of a refusal returns the report, cut to what an entry of the error queue holds, for
 * free(3); else NULL. */
char *report_verdict(const struct pin_verdict *verdict, const struct pin_path *path);

/* Logs that a stored session is not offered to the server, which the verdict refuses. */
void report_dropped_session(const struct pin_verdict *verdict);

/*
 * Leaves a refusal in the error queue: an error of our own library number ("pinning") with the report as its
 * data. in_tls: after a "certificate verify failed" of libssl, because programs tell a
 * refused certificate from a broken connection by the first error of the queue, or by the last, which libssl
 * adds itself.
 */
void leave_errors(struct openssl *openssl, bool in_tls, const char *text);

#endif
