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
 * Before a handshake: whether a session out of a file may be offered, as far as the program may check the
 * name of its certificate. What the session keeps of the path goes along with that. No: it cannot go along,
 * or the session keeps nothing, since the host was not known, and the check could do no more than refuse: the
 * client gives no name, or an address in its place, and the certificate's own key is not allowed for one of
 * its names, or it has more than 256.
 */
bool checked_name_may_follow(struct hook *hook, SSL *ssl, SSL_SESSION *session);

#endif
