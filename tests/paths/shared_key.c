/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of shared_key.h: connections without certificates. */
#include "shared_key.h"

#include <stdio.h>
#include <string.h>

static const unsigned char secret[32] = {4, 5, 6};

unsigned int shared_key_of_client(SSL *ssl, const char *hint, char *ret_identity, unsigned int identity_size,
                                  unsigned char *ret_key, unsigned int key_size) {
  (void)ssl, (void)hint;
  if (key_size < sizeof secret)
    broken("no room for the key");
  snprintf(ret_identity, identity_size, "paths");
  memcpy(ret_key, secret, sizeof secret);
  return sizeof secret;
}

unsigned int shared_key_of_server(SSL *ssl, const char *identity, unsigned char *ret_key,
                                  unsigned int key_size) {
  return shared_key_of_client(ssl, identity, (char[8]){0}, 8, ret_key, key_size);
}

void use_shared_key(SSL_CTX *client, SSL_CTX *server) {
  SSL_CTX_set_psk_client_callback(client, shared_key_of_client);
  SSL_CTX_set_psk_server_callback(server, shared_key_of_server);
}

static uint32_t early_data_of_session;

static SSL_SESSION *shared_session(SSL *ssl) {
  static const unsigned char aes_128_gcm_sha256[] = {0x13, 0x01};
  SSL_SESSION *session = SSL_SESSION_new();

  if (session == NULL || SSL_SESSION_set1_master_key(session, secret, sizeof secret) != 1 ||
      SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, aes_128_gcm_sha256)) != 1 ||
      SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) != 1 ||
      SSL_SESSION_set_max_early_data(session, early_data_of_session) != 1)
    broken("no shared session");
  return session;
}

static int session_of_client(SSL *ssl, const EVP_MD *md, const unsigned char **ret_id, size_t *ret_length,
                             SSL_SESSION **ret_session) {
  (void)md;
  *ret_id = (const unsigned char *)"paths";
  *ret_length = 5;
  *ret_session = shared_session(ssl);
  return 1;
}

static int session_of_server(SSL *ssl, const unsigned char *id, size_t length, SSL_SESSION **ret_session) {
  (void)id, (void)length;
  *ret_session = shared_session(ssl);
  return 1;
}

void use_shared_session(SSL_CTX *client, SSL_CTX *server, uint32_t max_early_data) {
  early_data_of_session = max_early_data;
  SSL_CTX_set_psk_use_session_callback(client, session_of_client);
  SSL_CTX_set_psk_find_session_callback(server, session_of_server);
}

void use_suite_of_shared_session(SSL_CTX *client, SSL_CTX *server) {
  SSL_CTX_set_ciphersuites(client, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_ciphersuites(server, "TLS_AES_128_GCM_SHA256");
}

void use_anonymous_suites(SSL_CTX *client, SSL_CTX *server) {
  SSL_CTX_set_dh_auto(server, 1);
  if (SSL_CTX_set_cipher_list(client, "aNULL:@SECLEVEL=0") != 1 ||
      SSL_CTX_set_cipher_list(server, "aNULL:@SECLEVEL=0") != 1)
    broken("no anonymous suites");
}
