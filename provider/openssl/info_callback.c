/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "info_callback.h"

#include <string.h>

#include "connection.h"
#include "hook.h"

/* Programs have a handful of info callbacks. Some written in a scripting language make a new one for each
 * connection; connection.c handles those that find no place here. */
#define MAX_STAND_INS 64
/* The stand-ins from this index on stand for no callback: one for each hook. */
#define PLAIN MAX_STAND_INS

enum { STAND_IN_FREE = 0, STAND_IN_CLAIMED, STAND_IN_READY };

/* The function of the program's that our n-th callback stands for. Set once and never changed. */
struct stand_in {
  atomic_int state;            /* STAND_IN_FREE, _CLAIMED or _READY */
  _Atomic(info_fn *) callback; /* NULL: not in use */
  struct hook *hook;
  info_fn *program; /* NULL: stands for no callback */
};

static struct stand_in stand_ins[PLAIN + MAX_HOOKS];

static void handle_event(const SSL *ssl, int where, int ret, const struct stand_in *stand_in);
static void handle_plain_step(const SSL *ssl, int where, int ret, const struct stand_in *stand_in);
static void handle_plain_event(const SSL *ssl, int where, int ret, const struct stand_in *stand_in);

#define PIN_INFO(n)                                                                                          \
  static void info_##n(const SSL *ssl, int where, int ret) {                                                 \
    handle_event(ssl, where, ret, &stand_ins[n]);                                                            \
  }
/*
 * Callbacks for when the program has none. Here a server's steps never matter, a client's steps seldom do,
 * and a server's other events hardly. The stand-in is the last argument of the functions called, so that the
 * others stay in their registers.
 */
#define PIN_PLAIN(n)                                                                                         \
  static void plain_##n(const SSL *ssl, int where, int ret) {                                                \
    if (__builtin_expect(where == SSL_CB_ACCEPT_LOOP, 1))                                                    \
      return;                                                                                                \
    if (where == SSL_CB_CONNECT_LOOP)                                                                        \
      handle_plain_step(ssl, where, ret, &stand_ins[PLAIN + (n)]);                                           \
    else                                                                                                     \
      handle_plain_event(ssl, where, ret, &stand_ins[PLAIN + (n)]);                                          \
  }
#define PIN_EIGHT(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7)
/* Octal digits, so that the names are numbers in C. */
#define PIN_ALL(X)                                                                                           \
  PIN_EIGHT(X, 00)                                                                                           \
  PIN_EIGHT(X, 01)                                                                                           \
  PIN_EIGHT(X, 02) PIN_EIGHT(X, 03) PIN_EIGHT(X, 04) PIN_EIGHT(X, 05) PIN_EIGHT(X, 06) PIN_EIGHT(X, 07)

PIN_ALL(PIN_INFO)
PIN_PLAIN(0)
PIN_PLAIN(1)
PIN_PLAIN(2)
PIN_PLAIN(3)

/* Not tables: their pointers would have to be relocated in each process that loads the module. */
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

/* The stand-in whose callback this is; NULL: it is not one of ours. */
static const struct stand_in *find_stand_in(info_fn *info) {
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
  const struct stand_in *found = info != NULL ? find_stand_in(info) : NULL;

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
  const struct stand_in *ours = program != NULL ? find_stand_in(program) : NULL;

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
 * The callback that libssl would have called, where ours stands for none. libssl asks the SSL_CTX if the SSL
 * has none, but a program may have read ours from an SSL_CTX and set it in the SSL, where it hides that of
 * the SSL_CTX.
 */
__attribute__((noinline)) static info_fn *callback_of_context(const struct stand_in *stand_in,
                                                              const SSL *ssl) {
  const struct libssl *libssl = openssl_ssl(&stand_in->hook->openssl);
  const struct stand_in *ours;
  info_fn *info;

  info = libssl->SSL_CTX_get_info_callback(libssl->SSL_get_SSL_CTX(ssl));
  ours = info != NULL ? find_stand_in(info) : NULL;
  return ours != NULL ? ours->program : info;
}

static inline bool is_set_in(const struct stand_in *stand_in, const struct libssl *libssl, const SSL *ssl) {
  info_fn *info = libssl->SSL_get_info_callback(ssl);

  return info != NULL && info == callback_of(stand_in);
}

/*
 * A server's handshake begins, and the SSL has a callback of ours that stands for none, which the program
 * read from an SSL_CTX. Without us the SSL would have none. So ours is removed, and libssl calls that of the
 * SSL_CTX from now on.
 */
__attribute__((noinline)) static void begin_server(const struct stand_in *stand_in,
                                                   const struct libssl *libssl, const SSL *ssl, int ret) {
  info_fn *program = callback_of_context(stand_in, ssl);
  SSL *mutable;

  memcpy(&mutable, &ssl, sizeof ssl);
  libssl->SSL_set_info_callback(mutable, NULL);
  if (program != NULL)
    connection_tell(stand_in->hook, ssl, program, SSL_CB_HANDSHAKE_START, ret);
}

static void handle_event(const SSL *ssl, int where, int ret, const struct stand_in *stand_in) {
  const struct libssl *libssl = openssl_ssl(&stand_in->hook->openssl);
  info_fn *program = stand_in->program;

  connection_info(stand_in->hook, ssl, where);
  if (program == NULL && libssl != NULL && is_set_in(stand_in, libssl, ssl))
    program = callback_of_context(stand_in, ssl);
  if (program != NULL)
    connection_tell(stand_in->hook, ssl, program, where, ret);
}

/* A client's step. It matters only at the end of the server's part, or if the SSL has a callback of its
 * own. */
static void handle_plain_step(const SSL *ssl, int where, int ret, const struct stand_in *stand_in) {
  const struct hook *hook = stand_in->hook;
  const struct libssl *libssl = openssl_ssl_bound(&hook->openssl);

  if (libssl == NULL || libssl->SSL_get_info_callback(ssl) != NULL ||
      connection_event_matters(hook, libssl, ssl, where))
    handle_event(ssl, where, ret, stand_in);
}

/* SSL_CB_ACCEPT_EXIT is told of servers only (openssl-internals H11). */
static inline bool is_of_server(const struct libssl *libssl, const SSL *ssl, int where) {
  return where == SSL_CB_ACCEPT_EXIT || libssl->SSL_is_server(ssl);
}

/* An event of a connection for which the program has no callback. */
static void handle_plain_event(const SSL *ssl, int where, int ret, const struct stand_in *stand_in) {
  struct hook *hook = stand_in->hook;
  const struct libssl *libssl = atomic_load_explicit(&hook->openssl.ssl, memory_order_acquire);

  if (libssl == NULL || !is_of_server(libssl, ssl, where)) {
    handle_event(ssl, where, ret, stand_in);
    return;
  }
  connection_of_server(hook, libssl, ssl, where);
  if (where == SSL_CB_HANDSHAKE_START && is_set_in(stand_in, libssl, ssl))
    begin_server(stand_in, libssl, ssl, ret);
}
