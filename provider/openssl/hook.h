/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* struct hook: one OpenSSL of the process, and what we put into it. All files with callbacks share it.
 * Only hooks.c knows the list of callbacks and fills the struct in. */
#ifndef PIN_HOOK_H
#define PIN_HOOK_H

#include "accepted.h"
#include "common/record.h"
#include "openssl.h"

/* The most OpenSSLs in one process: a shared one, one linked into the program, another release beside it. */
#define MAX_HOOKS 4

typedef int security_fn(const SSL *ssl, const SSL_CTX *ctx, int operation, int bits, int nid, void *other,
                        void *ex);
typedef void info_fn(const SSL *ssl, int where, int ret);

/* Our callbacks for one hook. OpenSSL passes most of them nothing that leads to the hook, so each hook has
 * its own set of functions. The last two do get the hook. */
struct hook_functions {
  X509_STORE_CTX_verify_fn verify;
  security_fn *security;
  /* Stands in for those of a program's info callbacks that have no stand-in of their own. */
  info_fn *any_info;
  struct {
    int (*write)(BIO *bio, const char *data, int length);
    int (*read)(BIO *bio, char *data, int length);
    long (*control)(BIO *bio, int command, long number, void *pointer);
    int (*destroy)(BIO *bio);
  } bio;
  CRYPTO_EX_dup *dup_connection; /* for ex_data of class SSL */
  CRYPTO_EX_free *free_connection;
};

enum hook_state { HOOK_INSTALLING = 0, HOOK_INSTALLED, HOOK_FAILED };

struct hook {
  /* Start address of the object that holds this OpenSSL; NULL: the hook is free. */
  _Atomic(const char *) claimed;
  atomic_int state; /* enum hook_state */
  struct openssl openssl;

  /* Our ex_data indexes. That of X509_STORE_CTX is also set by the first callback for such a context,
   * since other threads may verify before the thread that asked for the index has stored it. */
  atomic_int store_ctx_index;
  atomic_int ssl_index, session_index; /* see hook_has_indexes(); 0: not asked for yet */
  __typeof__(CRYPTO_get_ex_new_index) *get_index;
  __typeof__(OSSL_LIB_CTX_set0_default) *set_default;
  OSSL_LIB_CTX *global_default; /* the library context that holds our callbacks; borrowed */
  bool has_programs_memory;     /* OpenSSL allocates with functions of the program's */
  atomic_int certificate_index; /* see peer_chain.c; 0: not asked for; -1: being asked for, or none */

  struct hook_functions functions;
  /* Our info callback that stands for no callback of the program's; NULL: not in place yet. */
  _Atomic(info_fn *) plain_info;

  /* The functions that a new X509_STORE_CTX without a store has; NULL: not seen yet. */
  _Atomic(X509_STORE_CTX_verify_fn) openssls_verify;
  _Atomic(X509_STORE_CTX_verify_cb) openssls_callback;
  atomic_int verifications; /* how many X509_STORE_CTX are alive */
  struct accepted accepted;

  struct record_places contexts, connections; /* data of verification.c and connection.c */
  atomic_bool has_refused;                    /* some connection was refused or cut off in this process */

  _Atomic(security_fn *) original_security; /* libssl's default callback; NULL: not seen yet */
  _Atomic(BIO_METHOD *) refusing_bio;       /* made by refusing_bio.c; NULL: not made yet */
};

/* One for each OpenSSL; unused ones have claimed == NULL, and their pages are never touched. */
extern struct hook hooks[MAX_HOOKS] __attribute__((visibility("hidden")));

/* Asks for the indexes for SSL and SSL_SESSION, in this thread's default library context. Returns false if
 * one of them cannot be had; a later call tries again. */
bool hook_make_indexes(struct hook *hook);

/* Does the same in the library context that the process began with, and leaves the error queue as it was.
 * Any thread. */
bool hook_ask_for_indexes(struct hook *hook);

/*
 * Whether there are indexes for SSL and SSL_SESSION; asks for them if not. Called only once a client's
 * connection exists: each class of ex_data costs about 350 instructions for every object of its kind, which a
 * server that verifies nobody should not pay.
 */
static inline bool hook_has_indexes(struct hook *hook) {
  return atomic_load_explicit(&hook->ssl_index, memory_order_acquire) > 0 || hook_ask_for_indexes(hook);
}

#endif
