/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "path.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleared.h"
#include "common/clock.h"

/* Do what sk_X509_num and sk_X509_value of the headers do, by the bound functions. */
static int chain_length(const struct libcrypto *crypto, const STACK_OF(X509) * chain) {
  return crypto->OPENSSL_sk_num((const OPENSSL_STACK *)(const void *)chain);
}

static X509 *chain_at(const struct libcrypto *crypto, const STACK_OF(X509) * chain, int depth) {
  return crypto->OPENSSL_sk_value((const OPENSSL_STACK *)(const void *)chain, depth);
}

/* ---- The cost of a signature ---- */

/*
 * A peer chooses the keys of its certificates, and a program that does not verify would never have checked
 * their signatures, so the work is limited. The unit is about a microsecond on a current processor, measured
 * with OpenSSL 3.0: RSA 2048 takes 21, RSA 4096 66, RSA 8192 240, and with the longest exponent that OpenSSL
 * allows there 1130.
 */
#define WORK_LIMIT 10000
#define MAX_RSA_BITS 8192
/* Edwards curves take up to 240. Post-quantum signatures, which 3.0 lacks, are said to take more. */
#define WORK_OF_OTHERS 2000

/* One multiplication for each bit of the exponent. The exponent may be as long as the modulus if that has
 * up to 3072 bits (openssl-internals V11). */
static long work_of_rsa(const struct libcrypto *crypto, const EVP_PKEY *key) {
  long bits = crypto->EVP_PKEY_get_bits(key), size = bits / 512 + 1;
  BIGNUM *exponent = NULL;
  long exponent_bits;

  if (bits > MAX_RSA_BITS || crypto->EVP_PKEY_get_bn_param(key, "e", &exponent) != 1)
    return WORK_LIMIT + 1;
  exponent_bits = crypto->BN_num_bits(exponent);
  crypto->BN_free(exponent);
  return size * size * (exponent_bits > 16 ? exponent_bits : 16) / 16;
}

static long work_of(const struct libcrypto *crypto, const EVP_PKEY *key) {
  long bits = crypto->EVP_PKEY_get_bits(key);

  switch (crypto->EVP_PKEY_get_base_id(key)) {
  case EVP_PKEY_RSA:
  case EVP_PKEY_RSA_PSS:
    return work_of_rsa(crypto, key);
  case EVP_PKEY_DSA:
    return 24 * (bits / 512 + 1) * (bits / 512 + 1);
  case EVP_PKEY_EC:
    /* This is right for binary curves. Most others take a quarter of it, and P-256 a tenth. */
    return bits * bits / 100;
  default:
    return WORK_OF_OTHERS;
  }
}

/* ---- Proof ---- */

static bool may_issue(const struct libcrypto *crypto, X509 *issuer, X509 *subject, long subordinates) {
  long limit;

  if (crypto->X509_check_issued(issuer, subject) != X509_V_OK || crypto->X509_check_ca(issuer) == 0)
    return false;
  limit = crypto->X509_get_pathlen(issuer);
  return limit < 0 || subordinates <= limit;
}

/* If checking takes too much work, returns false and cuts the path. */
static bool did_sign(const struct libcrypto *crypto, struct path *path, X509 *issuer, X509 *subject) {
  EVP_PKEY *key = crypto->X509_get0_pubkey(issuer);
  bool verified;
  long work;

  if (key == NULL)
    return false;
  work = work_of(crypto, key);
  if (work > path->work) {
    path->pin.cut = true;
    return false;
  }
  path->work -= work;
  /* The error queue holds 16 errors: those of many issuers that did not sign would push out the program's. */
  crypto->ERR_set_mark();
  verified = crypto->X509_verify(subject, key) == 1;
  crypto->ERR_pop_to_mark();
  return verified;
}

/* ---- Looking for an issuer ---- */

static bool is_valid_now(const struct libcrypto *crypto, const X509 *certificate) {
  time_t now = (time_t)clock_seconds();

  return crypto->ASN1_TIME_cmp_time_t(crypto->X509_get0_notBefore(certificate), now) <= 0 &&
         crypto->ASN1_TIME_cmp_time_t(crypto->X509_get0_notAfter(certificate), now) >= 0;
}

