/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Judges names that a program compares with the certificate itself after the handshake
 * (X509_check_host(3)). Only the shim sees such calls; module.c and connection.c call this file. */
#ifndef PIN_CHECKED_NAME_H
#define PIN_CHECKED_NAME_H

#include "hook.h"

/*
 * Called after OpenSSL has said that the certificate is for this name or address: whether the policy allows
 * that too. Only an entry that covers the name can refuse. A refusal is logged, but leaves nothing in the
 * error queue. A name that does not match leaves nothing there either, so programs do not clear the queue,
 * and the error would show up at another connection.
 */
bool checked_name_is_allowed(struct hook *hook, X509 *certificate, const char *name);

/*
 * Called before a handshake: whether a session from a file may be offered to the server although the program
 * may check the name of its certificate later. If the session keeps a proven path (kept_path.h), this copies
 * the path for that later check.
 *
 * False if the path cannot be copied. Also false if the session keeps no path and the later check could only
 * refuse. The session keeps none if the host was not known. The check could only refuse if the client sends
 * no name (or an address instead of one), and the certificate has more than 256 names or its own key is not
 * allowed for one of them.
 */
bool checked_name_may_follow(struct hook *hook, SSL *ssl, SSL_SESSION *session);

#endif
