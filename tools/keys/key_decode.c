/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "keys/key_decode.h"

#include <string.h>
#include <unistd.h>

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "cli/output.h"
#include "cli/passphrase.h"

X509 *certificate_from_der(const unsigned char *der, long length) {
  const unsigned char *at = der;
  X509 *certificate = d2i_X509_AUX(NULL, &at, length);
  if (certificate != NULL && at == der + length)
    return certificate;
  X509_free(certificate);
  ERR_clear_error();
  return NULL;
}

char *name_text(const X509_NAME *name) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *bytes = NULL;
  if (bio == NULL ||
      X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0) {
    BIO_free(bio);
    return must_copy("");
  }
  long length = BIO_get_mem_data(bio, &bytes);
  char *text = must_copy_bytes(bytes, (size_t)length);
  BIO_free(bio);
  return text;
}

/* A certificate without a subject (RFC 5280, 4.1.2.6) is called by its first DNS name. */
static char *subject_of(X509 *certificate) {
  char *subject = name_text(X509_get_subject_name(certificate));
  if (*subject != '\0')
    return subject;
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS)
      continue;
    AUTO_TEXT dns = must_copy_bytes((const char *)ASN1_STRING_get0_data(name->d.dNSName),
                                    (size_t)ASN1_STRING_length(name->d.dNSName));
    free(subject);
    subject = must_format("DNS:%s", dns);
    break;
  }
  GENERAL_NAMES_free(names);
  return subject;
}

static char *key_type_of(const EVP_PKEY *key) {
  const char *name = key == NULL ? NULL : EVP_PKEY_get0_type_name(key);
  if (name == NULL)
    return must_copy("unknown");
  if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "EC") || EVP_PKEY_is_a(key, "DSA"))
    return must_format("%s %d", name, EVP_PKEY_get_bits(key));
  return must_copy(name);
}

/* Hashes the SubjectPublicKeyInfo byte for byte as in the object, not as OpenSSL would encode it. */
static bool take_public_key(X509_PUBKEY *key, struct object *object) {
  unsigned char *der = NULL;
  int length = i2d_X509_PUBKEY(key, &der);
  bool good = length > 0 && EVP_Digest(der, (size_t)length, object->key.bytes, NULL, EVP_sha256(), NULL) == 1;
  OPENSSL_free(der);
  object->key_type = key_type_of(X509_PUBKEY_get0(key));
  ERR_clear_error();
  return good;
}

static enum role role_of(X509 *certificate) {
  if (X509_check_ca(certificate) == 0)
    return ROLE_LEAF;
  return (X509_get_extension_flags(certificate) & EXFLAG_SS) != 0 ? ROLE_ROOT : ROLE_INTERMEDIATE;
}

bool object_from_certificate(X509 *certificate, struct object *ret_object) {
  *ret_object = (struct object){
      .role = role_of(certificate), .subject = subject_of(certificate), .certificate = certificate};
  return take_public_key(X509_get_X509_PUBKEY(certificate), ret_object) &&
         X509_digest(certificate, EVP_sha256(), ret_object->fingerprint.bytes, NULL) == 1;
}

bool object_from_request_der(const unsigned char *der, long length, struct object *ret_object) {
  const unsigned char *at = der;
  X509_REQ *request = d2i_X509_REQ(NULL, &at, length);
  bool good = request != NULL && at == der + length;
  if (good) {
    ret_object->role = ROLE_REQUEST;
    ret_object->subject = name_text(X509_REQ_get_subject_name(request));
    good = take_public_key(X509_REQ_get_X509_PUBKEY(request), ret_object);
  }
  X509_REQ_free(request);
  ERR_clear_error();
  return good;
}

bool object_from_public_der(const unsigned char *der, long length, struct object *ret_object) {
  const unsigned char *at = der;
  X509_PUBKEY *key = d2i_X509_PUBKEY(NULL, &at, length);
  bool good = key != NULL && at == der + length && X509_PUBKEY_get0(key) != NULL;
  if (good) {
    ret_object->role = ROLE_PUBLIC_KEY;
    good = take_public_key(key, ret_object);
    ret_object->subject = must_format("%s key", ret_object->key_type);
  }
  X509_PUBKEY_free(key);
  ERR_clear_error();
  return good;
}

static bool take_key(EVP_PKEY *key, enum role role, struct object *object) {
  X509_PUBKEY *public_key = NULL;
  bool good = X509_PUBKEY_set(&public_key, key) == 1;
  if (good) {
    object->role = role;
    good = take_public_key(public_key, object);
    object->subject = must_format("%s key", object->key_type);
  }
  X509_PUBKEY_free(public_key);
  ERR_clear_error();
  return good;
}