/* Two CAs may have certified each other; a path never contains a certificate twice. */
static bool is_on_path(const struct libcrypto *crypto, const struct path *path, const X509 *certificate) {
  for (size_t depth = 0; depth < path->pin.count; depth++) {
    if (path->certificates[depth] == certificate ||
        crypto->X509_cmp(path->certificates[depth], certificate) == 0)
      return true;
  }
  return false;
}

/* Finds the issuer of the path's last certificate. OpenSSL prefers a valid one, so this is called first
 * with `valid` true, then with false for the rest. */
static X509 *choose(const struct libcrypto *crypto, struct path *path, const STACK_OF(X509) * certificates,
                    bool valid) {
  X509 *subject = path->certificates[path->pin.count - 1];
  int count = chain_length(crypto, certificates);

  for (int i = 0; i < count && i < PATH_MAX_SENT; i++) {
    X509 *issuer = chain_at(crypto, certificates, i);

    if (may_issue(crypto, issuer, subject, path->subordinates) && is_valid_now(crypto, issuer) == valid &&
        !is_on_path(crypto, path, issuer) && did_sign(crypto, path, issuer, subject))
      return issuer;
  }
  return NULL;
}

static X509 *find_issuer(const struct libcrypto *crypto, struct path *path,
                         const STACK_OF(X509) * certificates) {
  X509 *issuer;

  if (certificates == NULL)
    return NULL;
  issuer = choose(crypto, path, certificates, true);
  if (issuer == NULL)
    issuer = choose(crypto, path, certificates, false);
  if (issuer == NULL && chain_length(crypto, certificates) > PATH_MAX_SENT)
    path->pin.cut = true;
  return issuer;
}

/* The certificates of that name in the store, owned by the caller. NULL: none, or the store cannot be
 * searched. */
static STACK_OF(X509) *
    search_store(const struct libcrypto *crypto, struct path *path, const X509_NAME *name) {
  X509_STORE *store = path->evidence.store;

  if (path->lookup == NULL) {
    path->lookup = crypto->X509_STORE_CTX_new();
    /* The store's clean-up function, which is the program's, would be called with a context of ours
     * (openssl-internals V10). */
    if (path->lookup == NULL || crypto->X509_STORE_get_cleanup(store) != NULL ||
        crypto->X509_STORE_CTX_init(path->lookup, store, NULL, NULL) != 1) {
      path->evidence.store = NULL;
      path->blind = true;
      return NULL;
    }
  }
  return crypto->X509_STORE_CTX_get1_certs(path->lookup, name);
}

static X509 *find_in_store(const struct libcrypto *crypto, struct path *path, X509 *subject) {
  STACK_OF(X509) * certificates;
  X509 *issuer;

  if (path->evidence.store == NULL)
    return NULL;
  certificates = search_store(crypto, path, crypto->X509_get_issuer_name(subject));
  issuer = find_issuer(crypto, path, certificates);
  if (issuer != NULL && crypto->X509_up_ref(issuer) == 1)
    path->found[path->found_count++] = issuer;
  else
    issuer = NULL;
  crypto->OPENSSL_sk_pop_free((OPENSSL_STACK *)(void *)certificates, (OPENSSL_sk_freefunc)crypto->X509_free);
  return issuer;
}

/* The next certificate of the chain if it issued the subject; NULL: it did not. */
static X509 *take_from_chain(const struct libcrypto *crypto, struct path *path, X509 *subject) {
  X509 *issuer = chain_at(crypto, path->evidence.chain, (int)path->pin.count);

  if (!may_issue(crypto, issuer, subject, path->subordinates))
    return NULL;
  return path->evidence.signatures_checked || did_sign(crypto, path, issuer, subject) ? issuer : NULL;
}

/* NULL: no issuer was found, or none that is proven. */
static X509 *next_issuer(const struct libcrypto *crypto, struct path *path) {
  size_t depth = path->pin.count;
  X509 *subject = path->certificates[depth - 1], *issuer;

  if (path->evidence.chain != NULL && (int)depth < chain_length(crypto, path->evidence.chain))
    return take_from_chain(crypto, path, subject);
  if ((path->evidence.store == NULL && path->evidence.untrusted == NULL) ||
      (crypto->X509_get_extension_flags(subject) & EXFLAG_SS) != 0)
    return NULL;
  issuer = find_in_store(crypto, path, subject);
  if (issuer == NULL)
    issuer = find_issuer(crypto, path, path->evidence.untrusted);
  path->pin.cut = path->pin.cut || (issuer == NULL && (path->blind || path->evidence.without_store));
  return issuer;
}

