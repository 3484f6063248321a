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

/* Whether the certificate behind the last one of the path is its issuer; if so it is counted in. */
static bool prove_link(const struct libcrypto *crypto, struct path *path) {
  int depth = (int)path->pin.count;
  X509 *subject = chain_at(crypto, path->evidence.chain, depth - 1);
  X509 *issuer = chain_at(crypto, path->evidence.chain, depth);

  if (!may_issue(crypto, issuer, subject, path->subordinates))
    return false;
  if (!path->evidence.signatures_checked && !did_sign(crypto, issuer, subject))
    return false;
  if ((crypto->X509_get_extension_flags(issuer) & EXFLAG_SI) == 0)
    path->subordinates++;
  return true;
}

/* Whether there is one more, and it is proven. */
static bool has_next(const struct libcrypto *crypto, struct path *path) {
  size_t depth = path->pin.count;

  if (path->evidence.chain == NULL)
    return depth == 0 &&
           (path->evidence.peer != NULL ? path->evidence.peer_alone : path->evidence.raw_key != NULL);
  if (depth >= PATH_MAX_KEYS || (int)depth >= chain_length(crypto, path->evidence.chain))
    return false;
  return depth == 0 || prove_link(crypto, path);
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

static bool hash_raw_key(const struct libcrypto *crypto, EVP_PKEY *raw_key, struct pin_digest *ret_digest) {
  unsigned char *der = NULL;
  int size = crypto->i2d_PUBKEY(raw_key, &der);

  return hash(crypto, der, size, ret_digest);
}

/* certificate: NULL where the peer showed a raw key. */
static bool hash_next(const struct libcrypto *crypto, const struct path *path, X509 *certificate,
                      struct pin_path_key *ret_key) {
  memset(ret_key, 0, sizeof *ret_key);
  if (certificate == NULL)
    return hash_raw_key(crypto, path->evidence.raw_key, &ret_key->key);
  return hash_key(crypto, certificate, &ret_key->key) &&
         (!path->with_certificates || hash_certificate(crypto, certificate, &ret_key->certificate));
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

/* ---- Putting a chain together ---- */

static int tolerate(int ok, X509_STORE_CTX *ctx) {
  (void)ok;
  (void)ctx;
  return 1;
}

/* Stands in for the check of signatures, which prove_link does, stopping at the first bad one. */
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

void path_begin(const struct libcrypto *crypto, const struct evidence *evidence, bool with_certificates,
                struct path *ret_path) {
  ret_path->pin.keys = ret_path->keys;
  ret_path->pin.count = 0;
  ret_path->evidence = *evidence;
  ret_path->with_certificates = with_certificates;
  ret_path->subordinates = 0;
  ret_path->built = NULL;
  ret_path->subjects = NULL;
  if (evidence->chain == NULL && evidence->peer != NULL && !evidence->peer_alone)
    ret_path->evidence.chain = build_chain(crypto, evidence, ret_path);
}

bool path_extend(const struct libcrypto *crypto, struct path *path) {
  size_t depth = path->pin.count;
  X509 *certificate;

  if (!has_next(crypto, path))
    return false;
  certificate =
      path->evidence.chain != NULL ? chain_at(crypto, path->evidence.chain, (int)depth) : path->evidence.peer;
  path->certificates[depth] = certificate;
  if (hash_next(crypto, path, certificate, &path->keys[depth])) {
    path->pin.count++;
    return true;
  }
  path->pin.count = 0;
  return false;
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
