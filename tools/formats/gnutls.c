/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads GnuTLS's file of known hosts (gnutls_store_pubkey(3)). Each line has a key (|g0|) or, for a
 * commitment, the digest of a key (|c0|): |g0|HOST|SERVICE|EXPIRES|BASE64,
 * |c0|HOST|SERVICE|EXPIRES|ALGORITHM|HEX.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/formats.h"
#include "formats/words.h"

#define MOST_FIELDS 5
/* Digits of a time: up to the year 5138. */
#define MOST_DIGITS 11
/* GNUTLS_DIG_SHA256 */
#define ALGORITHM_SHA256 "6"

/* "*" or "": every port. */
static bool read_service(const char *text, uint16_t *ret_port) {
  *ret_port = 0;
  return *text == '\0' || strcmp(text, "*") == 0 || service_read(text, ret_port);
}

static bool hash_key(const char *base64, struct pin_digest *ret_digest) {
  size_t length = strlen(base64);
  unsigned char *der = must_alloc(length + 3, 1);
  int size = EVP_DecodeBlock(der, (const unsigned char *)base64, (int)length);
  while (size > 0 && length > 0 && base64[length - 1] == '=') {
    size--;
    length--;
  }
  /* The digest is that of the bytes, so OpenSSL need not know the type of key. But the bytes must be one
   * whole key. */
  const unsigned char *end = der;
  X509_PUBKEY *key = size > 0 ? d2i_X509_PUBKEY(NULL, &end, size) : NULL;
  bool good = key != NULL && end == der + size &&
              EVP_Digest(der, (size_t)size, ret_digest->bytes, NULL, EVP_sha256(), NULL) == 1;
  X509_PUBKEY_free(key);
  ERR_clear_error();
  free(der);
  return good;
}

/* The digest of a line, from the fields behind its time. Returns false if they are not as they should be. */
static bool read_digest(char *const fields[MOST_FIELDS + 1], size_t count, struct pin_digest *ret_digest) {
  if (strcmp(fields[0], "g0") == 0)
    return count == 5 && hash_key(fields[4], ret_digest);
  return strcmp(fields[0], "c0") == 0 && count == 6 && strcmp(fields[4], ALGORITHM_SHA256) == 0 &&
         pin_digest_parse(fields[5], strlen(fields[5]), ret_digest);
}

static void read_line(struct conversion *conversion, char *line, unsigned number) {
  char *fields[MOST_FIELDS + 1] = {0};
  size_t count = 0;
  char *rest = line + 1;
  struct pin_digest digest;
  AUTO_DRAFT draft = DRAFT_AT(NULL, number);
  while (rest != NULL && count <= MOST_FIELDS)
    fields[count++] = strsep(&rest, "|");
  if (*line != '|' || count < 5 || rest != NULL) {
    convert_loss(conversion, number, "expected a line that begins with |g0| or |c0|");
    return;
  }
  draft.name = fields[1];
  if (strspn(fields[3], "0123456789") != strlen(fields[3]) || strlen(fields[3]) > MOST_DIGITS) {
    convert_loss(conversion, number, "\"%s\": expected the seconds since 1970; left out", fields[3]);
    return;
  }
  draft.expires = atoll(fields[3]) > 0 ? atoll(fields[3]) : PIN_NEVER;
  if (strcmp(fields[1], "*") == 0 || *fields[1] == '\0')
    convert_loss(conversion, number, "a key for every host; left out");
  else if (!read_service(fields[2], &draft.port))
    convert_loss(conversion, number, "\"%s\": no service of this name; left out", fields[2]);
  else if (!read_digest(fields, count, &digest))
    convert_loss(conversion, number,
                 "expected |g0|HOST|SERVICE|EXPIRES|KEY, or |c0|HOST|SERVICE|EXPIRES|6|SHA-256; left out");
  else {
    draft_take(&draft, PIN_LIST_PINS, &digest);
    conversion_add(conversion, &draft);
  }
}

static void read_gnutls(struct conversion *conversion) {
  struct lines lines = lines_of(conversion->text);
  for (char *line; (line = lines_next(&lines)) != NULL;)
    read_line(conversion, trim(line), lines.number);
  lines_clear(&lines);
}

const struct format format_gnutls = {
    .name = "gnutls",
    .title = "GnuTLS's known_hosts",
    .mark = "|g0|\t|c0|",
    .holds = HOLDS_HOSTS | HOLDS_ADDRESSES | HOLDS_PORTS | HOLDS_EVERY_PORT | HOLDS_EXPIRY_TIME,
    .adds_up = true,
    .read = read_gnutls,
};
