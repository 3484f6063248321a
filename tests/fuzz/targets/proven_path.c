/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Chains of any certificates, forged and damaged, through the real pinning.so: in a TLS client, and in a
 * verification outside TLS, with a program that overrides OpenSSL's errors. If a chain is accepted because of
 * a key, that key must be on a path of signatures from the peer's certificate. This is checked by trying
 * every certificate with X509_verify(3).
 *
 * An input: a byte that chooses the ways, the key and the list of the policy, then 8 bytes for each
 * certificate, the peer's first.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "scene.h"

#define MOST 10
#define STEP 8

enum {
  WAY_TLS = 1,
  WAY_VERIFIES = 2,
  WAY_TRUSTS_LAST = 4,
  WAY_PARTIAL = 8,
  WAY_TLS_1_2 = 16,
  WAY_OWN_VERIFIER = 32
};
enum {
  FLAG_CA = 1,
  FLAG_VERSION_1 = 2,
  FLAG_LENGTH = 4,
  FLAG_NO_SIGNING = 8,
  FLAG_IDENTIFIERS = 16,
  FLAG_HOST = 32,
  FLAG_DAMAGED = 64
};

static const char *const lists[] = {"pins", "intermediates", "anchors"};
#define LISTS (sizeof lists / sizeof *lists)

/* "pins3.example": an entry whose only list, `pins`, holds key 3. */
static void print_host(char *ret_host, size_t size, unsigned list, unsigned key) {
  snprintf(ret_host, size, "%s%u.example", lists[list], key);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  char policy[8192] = "version = 1;\nhosts = (\n", host[64];
  (void)argc, (void)argv;
  scene_make_keys();
  for (unsigned list = 0; list < LISTS; list++)
    for (unsigned key = 0; key < SCENE_KEYS; key++) {
      size_t used = strlen(policy);
      print_host(host, sizeof host, list, key);
      snprintf(policy + used, sizeof policy - used, "%s{ name = \"%s\"; %s = [ \"%s\" ]; }\n",
               list + key > 0 ? "," : "", host, lists[list], scene_pin(key));
    }
  strncat(policy, ");\n", sizeof policy - strlen(policy) - 1);
  scene_open(policy);
  return 0;
}

/* ---- The chain ---- */

/* Changes one byte of the encoding. NULL: the result is no certificate. */
static X509 *damage(X509 *certificate, unsigned place, unsigned change) {
  unsigned char *der = NULL;
  int size = i2d_X509(certificate, &der);
  const unsigned char *cursor = der;
  MUST(size > 0);
  der[place % (unsigned)size] ^= (unsigned char)change;
  X509_free(certificate);
  certificate = d2i_X509(NULL, &cursor, size);
  OPENSSL_free(der);
  return certificate;
}

static X509 *read_certificate(const uint8_t *bytes, const char *host) {
  const unsigned flags = bytes[4];
  const struct recipe recipe = {.subject = bytes[0],
                                .issuer = bytes[1],
                                .key = bytes[2],
                                .signer = bytes[3],
                                .is_ca = (flags & FLAG_CA) != 0,
                                .is_version_1 = (flags & FLAG_VERSION_1) != 0,
                                .has_path_length = (flags & FLAG_LENGTH) != 0,
                                .path_length = bytes[5],
                                .may_not_sign = (flags & FLAG_NO_SIGNING) != 0,
                                .has_identifiers = (flags & FLAG_IDENTIFIERS) != 0,
                                .host = (flags & FLAG_HOST) != 0 ? host : NULL};
  X509 *certificate = scene_certificate(&recipe);
  return (flags & FLAG_DAMAGED) == 0 ? certificate
                                     : damage(certificate, bytes[5] * 4u + bytes[6] % 4u, bytes[7]);
}

static STACK_OF(X509) * read_chain(const uint8_t *data, size_t size, const char *host) {
  STACK_OF(X509) *chain = sk_X509_new_null();
  MUST(chain != NULL);
  for (; size >= STEP && sk_X509_num(chain) < MOST; data += STEP, size -= STEP) {
    X509 *certificate = read_certificate(data, host);
    if (certificate != NULL)
      MUST(sk_X509_push(chain, certificate) > 0);
  }
  return chain;
}

