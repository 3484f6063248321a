/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads what the server chose from its handshake messages. */
#ifndef PINCTL_PROBE_SERVER_MESSAGES_H
#define PINCTL_PROBE_SERVER_MESSAGES_H

#include <stddef.h>

#include <openssl/ssl.h>

#include "probe/probe.h"

/*
 * Adds to *answer what one handshake message says, with its header of four bytes: ServerHello,
 * ServerKeyExchange, CertificateVerify (RFC 5246, RFC 8446). Other messages and truncated ones are ignored.
 * ssl: to look up the suite; NULL: the key exchange is ignored.
 */
void server_message_read(const unsigned char *message, size_t length, SSL *ssl, struct probe_answer *answer);

#endif
