/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "keys/key_pair.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "cli/output.h"

/*
 * As hard to try as OWASP's first advice for scrypt (N 2^17, p 1), but within the 32 MiB that OpenSSL allows
 * a reader unless told otherwise.
 */
#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 5
#define SALT_SIZE 16

/* ub-common-name of RFC 5280, appendix A.1. */
#define LONGEST_COMMON_NAME 64

static void *failed(const char *what) {
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());
  say_error("OpenSSL could not make %s: %s", what, reason == NULL ? "no reason given" : reason);
  ERR_clear_error();
  return NULL;
}

EVP_PKEY *key_pair_new(const char *algorithm) {
  EVP_PKEY *key = NULL;
  if (strcmp(algorithm, "p256") == 0)
    key = EVP_EC_gen("P-256");
  else if (strcmp(algorithm, "p384") == 0)
    key = EVP_EC_gen("P-384");
  else if (strcmp(algorithm, "ed25519") == 0)
    key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
  else if (strncmp(algorithm, "rsa", 3) == 0)
    key = EVP_RSA_gen((unsigned)strtoul(algorithm + 3, NULL, 10));
  return key == NULL ? failed("a key") : key;
}

/* Frees the BIO, which cleanses its memory. */
static char *text_of(BIO *bio, bool good, const char *what) {
  char *bytes = NULL;
  long length = good ? BIO_get_mem_data(bio, &bytes) : 0;
  char *text = length > 0 ? must_copy_bytes(bytes, (size_t)length) : failed(what);
  BIO_free(bio);
  return text;
}

static X509_SIG *encrypt(EVP_PKEY *key, const char *passphrase) {
  PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
  X509_ALGOR *means =
      PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, SALT_SIZE, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
  X509_SIG *encrypted = NULL;
  if (plain != NULL && means != NULL)
    encrypted = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), plain, means);
  if (encrypted == NULL)
    X509_ALGOR_free(means);
  PKCS8_PRIV_KEY_INFO_free(plain);
  return encrypted;
}

char *key_pair_private_text(EVP_PKEY *key, const char *passphrase) {
  BIO *bio = BIO_new(BIO_s_mem());
  if (passphrase == NULL)
    return text_of(bio,
                   bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1,
                   "a private key file");
  X509_SIG *encrypted = encrypt(key, passphrase);
  bool good = bio != NULL && encrypted != NULL && PEM_write_bio_PKCS8(bio, encrypted) == 1;
  X509_SIG_free(encrypted);
  return text_of(bio, good, "an encrypted private key file");
}

char *key_pair_public_text(EVP_PKEY *key) {
  BIO *bio = BIO_new(BIO_s_mem());
  return text_of(bio, bio != NULL && PEM_write_bio_PUBKEY(bio, key) == 1, "a public key file");
}

/* Ed25519 hashes by itself; the others take a digest as strong as they are. */
static const EVP_MD *digest_for(const EVP_PKEY *key) {
  if (EVP_PKEY_is_a(key, "ED25519"))
    return NULL;
  return EVP_PKEY_get_security_bits(key) > 128 ? EVP_sha384() : EVP_sha256();
}

/* A name too long for a subject is named by the extension alone. */
static bool put_subject(X509_REQ *request, const char *host) {
  X509_NAME *subject = X509_REQ_get_subject_name(request);
  return strlen(host) > LONGEST_COMMON_NAME ||
         X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, (const unsigned char *)host, -1,
                                    -1, 0) == 1;
}

/* RFC 5280, 4.2.1.6: critical where the subject is empty. */
static bool put_name(X509_REQ *request, const char *host) {
  GENERAL_NAME *name =
      a2i_GENERAL_NAME(NULL, NULL, NULL, host_is_address(host) ? GEN_IPADD : GEN_DNS, host, 0);
  GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
  STACK_OF(X509_EXTENSION) *extensions = NULL;
  bool listed = name != NULL && names != NULL && sk_GENERAL_NAME_push(names, name) > 0;
  bool good = listed &&
              X509V3_add1_i2d(&extensions, NID_subject_alt_name, names,
                              strlen(host) > LONGEST_COMMON_NAME ? 1 : 0, X509V3_ADD_DEFAULT) == 1 &&
              X509_REQ_add_extensions(request, extensions) == 1;
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  if (!listed)
    GENERAL_NAME_free(name);
  GENERAL_NAMES_free(names);
  return good;
}

char *key_pair_request_text(EVP_PKEY *key, const char *host) {
  X509_REQ *request = X509_REQ_new();
  BIO *bio = BIO_new(BIO_s_mem());
  bool good = request != NULL && bio != NULL && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
              put_subject(request, host) && put_name(request, host) &&
              X509_REQ_set_pubkey(request, key) == 1 && X509_REQ_sign(request, key, digest_for(key)) > 0 &&
              PEM_write_bio_X509_REQ(bio, request) == 1;
  X509_REQ_free(request);
  return text_of(bio, good, "a certificate request");
}
