/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/lookup.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "base/timestamp.h"

/* There may be one for each host: the usual 8 MiB are more than a resolver needs. */
#define STACK_SIZE ((size_t)512 * 1024)

struct lookup {
  char *name;
  pthread_mutex_t lock;
  double begun;
  struct addrinfo *found;
  bool ended;
  bool abandoned; /* whoever asked is gone */
};

static void destroy(struct lookup *lookup) {
  if (lookup->found != NULL)
    freeaddrinfo(lookup->found);
  pthread_mutex_destroy(&lookup->lock);
  free(lookup->name);
  free(lookup);
}

static void *ask(void *arg) {
  struct lookup *lookup = arg;
  const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  if (getaddrinfo(lookup->name, NULL, &hints, &found) != 0)
    found = NULL;
  pthread_mutex_lock(&lookup->lock);
  lookup->found = found;
  lookup->ended = true;
  bool abandoned = lookup->abandoned;
  pthread_mutex_unlock(&lookup->lock);
  if (abandoned)
    destroy(lookup);
  return NULL;
}

/* Signals are for the thread that handles them. */
static bool begin(struct lookup *lookup) {
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, before;
  if (pthread_attr_init(&attributes) != 0)
    return false;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool good = pthread_attr_setstacksize(&attributes, STACK_SIZE) == 0 &&
              pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
              pthread_create(&thread, &attributes, ask, lookup) == 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return good;
}

struct lookup *lookup_new(const char *name) {
  struct lookup *lookup = must_alloc(1, sizeof *lookup);
  lookup->name = must_copy(name);
  lookup->begun = monotonic_seconds();
  pthread_mutex_init(&lookup->lock, NULL);
  if (begin(lookup))
    return lookup;
  destroy(lookup);
  return NULL;
}

enum lookup_state lookup_look(struct lookup *lookup, double seconds, struct addrinfo **ret_found) {
  pthread_mutex_lock(&lookup->lock);
  bool ended = lookup->ended;
  *ret_found = lookup->found;
  lookup->found = NULL;
  pthread_mutex_unlock(&lookup->lock);
  if (ended)
    return LOOKUP_ENDED;
  return monotonic_seconds() > lookup->begun + seconds ? LOOKUP_LATE : LOOKUP_GOES_ON;
}

void lookup_free(struct lookup *lookup) {
  if (lookup == NULL)
    return;
  pthread_mutex_lock(&lookup->lock);
  bool ended = lookup->ended;
  lookup->abandoned = true;
  pthread_mutex_unlock(&lookup->lock);
  if (ended)
    destroy(lookup);
}
