/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PINCTL_PROBE_SERVER_MESSAGES_H
#define PINCTL_PROBE_SERVER_MESSAGES_H

#include <stddef.h>

#include <openssl/ssl.h>

#include "probe/probe.h"

/*
 * Adds to *answer what one handshake message of the server says, its header of four bytes included:
 * ServerHello, ServerKeyExchange, CertificateVerify (RFC 5246, RFC 8446). Others, and what is cut short, are
 * passed over. ssl: to look up the suite; NULL: the key exchange is not looked at.
 */
void server_message_read(const unsigned char *message, size_t length, SSL *ssl, struct probe_answer *answer);

#endif
