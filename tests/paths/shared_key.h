/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Connections without certificates: both sides have a shared key, or use an anonymous suite. */
#ifndef PATHS_SHARED_KEY_H
#define PATHS_SHARED_KEY_H

#include "kit.h"

/* The callbacks of SSL_CTX_set_psk_client_callback(3) and SSL_CTX_set_psk_server_callback(3). */
unsigned int shared_key_of_client(SSL *ssl, const char *hint, char *ret_identity, unsigned int identity_size,
                                  unsigned char *ret_key, unsigned int key_size);
unsigned int shared_key_of_server(SSL *ssl, const char *identity, unsigned char *ret_key,
                                  unsigned int key_size);
/* Sets them in both contexts. */
void use_shared_key(SSL_CTX *client, SSL_CTX *server);

/* Shares a session of TLS 1.3 (SSL_CTX_set_psk_use_session_callback(3)), with up to this many bytes of early
 * data. */
void use_shared_session(SSL_CTX *client, SSL_CTX *server, uint32_t max_early_data);
/* Restricts both contexts to the suite of that session. */
void use_suite_of_shared_session(SSL_CTX *client, SSL_CTX *server);

/* Restricts both contexts to suites in which the server shows no certificate (TLS 1.2). */
void use_anonymous_suites(SSL_CTX *client, SSL_CTX *server);

#endif