static EVP_PKEY *decode(const char *format, int selection, const char *bytes, size_t length,
                        pem_password_cb *ask, void *arg) {
  EVP_PKEY *key = NULL;
  OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(&key, format, NULL, NULL, selection, NULL, NULL);
  const unsigned char *at = (const unsigned char *)bytes;
  bool good = decoder != NULL && OSSL_DECODER_CTX_set_pem_password_cb(decoder, ask, arg) == 1 &&
              OSSL_DECODER_from_data(decoder, &at, &length) == 1;
  if (!good || (strcmp(format, "DER") == 0 && length != 0)) {
    EVP_PKEY_free(key);
    key = NULL;
  }
  OSSL_DECODER_CTX_free(decoder);
  ERR_clear_error();
  return key;
}

/* Asks nothing: public keys are never encrypted. */
static int no_passphrase(char *buffer, int size, int for_writing, void *arg) {
  (void)buffer, (void)size, (void)for_writing, (void)arg;
  return -1;
}

/* A bare key of one algorithm, as in PKCS#1 for RSA. It has no SubjectPublicKeyInfo, but one can be made. */
bool object_from_bare_public_der(const unsigned char *der, long length, struct object *ret_object) {
  EVP_PKEY *key = decode("DER", EVP_PKEY_PUBLIC_KEY, (const char *)der, (size_t)length, no_passphrase, NULL);
  bool good = key != NULL && take_key(key, ROLE_PUBLIC_KEY, ret_object);
  EVP_PKEY_free(key);
  return good;
}

bool object_from_public_pem(const char *text, size_t length, struct object *ret_object) {
  EVP_PKEY *key = decode("PEM", EVP_PKEY_PUBLIC_KEY, text, length, no_passphrase, NULL);
  bool good = key != NULL && take_key(key, ROLE_PUBLIC_KEY, ret_object);
  EVP_PKEY_free(key);
  return good;
}

struct passphrase {
  const char *path;
  bool asked;
  bool without_terminal;
};

static int ask_on_terminal(char *buffer, int size, int for_writing, void *arg) {
  (void)for_writing;
  struct passphrase *passphrase = arg;
  passphrase->asked = true;
  if (access("/dev/tty", R_OK | W_OK) == 0)
    say_note("%s: the private key is encrypted", passphrase->path);
  enum passphrase_answer answer = passphrase_ask(false, buffer, size);
  passphrase->without_terminal = answer == PASSPHRASE_NO_TERMINAL;
  return answer == PASSPHRASE_GIVEN ? (int)strlen(buffer) : -1;
}

/* What to do with a file that wraps certificates; NULL: not such a file. */
static const char *container_remedy(const char *bytes, size_t length) {
  const unsigned char *at = (const unsigned char *)bytes;
  PKCS12 *pkcs12 = d2i_PKCS12(NULL, &at, (long)length);
  at = (const unsigned char *)bytes;
  PKCS7 *pkcs7 = pkcs12 == NULL ? d2i_PKCS7(NULL, &at, (long)length) : NULL;
  const char *remedy = pkcs12 != NULL ? PKCS12_REMEDY : pkcs7 != NULL ? PKCS7_REMEDY : NULL;
  PKCS12_free(pkcs12);
  PKCS7_free(pkcs7);
  ERR_clear_error();
  return remedy;
}

bool object_from_private_key(const char *path, const char *format, const char *bytes, size_t length,
                             struct object *ret_object) {
  struct passphrase passphrase = {.path = path};
  EVP_PKEY *key = decode(format, EVP_PKEY_KEYPAIR, bytes, length, ask_on_terminal, &passphrase);
  bool good = key != NULL && take_key(key, ROLE_KEY, ret_object);
  EVP_PKEY_free(key);
  if (good)
    return true;
  const char *container = strcmp(format, "DER") == 0 ? container_remedy(bytes, length) : NULL;
  if (container != NULL)
    say_error("%s: %s", path, container);
  else if (passphrase.without_terminal)
    say_error("%s: the private key is encrypted, and there is no terminal to ask for its passphrase", path);
  else if (passphrase.asked)
    say_error("%s: the private key cannot be decrypted with this passphrase", path);
  else if (strcmp(format, "PEM") == 0)
    say_error("%s: damaged: expected a whole private key in base64", path);
  else
    say_error("%s: expected a certificate, a certificate request or a key, in PEM or DER", path);
  return false;
}
