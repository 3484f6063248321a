/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* One OpenSSL of the process, and what was put into it. Shared by the files that hold the callbacks. */
#ifndef PIN_HOOK_H
#define PIN_HOOK_H

#include "accepted.h"
#include "common/record.h"
#include "openssl.h"

typedef int security_fn(const SSL *ssl, const SSL_CTX *ctx, int operation, int bits, int nid, void *other,
                        void *ex);
typedef void info_fn(const SSL *ssl, int where, int ret);

/* OpenSSL calls these with nothing that leads to the hook, so each hook has functions of its own. */
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
};

enum hook_state { HOOK_INSTALLING = 0, HOOK_INSTALLED, HOOK_FAILED };

struct hook {
  _Atomic(const char *) claimed; /* where the object of the OpenSSL that this is for begins; NULL: free */
  atomic_int state;              /* enum hook_state */
  struct openssl openssl;

  /* Our ex_data indexes. That of contexts is set by the first of them too: other threads may verify before
   * the one that asked for it knows it. */
  atomic_int store_ctx_index;
  atomic_int ssl_index, session_index; /* hooks_has_indexes(); 0: not asked for yet */
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

#endif
