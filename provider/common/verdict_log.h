/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Writes verdicts to the log. */
#ifndef PIN_VERDICT_LOG_H
#define PIN_VERDICT_LOG_H

#include "pinpolicy.h"

/*
 * Logs the verdict. library: the TLS library, added as a pair behind the report; NULL: OpenSSL. For a
 * refusal, returns the report, cut to what an entry of OpenSSL's error queue holds; the caller frees it.
 * NULL: no refusal, or no memory.
 */
char *verdict_log(const struct pin_verdict *verdict, const struct pin_path *path, const char *library);

/* Whether the verdict should be logged: a refusal or an audited verdict, but not if this host without an
 * entry was already logged with this key. */
bool verdict_log_is_due(const struct pin_verdict *verdict, const struct pin_path *path);

/* Asks the same before the verdict, when the peer's own key is known. True: nothing will be logged, so the
 * keys above need not be looked at. */
bool verdict_log_needs_no_more(const struct pin_policy *policy, const struct pin_verdict *verdict,
                               const struct pin_path *path);

/* Logs that a stored session is not offered to the server because of this verdict. library: as above. */
void verdict_log_dropped_session(const struct pin_verdict *verdict, const char *library);

#endif
