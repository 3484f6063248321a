/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "path.h"

#include <stdlib.h>
#include <string.h>

/* What sk_X509_num and sk_X509_value of the headers come to, by the bound functions. */
static int chain_length(const struct libcrypto *crypto, const STACK_OF(X509) * chain) {
  return crypto->OPENSSL_sk_num((const OPENSSL_STACK *)(const void *)chain);
}

static X509 *chain_at(const struct libcrypto *crypto, const STACK_OF(X509) * chain, int depth) {
  return crypto->OPENSSL_sk_value((const OPENSSL_STACK *)(const void *)chain, depth);
}

/* ---- Proof ---- */

/* subordinates: CA certificates below the issuer that are not self-issued (RFC 5280, 4.2.1.9). */
static bool may_issue(const struct libcrypto *crypto, X509 *issuer, X509 *subject, long subordinates) {
  long limit;

  if (crypto->X509_check_issued(issuer, subject) != X509_V_OK || crypto->X509_check_ca(issuer) == 0)
    return false;
  limit = crypto->X509_get_pathlen(issuer);
  return limit < 0 || subordinates <= limit;
}

static bool did_sign(const struct libcrypto *crypto, X509 *issuer, X509 *subject) {
  EVP_PKEY *key = crypto->X509_get0_pubkey(issuer);

  return key != NULL && crypto->X509_verify(subject, key) == 1;
}

/* How many certificates of the chain, from the peer's own upwards, are proven. */
static int proven_length(const struct libcrypto *crypto, const STACK_OF(X509) * chain,
                         bool signatures_checked) {
  int length = chain_length(crypto, chain);
  long subordinates = 0;

  if (length > PATH_MAX_KEYS)
    length = PATH_MAX_KEYS;
  for (int depth = 1; depth < length; depth++) {
    X509 *issuer = chain_at(crypto, chain, depth);
    X509 *subject = chain_at(crypto, chain, depth - 1);

    if (!may_issue(crypto, issuer, subject, subordinates))
      return depth;
    if (!signatures_checked && !did_sign(crypto, issuer, subject))
      return depth;
    if ((crypto->X509_get_extension_flags(issuer) & EXFLAG_SI) == 0)
      subordinates++;
  }
  return length < 0 ? 0 : length;
}

/* ---- Digests ---- */

/* The SHA256_ functions and not EVP_Digest: they need no provider, and so work in a context that has none. */
static bool hash(const struct libcrypto *crypto, unsigned char *der, int size,
                 struct pin_digest *ret_digest) {
  SHA256_CTX context;
  bool hashed = size > 0 && crypto->SHA256_Init(&context) == 1 &&
                crypto->SHA256_Update(&context, der, (size_t)size) == 1 &&
                crypto->SHA256_Final(ret_digest->bytes, &context) == 1;

  crypto->CRYPTO_free(der, NULL, 0);
  return hashed;
}

static bool hash_key(const struct libcrypto *crypto, X509 *certificate, struct pin_digest *ret_digest) {
  unsigned char *der = NULL;
  int size = crypto->i2d_X509_PUBKEY(crypto->X509_get_X509_PUBKEY(certificate), &der);

  return hash(crypto, der, size, ret_digest);
}

static bool hash_certificate(const struct libcrypto *crypto, X509 *certificate,
                             struct pin_digest *ret_digest) {
  unsigned char *der = NULL;
  int size = crypto->i2d_X509(certificate, &der);

  return hash(crypto, der, size, ret_digest);
}

static void print_subject(const struct libcrypto *crypto, X509 *certificate, char *ret_subject) {
  BIO *bio = crypto->BIO_new(crypto->BIO_s_mem());
  int length = 0;

  if (bio == NULL)
    return;
  /* pin_report escapes what a terminal must not see, so UTF-8 may stay as it is. */
  if (crypto->X509_NAME_print_ex(bio, crypto->X509_get_subject_name(certificate), 0,
                                 XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0)
    length = crypto->BIO_read(bio, ret_subject, PATH_SUBJECT_SIZE - 1);
  crypto->BIO_free(bio);
  ret_subject[length > 0 ? length : 0] = '\0';
}

static void prove_chain(const struct libcrypto *crypto, const STACK_OF(X509) * chain, int length,
                        bool certificates, struct path *path) {
  for (int depth = 0; depth < length; depth++) {
    X509 *certificate = chain_at(crypto, chain, depth);
    struct pin_path_key *key = &path->keys[depth];

    memset(key, 0, sizeof *key);
    path->certificates[depth] = certificate;
    if (!hash_key(crypto, certificate, &key->key))
      return;
    if (certificates && !hash_certificate(crypto, certificate, &key->certificate))
      return;
  }
  path->pin.count = (size_t)length;
}

/* ---- Putting a chain together ---- */

static int tolerate(int ok, X509_STORE_CTX *ctx) {
  (void)ok;
  (void)ctx;
  return 1;
}

/* Stands in for the check of signatures, which proven_length does, stopping at the first bad one. */
static int check_nothing(X509_STORE_CTX *ctx) {
  (void)ctx;
  return 1;
}

static STACK_OF(X509) *
    build_chain(const struct libcrypto *crypto, const struct evidence *evidence, struct path *path) {
  path->built = crypto->X509_STORE_CTX_new();
  if (path->built == NULL)
    return NULL;
  if (crypto->X509_STORE_CTX_init(path->built, evidence->store, evidence->peer, evidence->untrusted) != 1)
    return NULL;
  crypto->X509_STORE_CTX_set_verify(path->built, check_nothing);
  crypto->X509_STORE_CTX_set_verify_cb(path->built, tolerate);
  (void)crypto->X509_verify_cert(path->built);
  return crypto->X509_STORE_CTX_get0_chain(path->built);
}

static void prove_raw_key(const struct libcrypto *crypto, EVP_PKEY *raw_key, struct path *path) {
  unsigned char *der = NULL;
  int size = crypto->i2d_PUBKEY(raw_key, &der);

  memset(&path->keys[0], 0, sizeof path->keys[0]);
  path->certificates[0] = NULL;
  if (hash(crypto, der, size, &path->keys[0].key))
    path->pin.count = 1;
}

void path_prove(const struct libcrypto *crypto, const struct evidence *evidence, bool certificates,
                struct path *ret_path) {
  const STACK_OF(X509) *chain = evidence->chain;

  ret_path->pin.keys = ret_path->keys;
  ret_path->pin.count = 0;
  ret_path->built = NULL;
  ret_path->subjects = NULL;
  if (chain == NULL && evidence->peer != NULL)
    chain = build_chain(crypto, evidence, ret_path);
  if (chain != NULL)
    prove_chain(crypto, chain, proven_length(crypto, chain, evidence->signatures_checked), certificates,
                ret_path);
  else if (evidence->peer == NULL && evidence->raw_key != NULL)
    prove_raw_key(crypto, evidence->raw_key, ret_path);
}

void path_describe(const struct libcrypto *crypto, struct path *path) {
  path->subjects = calloc(path->pin.count, sizeof *path->subjects);
  if (path->subjects == NULL)
    return;
  for (size_t depth = 0; depth < path->pin.count; depth++) {
    if (path->certificates[depth] == NULL)
      continue;
    print_subject(crypto, path->certificates[depth], path->subjects[depth]);
    path->keys[depth].subject = path->subjects[depth];
  }
}

void path_clear(const struct libcrypto *crypto, struct path *path) {
  crypto->X509_STORE_CTX_free(path->built);
  path->built = NULL;
  free(path->subjects);
  path->subjects = NULL;
}