/* Whether there may be more above the last key that has a place. */
static bool goes_on(const struct libcrypto *crypto, const struct path *path) {
  const struct evidence *evidence = &path->evidence;

  if (evidence->chain != NULL && chain_length(crypto, evidence->chain) > PATH_MAX_KEYS)
    return true;
  return (evidence->store != NULL || evidence->untrusted != NULL) &&
         (crypto->X509_get_extension_flags(path->certificates[PATH_MAX_KEYS - 1]) & EXFLAG_SS) == 0;
}

/* Writes the peer's certificate, or NULL for a raw key. False: the peer showed nothing. */
static bool begin_with_peer(const struct libcrypto *crypto, struct path *path) {
  const struct evidence *evidence = &path->evidence;

  path->certificates[0] = evidence->chain != NULL ? chain_at(crypto, evidence->chain, 0) : evidence->peer;
  return path->certificates[0] != NULL || (evidence->chain == NULL && evidence->raw_key != NULL);
}

/* Writes the next proven certificate, but does not count it yet. False: there is none. */
static bool prove_next(const struct libcrypto *crypto, struct path *path) {
  size_t depth = path->pin.count;

  if (depth == 0)
    return begin_with_peer(crypto, path);
  if (path->certificates[depth - 1] == NULL || path->pin.cut)
    return false;
  if (path->evidence.peer_alone) {
    path->pin.cut = true;
    return false;
  }
  if (depth == PATH_MAX_KEYS) {
    path->pin.cut = goes_on(crypto, path);
    return false;
  }
  path->certificates[depth] = next_issuer(crypto, path);
  if (path->certificates[depth] == NULL)
    return false;
  /* Another issuer of the same name may have been too costly to check, but this one is proven. */
  path->pin.cut = false;
  if ((crypto->X509_get_extension_flags(path->certificates[depth]) & EXFLAG_SI) == 0)
    path->subordinates++;
  return true;
}

/* ---- Digests ---- */

/* Bytes of a key that is encoded on the stack; one of RSA 4096 takes 550. */
#define MOST_ENCODED_HERE 600
#define MOST_HEAD 4

static bool hash_and_free(const struct libcrypto *crypto, unsigned char *der, int size,
                          struct pin_digest *ret_digest) {
  bool hashed = size > 0 && openssl_sha256(crypto, der, (size_t)size, ret_digest->bytes);

  crypto->CRYPTO_free(der, NULL, 0);
  return hashed;
}

/* Writes the head of a SEQUENCE of `size` bytes (at most 65,535). Returns the place behind it. */
static unsigned char *write_head(unsigned char *at, int size) {
  *at++ = 0x30;
  if (size > 0xff)
    *at++ = 0x82;
  else if (size > 0x7f)
    *at++ = 0x81;
  if (size > 0xff)
    *at++ = (unsigned char)(size >> 8);
  *at++ = (unsigned char)size;
  return at;
}

/*
 * Writes what i2d_X509_PUBKEY(3) writes: SEQUENCE { algorithm, BIT STRING } (RFC 5280, 4.1). Joining the two
 * parts saves an allocation and one of two passes. Returns the size; 0: it does not fit, or a part cannot be
 * read.
 */
static size_t encode_key(const struct libcrypto *crypto, X509 *certificate,
                         unsigned char ret_der[MOST_ENCODED_HERE]) {
  const ASN1_BIT_STRING *bits = crypto->X509_get0_pubkey_bitstr(certificate);
  unsigned char *at, *end;
  X509_ALGOR *algorithm = NULL;
  int algorithm_size, bits_size;

  if (bits == NULL || crypto->X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm,
                                                     crypto->X509_get_X509_PUBKEY(certificate)) != 1)
    return 0;
  algorithm_size = crypto->i2d_X509_ALGOR(algorithm, NULL);
  bits_size = crypto->i2d_ASN1_BIT_STRING(bits, NULL);
  if (algorithm_size <= 0 || bits_size <= 0 || algorithm_size > MOST_ENCODED_HERE ||
      bits_size > MOST_ENCODED_HERE || MOST_HEAD + algorithm_size + bits_size > MOST_ENCODED_HERE)
    return 0;
  at = write_head(ret_der, algorithm_size + bits_size);
  end = at + algorithm_size + bits_size;
  if (crypto->i2d_X509_ALGOR(algorithm, &at) != algorithm_size ||
      crypto->i2d_ASN1_BIT_STRING(bits, &at) != bits_size || at != end)
    return 0;
  return (size_t)(end - ret_der);
}

