/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * One OpenSSL of the process, and what was put into it: what the files that hold the callbacks share. Which
 * callbacks there are is known to hooks.c alone, which fills this in.
 */
#ifndef PIN_HOOK_H
#define PIN_HOOK_H

#include "accepted.h"
#include "common/record.h"
#include "openssl.h"

/* OpenSSLs in one process: a shared one, one inside the program, another release beside it. */
#define MAX_HOOKS 4

typedef int security_fn(const SSL *ssl, const SSL_CTX *ctx, int operation, int bits, int nid, void *other,
                        void *ex);
typedef void info_fn(const SSL *ssl, int where, int ret);

/* OpenSSL calls all but the last two with nothing that leads to the hook, so each hook has functions of its
 * own. */
struct hook_functions {
  X509_STORE_CTX_verify_fn verify;
  security_fn *security;
  info_fn *any_info; /* for a program's info callbacks that have no stand-in of their own */
  struct {
    int (*write)(BIO *bio, const char *data, int length);
    int (*read)(BIO *bio, char *data, int length);
    long (*control)(BIO *bio, int command, long number, void *pointer);
    int (*destroy)(BIO *bio);
  } bio;
  CRYPTO_EX_dup *dup_connection; /* for the ex_data of an SSL */
  CRYPTO_EX_free *free_connection;
};

enum hook_state { HOOK_INSTALLING = 0, HOOK_INSTALLED, HOOK_FAILED };

struct hook {
  _Atomic(const char *) claimed; /* where the object of the OpenSSL that this is for begins; NULL: free */
  atomic_int state;              /* enum hook_state */
  struct openssl openssl;

  /* Our ex_data indexes. That of contexts is set by the first of them too: other threads may verify before
   * the one that asked for it knows it. */
  atomic_int store_ctx_index;
  atomic_int ssl_index, session_index; /* hook_has_indexes(); 0: not asked for yet */
  __typeof__(CRYPTO_get_ex_new_index) *get_index;
  __typeof__(OSSL_LIB_CTX_set0_default) *set_default;
  OSSL_LIB_CTX *global_default; /* in which our callbacks are */
  bool has_programs_memory;     /* functions of the program's get OpenSSL its memory */
  atomic_int certificate_index; /* peer_chain.c */

  struct hook_functions functions;
  _Atomic(info_fn *) plain_info; /* stands for none of the program's info callbacks; NULL: not in place yet */

  /* What a new X509_STORE_CTX without a store has; NULL: not seen yet. */
  _Atomic(X509_STORE_CTX_verify_fn) openssls_verify;
  _Atomic(X509_STORE_CTX_verify_cb) openssls_callback;
  atomic_int verifications; /* contexts that live */
  struct accepted accepted;

  struct record_places contexts, connections; /* verification.c, connection.c */
  atomic_bool has_refused;                    /* a connection was refused, or cut off */

  _Atomic(security_fn *) original_security; /* libssl's default; NULL: not seen yet */
  _Atomic(BIO_METHOD *) refusing_bio;       /* refusing_bio.c; NULL: not made yet */
};

/* All there can be; those of no OpenSSL are not claimed. Pages that none needs stay untouched. */
extern struct hook hooks[MAX_HOOKS] __attribute__((visibility("hidden")));

/*
 * Asks for the indexes for SSL and SSL_SESSION, in the library context that is the default of this thread.
 * False: one of them is not to be had.
 */
bool hook_make_indexes(struct hook *hook);

/* The same in the context that the process began with, and with errors left as they are. Any thread. */
bool hook_ask_for_indexes(struct hook *hook);

/*
 * Whether there are indexes for SSL and SSL_SESSION. They are asked for when the first client's connection is
 * there: each class of data costs some 350 instructions for every object of its kind, which a server that
 * verifies nobody would pay for nothing.
 */
static inline bool hook_has_indexes(struct hook *hook) {
  return atomic_load_explicit(&hook->ssl_index, memory_order_acquire) > 0 || hook_ask_for_indexes(hook);
}

#endif
