/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "info_callback.h"

#include <string.h>

#include "connection.h"
#include "hook.h"

/* Programs have a handful of info callbacks. Some that are written in a scripting language have a new one for
   each connection; connection.c has a way for those that find no room. */
#define MAX_STAND_INS 64
/* From this one on they stand for no callback: one for each hook. */
#define PLAIN MAX_STAND_INS

enum { STAND_IN_FREE = 0, STAND_IN_CLAIMED, STAND_IN_READY };

/* Which function of the program's the n-th callback stands for. Set once. */
struct stand_in {
  atomic_int state;
  _Atomic(info_fn *) callback; /* NULL: not in use */
  struct hook *hook;
  info_fn *program; /* NULL: none */
};

static struct stand_in stand_ins[PLAIN + MAX_HOOKS];

static void tell(const SSL *ssl, int where, int ret, const struct stand_in *stand_in);
static void tell_step(const SSL *ssl, int where, int ret, const struct stand_in *stand_in);
static void tell_us(const SSL *ssl, int where, int ret, const struct stand_in *stand_in);

#define PIN_INFO(n)                                                                                          \
  static void info_##n(const SSL *ssl, int where, int ret) {                                                 \
    tell(ssl, where, ret, &stand_ins[n]);                                                                    \
  }
/*
 * Where the program has no callback, a server's steps mean nothing, a client's mostly, and a server's other
 * events little. What the functions are given last is what they are not called with: nothing has to be moved.
 */
#define PIN_PLAIN(n)                                                                                         \
  static void plain_##n(const SSL *ssl, int where, int ret) {                                                \
    if (__builtin_expect(where == SSL_CB_ACCEPT_LOOP, 1))                                                    \
      return;                                                                                                \
    if (where == SSL_CB_CONNECT_LOOP)                                                                        \
      tell_step(ssl, where, ret, &stand_ins[PLAIN + (n)]);                                                   \
    else                                                                                                     \
      tell_us(ssl, where, ret, &stand_ins[PLAIN + (n)]);                                                     \
  }
#define PIN_EIGHT(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7)
/* Octal, so that the names are the numbers. */
#define PIN_ALL(X)                                                                                           \
  PIN_EIGHT(X, 00)                                                                                           \
  PIN_EIGHT(X, 01)                                                                                           \
  PIN_EIGHT(X, 02) PIN_EIGHT(X, 03) PIN_EIGHT(X, 04) PIN_EIGHT(X, 05) PIN_EIGHT(X, 06) PIN_EIGHT(X, 07)

PIN_ALL(PIN_INFO)
PIN_PLAIN(0)
PIN_PLAIN(1)
PIN_PLAIN(2)
PIN_PLAIN(3)

/* No tables: the dynamic linker would make their pointers in each process that loads the module. */
#define PIN_CASE(n)                                                                                          \
  case n:                                                                                                    \
    return info_##n;

static info_fn *stand_in_callback(size_t n) {
  switch (n) {
    PIN_ALL(PIN_CASE)
  default:
    return NULL;
  }
}

static info_fn *plain_callback(size_t n) {
  switch (n) {
  case 0:
    return plain_0;
  case 1:
    return plain_1;
  case 2:
    return plain_2;
  default:
    return plain_3;
  }
}

static inline info_fn *callback_of(const struct stand_in *stand_in) {
  return atomic_load_explicit(&stand_in->callback, memory_order_relaxed);
}

