/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "refusing_bio.h"

#include <stdlib.h>

#include "common/cleared.h"
#include "common/text.h"
#include "refusal.h"

/* The data of a refusing BIO. */
struct refusing {
  BIO *program_bio; /* a reference is held; NULL: none */
  char *text;       /* for the error queue; owned; NULL: none */
};

int refusing_bio_refuse(struct hook *hook, BIO *bio) {
  const struct libcrypto *crypto = openssl_refusal(&hook->openssl);
  const struct refusing *refusing = crypto->BIO_get_data(bio);

  crypto->BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
  leave_errors(&hook->openssl, false, refusing != NULL ? refusing->text : NULL);
  return -1;
}

/* Only questions about the descriptor are answered, because programs wait on it. Anything else fails, a
 * flush in particular. */
long refusing_bio_control(struct hook *hook, BIO *bio, int command, long number, void *pointer) {
  const struct libcrypto *crypto = openssl_refusal(&hook->openssl);
  const struct refusing *refusing = crypto->BIO_get_data(bio);

  if (command != BIO_C_GET_FD)
    return 0;
  if (refusing == NULL || refusing->program_bio == NULL)
    return -1;
  return crypto->BIO_ctrl(refusing->program_bio, command, number, pointer);
}

static void let_go(const struct libcrypto *crypto, struct refusing *refusing) {
  crypto->BIO_free_all(refusing->program_bio);
  free(refusing->text);
  free(refusing);
}

int refusing_bio_destroy(struct hook *hook, BIO *bio) {
  const struct libcrypto *crypto = openssl_refusal(&hook->openssl);
  struct refusing *refusing = crypto->BIO_get_data(bio);

  if (refusing != NULL)
    let_go(crypto, refusing);
  return 1;
}

/* A type by which libssl finds the descriptor (openssl-internals H9). */
#define REFUSING_TYPE (BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR | 0xfe)

static BIO_METHOD *new_method(struct hook *hook, const struct libcrypto *crypto) {
  BIO_METHOD *method = crypto->BIO_meth_new(REFUSING_TYPE, "pinning: refused");

  if (method == NULL)
    return NULL;
  if (crypto->BIO_meth_set_write(method, hook->functions.bio.write) == 1 &&
      crypto->BIO_meth_set_read(method, hook->functions.bio.read) == 1 &&
      crypto->BIO_meth_set_ctrl(method, hook->functions.bio.control) == 1 &&
      crypto->BIO_meth_set_destroy(method, hook->functions.bio.destroy) == 1)
    return method;
  crypto->BIO_meth_free(method);
  return NULL;
}

/* One method for each OpenSSL of the process, made at the first refusal that needs it, and kept. */
static BIO_METHOD *method_of(struct hook *hook, const struct libcrypto *crypto) {
  BIO_METHOD *method = atomic_load(&hook->refusing_bio);
  BIO_METHOD *expected = NULL;

  if (method != NULL)
    return method;
  method = new_method(hook, crypto);
  if (method == NULL || atomic_compare_exchange_strong(&hook->refusing_bio, &expected, method))
    return method;
  crypto->BIO_meth_free(method);
  return expected;
}

bool refusing_bio_is(struct hook *hook, const BIO *bio) {
  return bio != NULL && openssl_refusal(&hook->openssl)->BIO_method_type(bio) == REFUSING_TYPE;
}

/* Takes ownership of `refusing` in any case. NULL: no memory. */
static BIO *new_bio(struct hook *hook, const struct libcrypto *crypto, struct refusing *refusing) {
  BIO_METHOD *method = method_of(hook, crypto);
  BIO *bio = method != NULL ? crypto->BIO_new(method) : NULL;

  if (bio != NULL) {
    crypto->BIO_set_data(bio, refusing);
    crypto->BIO_set_init(bio, 1);
  } else {
    let_go(crypto, refusing);
  }
  return bio;
}

BIO *refusing_bio_new(struct hook *hook, BIO *program_bio, const char *text) {
  const struct libcrypto *crypto = openssl_refusal(&hook->openssl);
  struct refusing *refusing = cleared_memory(sizeof *refusing);

  if (refusing == NULL)
    return NULL;
  if (program_bio != NULL && crypto->BIO_up_ref(program_bio) == 1)
    refusing->program_bio = program_bio;
  refusing->text = text_copy(text);
  return new_bio(hook, crypto, refusing);
}
