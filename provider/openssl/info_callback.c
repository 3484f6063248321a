/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "info_callback.h"

#include <string.h>

#include "connection.h"

/* Programs have a handful of info callbacks. Some that are written in a scripting language have a new one for
   each connection; connection.c has a way for those that find no room. */
#define MAX_STAND_INS 64

enum { STAND_IN_FREE = 0, STAND_IN_CLAIMED, STAND_IN_READY };

/* Which function of the program's the n-th callback stands for. Set once. */
struct stand_in {
  atomic_int state;
  struct hook *hook;
  info_fn *program; /* NULL: none */
};

static struct stand_in stand_ins[MAX_STAND_INS];

static void tell(const SSL *ssl, int where, int ret, const struct stand_in *stand_in);
static void tell_us(const SSL *ssl, int where, int ret, const struct stand_in *stand_in);

/*
 * Where the program has no callback, a server's steps mean nothing, and its other events little. What the
 * functions are given last is what they are not called with: nothing has to be moved.
 */
#define PIN_INFO(n)                                                                                          \
  static void info_##n(const SSL *ssl, int where, int ret) {                                                 \
    if (where == SSL_CB_ACCEPT_LOOP && stand_ins[n].program == NULL)                                         \
      return;                                                                                                \
    if (where == SSL_CB_CONNECT_LOOP || stand_ins[n].program != NULL)                                        \
      tell(ssl, where, ret, &stand_ins[n]);                                                                  \
    else                                                                                                     \
      tell_us(ssl, where, ret, &stand_ins[n]);                                                               \
  }
#define PIN_EIGHT(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7)
/* Octal, so that the names are the numbers. */
#define PIN_ALL(X)                                                                                           \
  PIN_EIGHT(X, 00)                                                                                           \
  PIN_EIGHT(X, 01)                                                                                           \
  PIN_EIGHT(X, 02) PIN_EIGHT(X, 03) PIN_EIGHT(X, 04) PIN_EIGHT(X, 05) PIN_EIGHT(X, 06) PIN_EIGHT(X, 07)

PIN_ALL(PIN_INFO)

#define PIN_NAME(n) info_##n,
static info_fn *const callbacks[MAX_STAND_INS] = {PIN_ALL(PIN_NAME)};

/* The stand-in that this callback is; NULL: it is none of ours. */
static const struct stand_in *find(info_fn *info) {
  for (size_t n = 0; n < MAX_STAND_INS && atomic_load(&stand_ins[n].state) != STAND_IN_FREE; n++) {
    if (callbacks[n] == info && atomic_load(&stand_ins[n].state) == STAND_IN_READY)
      return &stand_ins[n];
  }
  return NULL;
}

bool info_callback_is_ours(const struct hook *hook, info_fn *info) {
  const struct stand_in *found = info != NULL ? find(info) : NULL;

  return found != NULL && found->hook == hook;
}

static bool stands_for(struct stand_in *stand_in, const struct hook *hook, info_fn *program) {
  return atomic_load(&stand_in->state) == STAND_IN_READY && stand_in->hook == hook &&
         stand_in->program == program;
}

info_fn *info_callback_for(struct hook *hook, info_fn *program) {
  const struct stand_in *ours = program != NULL ? find(program) : NULL;

  if (ours != NULL)
    program = ours->program;
  for (size_t n = 0; n < MAX_STAND_INS; n++) {
    int state = STAND_IN_FREE;

    if (stands_for(&stand_ins[n], hook, program))
      return callbacks[n];
    if (!atomic_compare_exchange_strong(&stand_ins[n].state, &state, STAND_IN_CLAIMED))
      continue;
    stand_ins[n].hook = hook;
    stand_ins[n].program = program;
    atomic_store(&stand_ins[n].state, STAND_IN_READY);
    return callbacks[n];
  }
  return NULL;
}

/*
 * What libssl would have called where ours stands for no callback. It asks the SSL_CTX when the SSL has none;
 * a program may have read ours from an SSL_CTX and set it in the SSL, where it hides the SSL_CTX's.
 */
__attribute__((noinline)) static info_fn *inherited(const struct stand_in *stand_in, const SSL *ssl) {
  const struct libssl *libssl = openssl_ssl(&stand_in->hook->openssl);
  const struct stand_in *ours;
  info_fn *info;

  info = libssl->SSL_CTX_get_info_callback(libssl->SSL_get_SSL_CTX(ssl));
  ours = info != NULL ? find(info) : NULL;
  return ours != NULL ? ours->program : info;
}

static bool is_set_in(const struct stand_in *stand_in, const SSL *ssl) {
  const struct libssl *libssl = openssl_ssl(&stand_in->hook->openssl);

  return libssl != NULL && libssl->SSL_get_info_callback(ssl) == callbacks[stand_in - stand_ins];
}

/*
 * A server's handshake begins. Where the program has set in the SSL what it read from an SSL_CTX that had no
 * callback, it has none, as it would without us: from now on only that of the SSL_CTX is called.
 */
__attribute__((noinline)) static void begin_server(const struct stand_in *stand_in, const SSL *ssl, int ret) {
  const struct libssl *libssl = openssl_ssl(&stand_in->hook->openssl);
  info_fn *program = inherited(stand_in, ssl);
  SSL *mutable;

  memcpy(&mutable, &ssl, sizeof ssl);
  libssl->SSL_set_info_callback(mutable, NULL);
  if (program != NULL)
    connection_tell(stand_in->hook, ssl, program, SSL_CB_HANDSHAKE_START, ret);
}

/* Whether this was a server's, and so is done with. */
static inline bool tell_server(const struct stand_in *stand_in, const SSL *ssl, int where, int ret) {
  const struct libssl *libssl = atomic_load_explicit(&stand_in->hook->openssl.ssl, memory_order_acquire);

  if (libssl == NULL || !libssl->SSL_is_server(ssl))
    return false;
  connection_of_server(stand_in->hook, libssl, ssl, where);
  if (where == SSL_CB_HANDSHAKE_START && is_set_in(stand_in, ssl))
    begin_server(stand_in, ssl, ret);
  return true;
}

static void tell(const SSL *ssl, int where, int ret, const struct stand_in *stand_in) {
  info_fn *program = stand_in->program;

  connection_info(stand_in->hook, ssl, where);
  if (program == NULL && is_set_in(stand_in, ssl))
    program = inherited(stand_in, ssl);
  if (program != NULL)
    connection_tell(stand_in->hook, ssl, program, where, ret);
}

/* An event of a connection without a callback of the program's. */
static void tell_us(const SSL *ssl, int where, int ret, const struct stand_in *stand_in) {
  if (!tell_server(stand_in, ssl, where, ret))
    tell(ssl, where, ret, stand_in);
}
