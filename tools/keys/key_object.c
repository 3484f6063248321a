/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "keys/key_object.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "keys/key_decode.h"

const char *role_word(enum role role) {
  static const char *const words[] = {"leaf", "intermediate", "root", "key", "CSR", "public key"};
  return words[role];
}

void object_clear(struct object *object) {
  free(object->subject);
  free(object->key_type);
  X509_free(object->certificate);
  *object = (struct object){0};
}

const char *object_name(const struct object *object) {
  return *object->subject == '\0' ? "a certificate without a subject" : object->subject;
}

void objects_clear(struct objects *objects) {
  for (size_t i = 0; i < objects->count; i++)
    object_clear(&objects->items[i]);
  free(objects->items);
  *objects = (struct objects){0};
}

static struct object *append(struct objects *objects) {
  objects->items = must_grow(objects->items, objects->count + 1, sizeof *objects->items);
  objects->items[objects->count] = (struct object){0};
  return &objects->items[objects->count++];
}

static bool has_word(const char *name, const char *const *words) {
  for (; *words != NULL; words++)
    if (strcmp(name, *words) == 0)
      return true;
  return false;
}

/* Reads one PEM block. `text` begins with it, including its header lines, which an encrypted key needs. */
struct block {
  const char *path;
  char *name;
  unsigned char *der;
  long der_length;
  const char *text;
  size_t text_length;
};

static bool damaged(const struct block *block, const char *expected) {
  return say_error("%s: damaged: \"BEGIN %s\" is not followed by %s", block->path, block->name, expected);
}

static bool read_certificate_block(const struct block *block, struct objects *objects) {
  X509 *certificate = certificate_from_der(block->der, block->der_length);
  if (certificate == NULL)
    return damaged(block, "a whole DER certificate in base64");
  return object_from_certificate(certificate, append(objects)) ||
         damaged(block, "a certificate whose key can be hashed");
}

/* Skips a block without a key, with a warning unless such blocks usually stand before a key. */
static bool read_block(const struct block *block, struct objects *objects) {
  static const char *const certificates[] = {PEM_STRING_X509, PEM_STRING_X509_OLD, PEM_STRING_X509_TRUSTED,
                                             NULL};
  static const char *const requests[] = {PEM_STRING_X509_REQ, PEM_STRING_X509_REQ_OLD, NULL};
  static const char *const public_keys[] = {PEM_STRING_PUBLIC, PEM_STRING_RSA_PUBLIC, NULL};
  static const char *const silent[] = {PEM_STRING_ECPARAMETERS, PEM_STRING_DSAPARAMS, PEM_STRING_DHPARAMS,
                                       NULL};
  static const char *const containers[] = {PEM_STRING_PKCS7, PEM_STRING_CMS, NULL};
  size_t length = strlen(block->name);
  if (has_word(block->name, certificates))
    return read_certificate_block(block, objects);
  if (has_word(block->name, requests))
    return object_from_request_der(block->der, block->der_length, append(objects)) ||
           damaged(block, "a whole DER certificate request in base64");
  if (has_word(block->name, public_keys))
    return object_from_public_pem(block->text, block->text_length, append(objects)) ||
           damaged(block, "a public key in base64");
  if (has_word(block->name, containers))
    return say_error("%s: %s", block->path, PKCS7_REMEDY);
  if (strcmp(block->name, "OPENSSH PRIVATE KEY") == 0)
    return say_error("%s: a key of OpenSSH; expected one for TLS, in PEM or DER", block->path);
  if (length >= 11 && strcmp(block->name + length - 11, "PRIVATE KEY") == 0)
    return object_from_private_key(block->path, "PEM", block->text, block->text_length, append(objects));
  if (!has_word(block->name, silent))
    say_note("%s: \"%s\" holds no key; passed over", block->path, block->name);
  return true;
}

static size_t count_text(const char *text, const char *word) {
  size_t count = 0;
  for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word))
    count++;
  return count;
}