static bool hash_key(const struct libcrypto *crypto, X509 *certificate, struct pin_digest *ret_digest) {
  unsigned char here[MOST_ENCODED_HERE], *der = NULL;
  size_t encoded = encode_key(crypto, certificate, here);
  int size;

  if (encoded > 0)
    return openssl_sha256(crypto, here, encoded, ret_digest->bytes);
  size = crypto->i2d_X509_PUBKEY(crypto->X509_get_X509_PUBKEY(certificate), &der);
  return hash_and_free(crypto, der, size, ret_digest);
}

bool path_hash_certificate(const struct libcrypto *crypto, const X509 *certificate,
                           struct pin_digest *ret_digest) {
  unsigned char *der = NULL;
  int size = crypto->i2d_X509(certificate, &der);

  return hash_and_free(crypto, der, size, ret_digest);
}

static bool hash_raw_key(const struct libcrypto *crypto, EVP_PKEY *raw_key, struct pin_digest *ret_digest) {
  unsigned char *der = NULL;
  int size = crypto->i2d_PUBKEY(raw_key, &der);

  return hash_and_free(crypto, der, size, ret_digest);
}

/* certificate: NULL if the peer showed a raw key. */
static bool hash_next(const struct libcrypto *crypto, const struct path *path, X509 *certificate,
                      struct pin_path_key *ret_key) {
  memset(ret_key, 0, sizeof *ret_key);
  if (certificate == NULL)
    return hash_raw_key(crypto, path->evidence.raw_key, &ret_key->key);
  return hash_key(crypto, certificate, &ret_key->key) &&
         (!path->with_certificates || path_hash_certificate(crypto, certificate, &ret_key->certificate));
}

static void print_subject(const struct libcrypto *crypto, X509 *certificate, char *ret_subject) {
  const BIO_METHOD *memory = crypto->BIO_s_mem();
  BIO *bio = memory != NULL ? crypto->BIO_new(memory) : NULL;
  int length = 0;

  if (bio == NULL)
    return;
  /* UTF-8 may stay as it is, because pin_report escapes what a terminal must not see. */
  if (crypto->X509_NAME_print_ex(bio, crypto->X509_get_subject_name(certificate), 0,
                                 XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0)
    length = crypto->BIO_read(bio, ret_subject, PATH_SUBJECT_SIZE - 1);
  crypto->BIO_free(bio);
  ret_subject[length > 0 ? length : 0] = '\0';
}

/* ---- The path as a whole ---- */

void path_init(struct path *ret_path) {
  ret_path->pin = (struct pin_path){.keys = ret_path->keys};
  ret_path->blind = false;
  ret_path->found_count = 0;
  ret_path->lookup = NULL;
  ret_path->subjects = NULL;
}

void path_begin(const struct evidence *evidence, bool with_certificates, struct path *path) {
  path->evidence = *evidence;
  path->with_certificates = with_certificates;
  path->subordinates = 0;
  path->work = WORK_LIMIT;
  path->permission = PIN_REASON_MATCHED;
  path->permitted = 0;
}

bool path_extend(const struct libcrypto *crypto, struct path *path) {
  size_t depth = path->pin.count;

  if (!prove_next(crypto, path))
    return false;
  if (hash_next(crypto, path, path->certificates[depth], &path->keys[depth])) {
    path->pin.count++;
    return true;
  }
  path->pin.count = 0;
  return false;
}

void path_describe(const struct libcrypto *crypto, struct path *path) {
  path->subjects = cleared_memory(path->pin.count * sizeof *path->subjects);
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
  while (path->found_count > 0)
    crypto->X509_free(path->found[--path->found_count]);
  if (path->lookup != NULL)
    crypto->X509_STORE_CTX_free(path->lookup);
  path->lookup = NULL;
  free(path->subjects);
  path->subjects = NULL;
}
