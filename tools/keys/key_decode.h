/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Decodes one object that carries a key. */
#ifndef PINCTL_KEYS_KEY_DECODE_H
#define PINCTL_KEYS_KEY_DECODE_H

#include "base/must_use.h"
#include "keys/key_object.h"

/* How to extract certificates from files that are not read here. */
#define PKCS7_REMEDY                                                                                         \
  "a PKCS#7 file; \"openssl pkcs7 -print_certs\" (with \"-inform der\" where it is no PEM) takes out its "   \
  "certificates"
#define PKCS12_REMEDY "a PKCS#12 file; \"openssl pkcs12 -nokeys\" takes out its certificates"

/* Decodes all of the bytes, with or without OpenSSL's trust settings at the end, or returns NULL. */
X509 *certificate_from_der(const unsigned char *der, long length);

/* These fill *ret_object and return true, or return false without a message. The object must be all of the
 * bytes. */
MUST_USE bool object_from_request_der(const unsigned char *der, long length, struct object *ret_object);
MUST_USE bool object_from_public_der(const unsigned char *der, long length, struct object *ret_object);
MUST_USE bool object_from_bare_public_der(const unsigned char *der, long length, struct object *ret_object);
/* Reads the first PEM block of the text. */
MUST_USE bool object_from_public_pem(const char *text, size_t length, struct object *ret_object);

/*
 * Reads a private key; format is "PEM" (the first block of the text) or "DER". Asks for a passphrase on
 * the terminal. False, having said what was expected of the file `path`.
 */
MUST_USE bool object_from_private_key(const char *path, const char *format, const char *bytes, size_t length,
                                      struct object *ret_object);

/* A name in the form of RFC 4514, in UTF-8, unescaped for terminals. For free(3). */
char *name_text(const X509_NAME *name);

#endif