/* ---- The test's own judgement ---- */

static bool has_signed(X509 *issuer, X509 *subject) {
  EVP_PKEY *key = X509_get0_pubkey(issuer);
  return X509_NAME_cmp(X509_get_issuer_name(subject), X509_get_subject_name(issuer)) == 0 &&
         X509_check_ca(issuer) != 0 && key != NULL && X509_verify(subject, key) == 1;
}

/* Every certificate above the peer's that can be reached by signatures. */
static void find_proven(STACK_OF(X509) * chain, bool ret_proven[MOST]) {
  const int count = sk_X509_num(chain);
  bool grew = true;
  memset(ret_proven, 0, MOST * sizeof *ret_proven);
  while (grew) {
    grew = false;
    for (int issuer = 0; issuer < count; issuer++)
      for (int subject = 0; subject < count && !ret_proven[issuer]; subject++)
        if ((subject == 0 || ret_proven[subject]) &&
            has_signed(sk_X509_value(chain, issuer), sk_X509_value(chain, subject)))
          grew = ret_proven[issuer] = true;
  }
}

static bool may_count(STACK_OF(X509) * chain, unsigned list, unsigned key) {
  bool proven[MOST];
  find_proven(chain, proven);
  if (strcmp(lists[list], "intermediates") != 0 && scene_key_of(sk_X509_value(chain, 0)) == key)
    return true;
  for (int i = 0; i < sk_X509_num(chain); i++)
    if (proven[i] && scene_key_of(sk_X509_value(chain, i)) == key)
      return true;
  return false;
}

/* ---- The ways ---- */

static int tolerate(int ok, X509_STORE_CTX *context) {
  (void)ok, (void)context;
  return 1;
}

static int say_yes(X509_STORE_CTX *context, void *arg) {
  (void)context, (void)arg;
  return 1;
}

static X509_STORE *new_store(STACK_OF(X509) * chain, unsigned way) {
  X509_STORE *store = X509_STORE_new();
  MUST(store != NULL);
  if ((way & WAY_TRUSTS_LAST) != 0)
    X509_STORE_add_cert(store, sk_X509_value(chain, sk_X509_num(chain) - 1));
  if ((way & WAY_PARTIAL) != 0)
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

static bool accepted_by_verification(STACK_OF(X509) * chain, unsigned way, const char *host) {
  X509_STORE *store = new_store(chain, way);
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  MUST(context != NULL && X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain) == 1);
  X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(context), host, 0);
  if ((way & WAY_VERIFIES) == 0)
    X509_STORE_CTX_set_verify_cb(context, tolerate);
  bool accepted = X509_verify_cert(context) == 1;
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return accepted;
}

static bool accepted_by_client(STACK_OF(X509) * chain, unsigned way, char *host) {
  unsigned key = scene_key_of(sk_X509_value(chain, 0));
  if (key == SCENE_KEYS)
    return false;
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  MUST(context != NULL);
  SSL_CTX_set_cert_store(context, new_store(chain, way));
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_verify(context, (way & WAY_VERIFIES) != 0 ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
  if ((way & WAY_OWN_VERIFIER) != 0)
    SSL_CTX_set_cert_verify_callback(context, say_yes, NULL);
  if ((way & WAY_TLS_1_2) != 0)
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  SSL *client = SSL_new(context);
  MUST(client != NULL && SSL_set_tlsext_host_name(client, host) == 1);
  bool accepted = scene_handshake(client, chain, scene_keys[key]);
  SSL_free(client);
  SSL_CTX_free(context);
  return accepted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char host[64];
  if (size < 3 + STEP)
    return 0;
  unsigned way = data[0], key = data[1] % SCENE_KEYS, list = data[2] % LISTS;
  print_host(host, sizeof host, list, key);
  STACK_OF(X509) *chain = read_chain(data + 3, size - 3, host);
  if (sk_X509_num(chain) > 0) {
    bool accepted = (way & WAY_TLS) != 0 ? accepted_by_client(chain, way, host)
                                         : accepted_by_verification(chain, way, host);
    MUST(!accepted || may_count(chain, list, key));
  }
  sk_X509_pop_free(chain, X509_free);
  ERR_clear_error();
  return 0;
}