/* OpenSSL skips a damaged BEGIN line as if it were text, so the BEGIN lines are counted here too. */
static bool all_blocks_were_read(const char *path, const char *text, size_t blocks) {
  if (blocks == count_text(text, "-BEGIN ") && blocks == count_text(text, "-END "))
    return true;
  return say_error(
      "%s: damaged: expected whole PEM blocks, each from \"-----BEGIN ...-----\" to \"-----END ...-----\"",
      path);
}

static bool read_pem(const char *path, const char *text, size_t length, struct objects *objects) {
  BIO *bio = BIO_new_mem_buf(text, (int)length);
  bool good = bio != NULL;
  size_t blocks = 0;
  while (good) {
    struct block block = {.path = path};
    char *header = NULL;
    block.text_length = BIO_ctrl_pending(bio);
    block.text = text + (length - block.text_length);
    if (PEM_read_bio(bio, &block.name, &header, &block.der, &block.der_length) != 1)
      break;
    blocks++;
    good = read_block(&block, objects);
    OPENSSL_free(block.name);
    OPENSSL_free(header);
    OPENSSL_free(block.der);
  }
  BIO_free(bio);
  return good && all_blocks_were_read(path, text, blocks);
}

/* Tries the kinds of DER in turn: each parser accepts the whole of the bytes, or refuses. */
static bool read_der(const char *path, const char *bytes, size_t length, struct objects *objects) {
  const unsigned char *der = (const unsigned char *)bytes;
  X509 *certificate = certificate_from_der(der, (long)length);
  struct object *object = append(objects);
  if (certificate != NULL && object_from_certificate(certificate, object))
    return true;
  return object_from_request_der(der, (long)length, object) ||
         object_from_public_der(der, (long)length, object) ||
         object_from_bare_public_der(der, (long)length, object) ||
         object_from_private_key(path, "DER", bytes, length, object);
}

bool objects_read(const char *path, struct objects *ret_objects) {
  *ret_objects = (struct objects){0};
  size_t length = 0;
  AUTO_TEXT bytes = NULL;
  int error = file_read(path, &bytes, &length);
  const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
  if (error != 0)
    return say_error("%s: %s", name, strerror(error));
  bool is_pem = strstr(bytes, "-BEGIN ") != NULL || strstr(bytes, "-END ") != NULL;
  bool good =
      is_pem ? read_pem(name, bytes, length, ret_objects) : read_der(name, bytes, length, ret_objects);
  if (good && ret_objects->count == 0)
    say_error("%s: expected a certificate, a certificate request or a key", name);
  if (good && ret_objects->count > 0)
    return true;
  objects_clear(ret_objects);
  return false;
}

bool objects_read_option(const struct arguments *arguments, enum option_id option,
                         struct objects *ret_objects) {
  size_t cursor = 0;
  *ret_objects = (struct objects){0};
  for (const char *path; (path = arguments_next(arguments, option, &cursor)) != NULL;) {
    struct objects some;
    if (!objects_read(path, &some))
      return false;
    ret_objects->items =
        must_grow(ret_objects->items, ret_objects->count + some.count, sizeof *ret_objects->items);
    memcpy(ret_objects->items + ret_objects->count, some.items, some.count * sizeof *some.items);
    ret_objects->count += some.count;
    free(some.items);
  }
  return true;
}

bool object_is_listed(const struct pin_entry *entry, enum pin_list list, const struct object *object) {
  const struct pin_digest *digest = list == PIN_LIST_FINGERPRINTS ? &object->fingerprint : &object->key;
  for (uint32_t i = 0; i < entry->lists[list].count; i++)
    if (memcmp(&entry->lists[list].digests[i], digest, sizeof *digest) == 0)
      return true;
  return false;
}

/*
 * As expensive as OWASP's first recommendation for scrypt (N 2^17, p 1), but within the 32 MiB that
 * OpenSSL allows a reader by default.
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

/* Copies the text, and frees the BIO, which erases its memory. */
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

/* Ed25519 needs no digest; the others use one as strong as the key. */
static const EVP_MD *digest_for(const EVP_PKEY *key) {
  if (EVP_PKEY_is_a(key, "ED25519"))
    return NULL;
  return EVP_PKEY_get_security_bits(key) > 128 ? EVP_sha384() : EVP_sha256();
}

/* A name that is too long for a subject goes only into the extension. */
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