/* The stand-in that this callback is; NULL: it is none of ours. */
static const struct stand_in *find(info_fn *info) {
  for (size_t n = PLAIN; n < PLAIN + MAX_HOOKS; n++) {
    if (callback_of(&stand_ins[n]) == info)
      return &stand_ins[n];
  }
  for (size_t n = 0; n < MAX_STAND_INS && atomic_load(&stand_ins[n].state) != STAND_IN_FREE; n++) {
    if (atomic_load(&stand_ins[n].state) == STAND_IN_READY && callback_of(&stand_ins[n]) == info)
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

void info_callback_begin(struct hook *hook) {
  size_t n = (size_t)(hook - hooks);

  stand_ins[PLAIN + n].hook = hook;
  atomic_store(&stand_ins[PLAIN + n].callback, plain_callback(n));
}

info_fn *info_callback_for(struct hook *hook, info_fn *program) {
  const struct stand_in *ours = program != NULL ? find(program) : NULL;

  if (ours != NULL)
    program = ours->program;
  if (program == NULL)
    return callback_of(&stand_ins[PLAIN + (hook - hooks)]);
  for (size_t n = 0; n < MAX_STAND_INS; n++) {
    int state = STAND_IN_FREE;

    if (stands_for(&stand_ins[n], hook, program))
      return callback_of(&stand_ins[n]);
    if (!atomic_compare_exchange_strong(&stand_ins[n].state, &state, STAND_IN_CLAIMED))
      continue;
    stand_ins[n].hook = hook;
    stand_ins[n].program = program;
    atomic_store(&stand_ins[n].callback, stand_in_callback(n));
    atomic_store(&stand_ins[n].state, STAND_IN_READY);
    return callback_of(&stand_ins[n]);
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

static inline bool is_set_in(const struct stand_in *stand_in, const struct libssl *libssl, const SSL *ssl) {
  info_fn *info = libssl->SSL_get_info_callback(ssl);

  return info != NULL && info == callback_of(stand_in);
}

/*
 * A server's handshake begins. Where the program has set in the SSL what it read from an SSL_CTX that had no
 * callback, it has none, as it would without us: from now on only that of the SSL_CTX is called.
 */
__attribute__((noinline)) static void begin_server(const struct stand_in *stand_in,
                                                   const struct libssl *libssl, const SSL *ssl, int ret) {
  info_fn *program = inherited(stand_in, ssl);
  SSL *mutable;

  memcpy(&mutable, &ssl, sizeof ssl);
  libssl->SSL_set_info_callback(mutable, NULL);
  if (program != NULL)
    connection_tell(stand_in->hook, ssl, program, SSL_CB_HANDSHAKE_START, ret);
}

static void tell(const SSL *ssl, int where, int ret, const struct stand_in *stand_in) {
  const struct libssl *libssl = openssl_ssl(&stand_in->hook->openssl);
  info_fn *program = stand_in->program;

  connection_info(stand_in->hook, ssl, where);
  if (program == NULL && libssl != NULL && is_set_in(stand_in, libssl, ssl))
    program = inherited(stand_in, ssl);
  if (program != NULL)
    connection_tell(stand_in->hook, ssl, program, where, ret);
}

/* A client's step, of which only the last matters, or where there is a callback in the SSL itself. */
static void tell_step(const SSL *ssl, int where, int ret, const struct stand_in *stand_in) {
  const struct hook *hook = stand_in->hook;
  const struct libssl *libssl = openssl_ssl_bound(&hook->openssl);

  if (libssl == NULL || libssl->SSL_get_info_callback(ssl) != NULL ||
      connection_event_matters(hook, libssl, ssl, where))
    tell(ssl, where, ret, stand_in);
}

/* The end of a call of the program's is told of a server's alone (openssl-internals H11). */
static inline bool is_of_server(const struct libssl *libssl, const SSL *ssl, int where) {
  return where == SSL_CB_ACCEPT_EXIT || libssl->SSL_is_server(ssl);
}

/* An event of a connection without a callback of the program's. */
static void tell_us(const SSL *ssl, int where, int ret, const struct stand_in *stand_in) {
  struct hook *hook = stand_in->hook;
  const struct libssl *libssl = atomic_load_explicit(&hook->openssl.ssl, memory_order_acquire);

  if (libssl == NULL || !is_of_server(libssl, ssl, where)) {
    tell(ssl, where, ret, stand_in);
    return;
  }
  connection_of_server(hook, libssl, ssl, where);
  if (where == SSL_CB_HANDSHAKE_START && is_set_in(stand_in, libssl, ssl))
    begin_server(stand_in, libssl, ssl, ret);
}
