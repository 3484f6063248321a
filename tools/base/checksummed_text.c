/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/checksummed_text.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/memory.h"
#include "pinpolicy.h"

static void digest_of(const char *body, char ret_text[PIN_DIGEST_TEXT_SIZE]) {
  struct pin_digest digest = {{0}};
  EVP_Digest(body, strlen(body), digest.bytes, NULL, EVP_sha256(), NULL);
  pin_digest_format(&digest, ret_text);
}

char *checksummed_text(const char *head, const char *body) {
  char digest[PIN_DIGEST_TEXT_SIZE];
  digest_of(body, digest);
  return must_format("%s%s\n%s", head, digest, body);
}

const char *checksummed_body(const char *head, const char *text) {
  size_t head_length = strlen(head);
  if (strncmp(text, head, head_length) != 0)
    return NULL;
  const char *digest = text + head_length;
  const char *end = strchr(digest, '\n');
  if (end == NULL)
    return NULL;
  char expected[PIN_DIGEST_TEXT_SIZE];
  digest_of(end + 1, expected);
  size_t length = (size_t)(end - digest);
  return length == strlen(expected) && strncmp(digest, expected, length) == 0 ? end + 1 : NULL;
}

void config_string_write(FILE *stream, const char *text) {
  fputc('"', stream);
  for (; *text != '\0'; text++) {
    unsigned char byte = (unsigned char)*text;
    if (byte == '"' || byte == '\\')
      fprintf(stream, "\\%c", byte);
    else if (byte < 0x20 || byte == 0x7f)
      fprintf(stream, "\\x%02x", byte);
    else
      fputc(byte, stream);
  }
  fputc('"', stream);
}
