/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Names that a program checks by itself, after the handshake (X509_check_host(3)), as the shim sees it. */
#ifndef PIN_CHECKED_NAME_H
#define PIN_CHECKED_NAME_H

#include "hook.h"

/*
 * Whether the policy lets the certificate be one for this name or address; OpenSSL has said that it is. Only
 * an entry that covers the name can say no, which is logged, and leaves nothing in the error queue: neither
 * does a name that does not match, so nobody clears the queue, and another connection would find it there.
 */
bool checked_name_is_allowed(struct hook *hook, X509 *certificate, const char *name);

/*
 * Whether it would be so for each name of the certificate if nothing but its own key were known, as of one
 * out of a stored session. Of a name with a star only what covers all that it stands for is asked for. No:
 * also where the certificate has more than 256 names.
 */
bool checked_name_is_allowed_by_key(struct hook *hook, X509 *certificate);

#endif
