/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Index 0 of every class belongs to the application (CRYPTO_get_ex_new_index(3)), so this is the first
 * that can be ours. */
#define FIRST_INDEX 1

/* The application data of the session's ticket; NULL: none. */
static const unsigned char *ticket_data(const struct libssl *libssl, SSL_SESSION *session, size_t *ret_size) {
  void *data = NULL;

  *ret_size = 0;
  return libssl->SSL_SESSION_get0_ticket_appdata(session, &data, ret_size) == 1 ? data : NULL;
}

/*
 * Stores the path as ex_data; takes ownership. OpenSSL duplicates a session's ex_data up to the last index
 * that is set, and a program's callback may not expect its own data to be missing (openssl-internals S4). So
 * ex_data is used only if our index is the first. At any other index, a session with application data of the
 * program's stores nothing.
 */
static void keep_in_ex_data(struct hook *hook, SSL_SESSION *session, struct kept_path *kept) {
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  int index = atomic_load_explicit(&hook->session_index, memory_order_acquire);

  if (index != FIRST_INDEX || libssl->SSL_SESSION_set_ex_data(session, index, kept) != 1)
    free(kept);
}

/* Frees the path that the session has stored as ex_data so far. */
static void forget_ex_data(struct hook *hook, SSL_SESSION *session) {
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
  const unsigned char *there = ticket_data(libssl, session, &size);

  crypto->ERR_set_mark();
  /* Without memory nothing is stored. Such a session is offered only if the policy asks for no more than
   * the peer's own key. */
  if (there == NULL || kept_path_is_one(there, size))
    (void)libssl->SSL_SESSION_set1_ticket_appdata(session, kept->bytes, kept->size);
  forget_ex_data(hook, session);
  keep_in_ex_data(hook, session, kept);
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
  bytes = ticket_data(libssl, session, ret_size);
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
