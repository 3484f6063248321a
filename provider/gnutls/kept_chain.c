/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "kept_chain.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How many sessions a process remembers. A server of TLS 1.3 sends two for each connection. */
#define REMEMBERED 64
/* A chain with more bytes is not remembered. */
#define MAX_BYTES 65536

struct kept_chain {
  struct evidence evidence; /* its certificates are the member below */
  gnutls_datum_t certificates[];
};

static struct {
  unsigned char digest[32];
  struct kept_chain *chain; /* owned; NULL: the place is free */
} remembered[REMEMBERED];
static unsigned next_place;
static atomic_int turn; /* id of the process whose thread uses the table; 0: none */

/* For a child that was forked while another thread of its parent was changing the table: a digest may
 * stand with another session's chain. So all is forgotten. The memory of these chains is lost, once. */
static void forget_all(void) {
  for (unsigned i = 0; i < REMEMBERED; i++)
    remembered[i].chain = NULL;
}

/* Takes the table. False: another thread keeps it for long. Then nothing is remembered or found, and full
 * handshakes follow. */
static bool take_turn(void) {
  int process = (int)getpid();

  for (int tries = 0; tries < 1000; tries++) {
    int holder = 0;

    if (atomic_compare_exchange_strong_explicit(&turn, &holder, process, memory_order_acquire,
                                                memory_order_relaxed))
      return true;
    if (holder != process && atomic_compare_exchange_strong(&turn, &holder, process)) {
      forget_all();
      return true;
    }
    sched_yield();
  }
  return false;
}

static void end_turn(void) {
  atomic_store_explicit(&turn, 0, memory_order_release);
}

/* Copies the evidence; NULL: it is empty or too large, or no memory. */
static struct kept_chain *copy(const struct evidence *evidence) {
  size_t bytes = 0, head = sizeof(struct kept_chain) + evidence->count * sizeof(gnutls_datum_t);
  struct kept_chain *kept;
  unsigned char *at;

  for (unsigned i = 0; i < evidence->count; i++)
    bytes += evidence->certificates[i].size;
  if (evidence->count == 0 || evidence->count > PATH_MAX_SENT || bytes > MAX_BYTES)
    return NULL;
  kept = malloc(head + bytes);
  if (kept == NULL)
    return NULL;
  kept->evidence = *evidence;
  kept->evidence.certificates = kept->certificates;
  at = (unsigned char *)kept + head;
  for (unsigned i = 0; i < evidence->count; i++) {
    kept->certificates[i] = (gnutls_datum_t){at, evidence->certificates[i].size};
    memcpy(at, evidence->certificates[i].data, evidence->certificates[i].size);
    at += evidence->certificates[i].size;
  }
  return kept;
}

/* Session data is thousands of bytes long, which GnuTLS hashes faster than sha256.c. False: it failed. */
static bool digest_of(const struct library *library, const void *session, size_t size,
                      unsigned char ret_digest[32]) {
  return library->gnutls_hash_fast(GNUTLS_DIG_SHA256, session, size, ret_digest) >= 0;
}

void kept_chain_remember(const struct library *library, const void *session, size_t size,
                         const struct evidence *evidence) {
  unsigned char digest[32];
  struct kept_chain *chain = digest_of(library, session, size, digest) ? copy(evidence) : NULL, *before;

  if (chain == NULL)
    return;
  if (!take_turn()) {
    free(chain);
    return;
  }
  before = remembered[next_place].chain;
  memcpy(remembered[next_place].digest, digest, sizeof digest);
  remembered[next_place].chain = chain;
  next_place = (next_place + 1) % REMEMBERED;
  end_turn();
  free(before);
}

struct kept_chain *kept_chain_find(const struct library *library, const void *session, size_t size) {
  struct kept_chain *found = NULL;
  unsigned char digest[32];

  if (!digest_of(library, session, size, digest) || !take_turn())
    return NULL;
  for (unsigned i = 0; i < REMEMBERED && found == NULL; i++) {
    if (remembered[i].chain != NULL && memcmp(remembered[i].digest, digest, sizeof digest) == 0)
      found = copy(&remembered[i].chain->evidence);
  }
  end_turn();
  return found;
}

struct evidence kept_chain_evidence(const struct kept_chain *kept) {
  return kept->evidence;
}

void kept_chain_free(struct kept_chain *kept) {
  free(kept);
}
