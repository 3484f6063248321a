/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* How a verdict shows in the log. */
#ifndef PIN_VERDICT_LOG_H
#define PIN_VERDICT_LOG_H

#include "pinpolicy.h"

/*
 * Logs the verdict. library: the TLS library that it was about, where that is not OpenSSL, as the last pair
 * of the line; or NULL. Of a refusal returns the report, cut to what an entry of OpenSSL's error queue holds,
 * for free(3); else NULL.
 */
char *verdict_log(const struct pin_verdict *verdict, const struct pin_path *path, const char *library);

/* Whether the log is to be told: of a refusal and what is only audited, but not again that this host without
 * an entry shows this key. */
bool verdict_log_is_due(const struct pin_verdict *verdict, const struct pin_path *path);

/* The same before the verdict, by the peer's own key: then nothing above it need be looked at either. */
bool verdict_log_needs_no_more(const struct pin_policy *policy, const struct pin_verdict *verdict,
                               const struct pin_path *path);

/* Logs that a stored session is not offered to the server, which the verdict refuses. library: as above. */
void verdict_log_dropped_session(const struct pin_verdict *verdict, const char *library);

#endif
