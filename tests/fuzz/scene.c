/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of scene.h: handshakes in memory with the real pinning.so. */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>

#include "fuzz.h"

#define NAMES 5

EVP_PKEY *scene_keys[SCENE_KEYS];
static X509_PUBKEY *public_keys[SCENE_KEYS];
static X509_NAME *names[NAMES];

/* The same in every run, so that an input which was found can be found again. */
static EVP_PKEY *fixed_key(unsigned number) {
  unsigned char seed[32] = {1};
  seed[31] = (unsigned char)number;
  return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
}

static void make_names(void) {
  for (unsigned i = 0; i < NAMES; i++) {
    const unsigned char text[] = {'C', 'A', (unsigned char)('0' + i), '\0'};
    names[i] = X509_NAME_new();
    MUST(names[i] != NULL && X509_NAME_add_entry_by_txt(names[i], "CN", MBSTRING_ASC, text, -1, -1, 0) == 1);
  }
}

void scene_make_keys(void) {
  for (unsigned i = 0; i < SCENE_KEYS; i++) {
    scene_keys[i] = fixed_key(i);
    MUST(scene_keys[i] != NULL && X509_PUBKEY_set(&public_keys[i], scene_keys[i]) == 1);
  }
  make_names();
}

const char *scene_pin(unsigned key) {
  static char text[4][PIN_DIGEST_TEXT_SIZE];
  static unsigned turn;
  struct pin_digest digest;
  unsigned char *der = NULL;
  int size = i2d_X509_PUBKEY(public_keys[key], &der);
  char *ret = text[turn++ % 4];
  MUST(size > 0 && EVP_Digest(der, (size_t)size, digest.bytes, NULL, EVP_sha256(), NULL) == 1);
  OPENSSL_free(der);
  pin_digest_format(&digest, ret);
  return ret;
}

unsigned scene_key_of(X509 *certificate) {
  unsigned key = 0;
  X509_PUBKEY *shown = X509_get_X509_PUBKEY(certificate);
  while (key < SCENE_KEYS && X509_PUBKEY_eq(shown, public_keys[key]) != 1)
    key++;
  return key;
}

/* Loaded as long as the process lives. */
static OSSL_PROVIDER *providers[2];

void scene_open(const char *policy) {
  fuzz_write("policy.cfg", policy, strlen(policy));
  setenv("PINNING_POLICY", fuzz_path("policy.cfg"), 1);
  setenv("OPENSSL_CONF", "/dev/null", 1);
  providers[0] = OSSL_PROVIDER_load(NULL, "default");
  providers[1] = OSSL_PROVIDER_load(NULL, FUZZ_MODULE);
  MUST(providers[0] != NULL);
  if (providers[1] == NULL) {
    ERR_print_errors_fp(stderr);
    fuzz_fail(__FILE__, __LINE__, "pinning.so is loaded");
  }
}

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  if (extension != NULL)
    X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

static void constrain(X509 *certificate, const struct recipe *recipe) {
  char text[64];
  snprintf(text, sizeof text, "critical,CA:%s", recipe->is_ca ? "TRUE" : "FALSE");
  if (recipe->is_ca && recipe->has_path_length)
    snprintf(text, sizeof text, "critical,CA:TRUE,pathlen:%u", recipe->path_length % 4);
  extend(certificate, certificate, NID_basic_constraints, text);
  if (recipe->may_not_sign)
    extend(certificate, certificate, NID_key_usage, "critical,digitalSignature");
  if (recipe->has_identifiers)
    extend(certificate, certificate, NID_subject_key_identifier, "hash");
  if (recipe->host != NULL) {
    snprintf(text, sizeof text, "DNS:%s", recipe->host);
    extend(certificate, certificate, NID_subject_alt_name, text);
  }
}

X509 *scene_certificate(const struct recipe *recipe) {
  X509 *certificate = X509_new();
  MUST(certificate != NULL);
  X509_set_version(certificate, recipe->is_version_1 ? X509_VERSION_1 : X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * 30);
  X509_set_subject_name(certificate, names[recipe->subject % NAMES]);
  X509_set_issuer_name(certificate, names[recipe->issuer % NAMES]);
  X509_set_pubkey(certificate, scene_keys[recipe->key % SCENE_KEYS]);
  if (!recipe->is_version_1)
    constrain(certificate, recipe);
  MUST(X509_sign(certificate, scene_keys[recipe->signer % SCENE_KEYS], NULL) > 0);
  return certificate;
}

static SSL *new_server(STACK_OF(X509) * chain, EVP_PKEY *key) {
  static SSL_CTX *context;
  if (context == NULL)
    context = SSL_CTX_new(TLS_server_method());
  SSL *server = context != NULL ? SSL_new(context) : NULL;
  MUST(server != NULL);
  SSL_set_security_level(server, 0);
  if (SSL_use_certificate(server, sk_X509_value(chain, 0)) != 1 || SSL_use_PrivateKey(server, key) != 1) {
    SSL_free(server);
    return NULL;
  }
  for (int i = 1; i < sk_X509_num(chain); i++)
    SSL_add1_chain_cert(server, sk_X509_value(chain, i));
  SSL_set_accept_state(server);
  return server;
}

static bool run(SSL *client, SSL *server) {
  for (int turn = 0; turn < 10; turn++) {
    int done = SSL_do_handshake(client);
    if (done == 1)
      return true;
    int error = SSL_get_error(client, done);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
      return false;
    (void)SSL_do_handshake(server);
  }
  return false;
}

bool scene_handshake(SSL *client, STACK_OF(X509) * chain, EVP_PKEY *key) {
  BIO *near, *far;
  bool connected = false;
  SSL *server = new_server(chain, key);
  if (server != NULL) {
    MUST(BIO_new_bio_pair(&near, 0, &far, 0) == 1);
    SSL_set_bio(client, near, near);
    SSL_set_bio(server, far, far);
    SSL_set_connect_state(client);
    connected = run(client, server);
  }
  SSL_free(server);
  ERR_clear_error();
  return connected;
}
