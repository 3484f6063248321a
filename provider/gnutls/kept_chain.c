/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "kept_chain.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sessions of a process that are remembered at a time: a server of TLS 1.3 sends two for each connection. */
#define REMEMBERED 64
/* A chain of more bytes is not remembered. */
#define MAX_BYTES 65536

struct kept_chain {
  struct evidence evidence; /* points into what follows */
  gnutls_datum_t certificates[];
};

static struct {
  unsigned char digest[32];
  struct kept_chain *chain; /* NULL: a free place */
} remembered[REMEMBERED];
static unsigned next_place;
static atomic_int turn; /* the process whose thread looks or writes; 0: none */

/*
 * Forgets what another thread of the parent process was changing when this one was forked from it: a digest
 * may stand before another's chain. The memory of these chains is lost, once.
 */
static void forget_all(void) {
  for (unsigned i = 0; i < REMEMBERED; i++)
    remembered[i].chain = NULL;
}

/* False: another thread has it for long. Then nothing is remembered or found, and full handshakes follow. */
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

/* Session data are thousands of bytes: GnuTLS is faster at that than sha256.c. False: it does not do it. */
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
