/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* 0 is the application's own of every class (CRYPTO_get_ex_new_index(3)). */
#define FIRST_INDEX 1

/* The application data of the session's ticket; NULL: there is none. */
static const unsigned char *encoded(const struct libssl *libssl, SSL_SESSION *session, size_t *ret_size) {
  void *data = NULL;

  *ret_size = 0;
  return libssl->SSL_SESSION_get0_ticket_appdata(session, &data, ret_size) == 1 ? data : NULL;
}

/*
 * OpenSSL duplicates a session's data up to the last that is set, and a program's callback may not expect
 * that its own is not (openssl-internals S4). So this is for an index that no other is below. Elsewhere a
 * session for which the program has application data of its own keeps nothing.
 */
static void keep_beside(struct hook *hook, SSL_SESSION *session, struct kept_path *kept) {
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  int index = atomic_load_explicit(&hook->session_index, memory_order_acquire);

  if (index != FIRST_INDEX || libssl->SSL_SESSION_set_ex_data(session, index, kept) != 1)
    free(kept);
}

/* What is kept there of before. */
static void forget_beside(struct hook *hook, SSL_SESSION *session) {
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  int index = atomic_load_explicit(&hook->session_index, memory_order_acquire);
  void *earlier = index == 0 ? NULL : libssl->SSL_SESSION_get_ex_data(session, index);

  if (earlier != NULL && libssl->SSL_SESSION_set_ex_data(session, index, NULL) == 1)
    free(earlier);
}

void session_keep(struct hook *hook, SSL_SESSION *session, struct kept_path *kept) {
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  size_t size;
  const unsigned char *there = encoded(libssl, session, &size);

  crypto->ERR_set_mark();
  /* Without memory for it the session keeps nothing, and is not offered where more than its peer's own key
     is asked for. */
  if (there == NULL || kept_path_is_one(there, size))
    (void)libssl->SSL_SESSION_set1_ticket_appdata(session, kept->bytes, kept->size);
  forget_beside(hook, session);
  keep_beside(hook, session, kept);
  crypto->ERR_pop_to_mark();
}

const unsigned char *session_kept(struct hook *hook, SSL_SESSION *session, size_t *ret_size) {
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  int index = atomic_load_explicit(&hook->session_index, memory_order_acquire);
  const struct kept_path *kept = index == 0 ? NULL : libssl->SSL_SESSION_get_ex_data(session, index);
  const unsigned char *bytes;

  if (kept != NULL) {
    *ret_size = kept->size;
    return kept->bytes;
  }
  bytes = encoded(libssl, session, ret_size);
  return kept_path_is_one(bytes, *ret_size) ? bytes : NULL;
}

int session_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int index, long argl,
                void *argp) {
  int saved_errno = errno;
  const struct kept_path *kept = *from_d;
  size_t size = kept != NULL ? sizeof *kept + kept->size : 0;
  void *copy = size > 0 ? malloc(size) : NULL;

  (void)to;
  (void)from;
  (void)index;
  (void)argl;
  (void)argp;
  *from_d = copy != NULL ? memcpy(copy, kept, size) : NULL;
  errno = saved_errno;
  return 1;
}

void session_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  (void)parent;
  (void)ad;
  (void)index;
  (void)argl;
  (void)argp;
  free(ptr);
}
