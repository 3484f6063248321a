/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "refusing_bio.h"

#include <stdlib.h>
#include <string.h>

#include "hooks.h"
#include "refusal.h"
#include "text.h"

struct refusing {
  BIO *program_bio;
  char *text;
};

static int refuse(struct hook *hook, BIO *bio) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  const struct refusing *refusing = crypto->BIO_get_data(bio);

  crypto->BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
  leave_errors(&hook->openssl, crypto, false, refusing != NULL ? refusing->text : NULL);
  return -1;
}

/* Programs wait on the descriptor of a connection; all else, a flush above all, fails. */
static long control(struct hook *hook, BIO *bio, int command, long number, void *pointer) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  const struct refusing *refusing = crypto->BIO_get_data(bio);

  if (command != BIO_C_GET_FD)
    return 0;
  if (refusing == NULL || refusing->program_bio == NULL)
    return -1;
  return crypto->BIO_ctrl(refusing->program_bio, command, number, pointer);
}

static int destroy(struct hook *hook, BIO *bio) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  struct refusing *refusing = crypto->BIO_get_data(bio);

  if (refusing == NULL)
    return 1;
  crypto->BIO_free_all(refusing->program_bio);
  free(refusing->text);
  free(refusing);
  return 1;
}

/* OpenSSL calls these with nothing but the BIO, and only a hook knows the functions that read one. */
#define PIN_BIO_FUNCTIONS(n)                                                                                 \
  static int write_##n(BIO *bio, const char *data, int length) {                                             \
    (void)data;                                                                                              \
    (void)length;                                                                                            \
    return refuse(hook_at(n), bio);                                                                          \
  }                                                                                                          \
  static int read_##n(BIO *bio, char *data, int length) {                                                    \
    (void)data;                                                                                              \
    (void)length;                                                                                            \
    return refuse(hook_at(n), bio);                                                                          \
  }                                                                                                          \
  static long control_##n(BIO *bio, int command, long number, void *pointer) {                               \
    return control(hook_at(n), bio, command, number, pointer);                                               \
  }                                                                                                          \
  static int destroy_##n(BIO *bio) {                                                                         \
    return destroy(hook_at(n), bio);                                                                         \
  }

PIN_BIO_FUNCTIONS(0)
PIN_BIO_FUNCTIONS(1)
PIN_BIO_FUNCTIONS(2)
PIN_BIO_FUNCTIONS(3)

static const struct {
  int (*write)(BIO *, const char *, int);
  int (*read)(BIO *, char *, int);
  long (*control)(BIO *, int, long, void *);
  int (*destroy)(BIO *);
} functions[MAX_HOOKS] = {{write_0, read_0, control_0, destroy_0},
                          {write_1, read_1, control_1, destroy_1},
                          {write_2, read_2, control_2, destroy_2},
                          {write_3, read_3, control_3, destroy_3}};

/* libssl finds the BIO of a descriptor by this type, to ask it for the descriptor. */
#define REFUSING_TYPE (BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR | 0xfe)

static BIO_METHOD *new_method(struct hook *hook, const struct libcrypto *crypto) {
  size_t n = (size_t)(hook - hook_at(0));
  BIO_METHOD *method = crypto->BIO_meth_new(REFUSING_TYPE, "pinning: refused");

  if (method == NULL)
    return NULL;
  if (crypto->BIO_meth_set_write(method, functions[n].write) == 1 &&
      crypto->BIO_meth_set_read(method, functions[n].read) == 1 &&
      crypto->BIO_meth_set_ctrl(method, functions[n].control) == 1 &&
      crypto->BIO_meth_set_destroy(method, functions[n].destroy) == 1)
    return method;
  crypto->BIO_meth_free(method);
  return NULL;
}

/* One method for each OpenSSL of the process, made at the first refusal that needs it and kept. */
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
  return bio != NULL && openssl_crypto(&hook->openssl)->BIO_method_type(bio) == REFUSING_TYPE;
}

BIO *refusing_bio_new(struct hook *hook, BIO *program_bio, const char *text) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  BIO_METHOD *method;
  struct refusing *refusing;
  BIO *bio;

  if (program_bio != NULL && crypto->BIO_up_ref(program_bio) != 1)
    program_bio = NULL;
  method = method_of(hook, crypto);
  bio = method != NULL ? crypto->BIO_new(method) : NULL;
  if (bio == NULL)
    return NULL;
  refusing = calloc(1, sizeof *refusing);
  if (refusing != NULL) {
    refusing->program_bio = program_bio;
    refusing->text = text_copy(text);
  }
  crypto->BIO_set_data(bio, refusing);
  crypto->BIO_set_init(bio, 1);
  return bio;
}
