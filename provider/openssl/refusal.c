/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "refusal.h"

#include <stdlib.h>

#include "common/cleared.h"
#include "fork_lock.h"

#define REASON_REFUSED 1

/* Registers our error library and returns its number; 0: none can be had. The texts are on the heap, one
 * copy for each OpenSSL of the process, because OpenSSL writes to them (openssl-internals E2). */
static int new_error_library(struct openssl *openssl, const struct libcrypto *crypto) {
  int library, expected = 0;
  ERR_STRING_DATA *texts;

  texts = cleared_memory(3 * sizeof *texts); /* the last entry stays zero, which marks the end */
  library = crypto->ERR_get_next_error_library();
  if (texts == NULL || library == 0) {
    free(texts);
    return 0;
  }
  /* If two threads get here at once, the loser's number stays unused. */
  if (!atomic_compare_exchange_strong(&openssl->error_library, &expected, library)) {
    free(texts);
    return expected;
  }
  /* Function 0 with reason 0 is the name of the library. */
  atomic_store(&openssl->error_texts, texts);
  texts[0].error = ERR_PACK(library, 0, 0);
  texts[0].string = "pinning";
  texts[1].error = ERR_PACK(0, 0, REASON_REFUSED);
  texts[1].string = "refused by the pinning policy of this machine";
  crypto->ERR_load_strings(library, texts);
  return library;
}

/* Our library number in this OpenSSL, registered at the first call; 0: none can be had. */
static int error_library(struct openssl *openssl, const struct libcrypto *crypto) {
  int library = atomic_load(&openssl->error_library);

  if (library != 0)
    return library;
  fork_lock_take(openssl);
  library = new_error_library(openssl, crypto);
  fork_lock_give(openssl);
  return library;
}

void refusal_prepare(struct openssl *openssl) {
  const struct libcrypto *crypto = openssl_refusal(openssl);

  if (crypto != NULL && atomic_load(&openssl->error_library) == 0)
    (void)new_error_library(openssl, crypto);
}

static void push_error(const struct libcrypto *crypto, int library, int reason, const char *data) {
  crypto->ERR_new();
  crypto->ERR_set_debug("pinning.so", 0, "pinning");
  if (data != NULL)
    crypto->ERR_set_error(library, reason, "%s", data);
  else
    crypto->ERR_set_error(library, reason, NULL);
}

void leave_errors(struct openssl *openssl, bool in_tls, const char *text) {
  const struct libcrypto *crypto = openssl_refusal(openssl);
  int library = error_library(openssl, crypto);

  if (in_tls)
    push_error(crypto, ERR_LIB_SSL, SSL_R_CERTIFICATE_VERIFY_FAILED, NULL);
  if (library != 0)
    push_error(crypto, library, REASON_REFUSED, text != NULL ? text : "verdict=refused");
}
