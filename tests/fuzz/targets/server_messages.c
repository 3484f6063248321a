/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Handshake messages of a server, as `pinctl scan` reads them: the first byte says whether suites can be
 * looked up; then each message follows two bytes with its length, and is copied to memory of exactly its
 * size.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

#include "probe/server_messages.h"

static SSL *ssl;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  MUST(context != NULL);
  ssl = SSL_new(context);
  MUST(ssl != NULL);
  SSL_CTX_free(context);
  return 0;
}

static size_t length_of_body(const unsigned char *message) {
  return (size_t)message[1] << 16 | (size_t)message[2] << 8 | message[3];
}

/* Nothing is taken from a message that is cut short. */
static void read_cut(const unsigned char *message, size_t length, SSL *suites,
                     const struct probe_answer *answer) {
  struct probe_answer after;
  size_t kept = length - 1;
  unsigned char *cut = malloc(kept > 0 ? kept : 1);
  MUST(cut != NULL);
  memcpy(cut, message, kept);
  memcpy(&after, answer, sizeof after);
  server_message_read(cut, kept, suites, &after);
  if (length < 4 || length_of_body(message) + 4 >= length)
    MUST(memcmp(&after, answer, sizeof after) == 0);
  free(cut);
}

static void read_message(const uint8_t *data, size_t length, SSL *suites, struct probe_answer *answer) {
  unsigned char *message = malloc(length > 0 ? length : 1);
  MUST(message != NULL);
  memcpy(message, data, length);
  if (length > 0)
    read_cut(message, length, suites, answer);
  server_message_read(message, length, suites, answer);
  MUST(answer->dh_bits >= 0 && answer->dh_bits <= 65535 * 8);
  free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct probe_answer answer;
  memset(&answer, 0, sizeof answer);
  SSL *suites = size > 0 && (data[0] & 1) != 0 ? ssl : NULL;
  for (size_t at = 1; at + 2 <= size;) {
    size_t length = (size_t)data[at] << 8 | data[at + 1];
    at += 2;
    length = length > size - at ? size - at : length;
    read_message(data + at, length, suites, &answer);
    at += length;
  }
  return 0;
}
