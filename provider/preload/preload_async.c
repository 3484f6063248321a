/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The shim's getaddrinfo_a(3), which resolves in threads of libc's. A result is read once, when the program
 * is told that its request is complete; afterwards the program may free it. If the program never asks about a
 * request, its name stays a name of every address.
 */
#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "preload.h"
#include "resolved.h"

#define VISIBLE __attribute__((visibility("default")))
#define NAME_SIZE 254 /* RFC 1035, 2.3.4; resolved.c does not remember longer names either */

VISIBLE int getaddrinfo_a(int mode, struct gaicb *list[], int count, struct sigevent *event);
VISIBLE int gai_suspend(const struct gaicb *const list[], int count, const struct timespec *timeout);
VISIBLE int gai_error(struct gaicb *request);
VISIBLE int gai_cancel(struct gaicb *request);

/* A request whose result the program has not been told yet. The name is copied, because the program may
 * free it earlier. */
struct watched {
  struct watched *next;
  _Atomic(const void *) request; /* NULL: free; the record's own address: a thread is working on it */
  char name[NAME_SIZE];
};

/* All records. None is ever removed, so no lock is needed, and there are as many as there ever were
 * requests at a time. */
static _Atomic(struct watched *) all_watched;

/* ---- Requests ---- */

static bool claim(struct watched *watched, const void *request) {
  return atomic_compare_exchange_strong(&watched->request, &request, watched);
}

/* Takes the record of a request, which then belongs to the caller alone; NULL: there is none. */
static struct watched *take(const struct gaicb *request) {
  for (struct watched *watched = atomic_load(&all_watched); watched != NULL; watched = watched->next) {
    if (atomic_load(&watched->request) == request && claim(watched, request))
      return watched;
  }
  return NULL;
}

/* Takes a free record, which then belongs to the caller alone; NULL: no memory. */
static struct watched *take_free(void) {
  struct watched *watched = atomic_load(&all_watched);

  while (watched != NULL && (atomic_load(&watched->request) != NULL || !claim(watched, NULL)))
    watched = watched->next;
  if (watched != NULL)
    return watched;
  watched = calloc(1, sizeof *watched);
  if (watched == NULL)
    return NULL;
  atomic_store(&watched->request, watched);
  watched->next = atomic_load(&all_watched);
  while (!atomic_compare_exchange_weak(&all_watched, &watched->next, watched))
    continue;
  return watched;
}
/* Gives a record back. request: what it is for from now on; NULL: free. */

static void let_go(struct watched *watched, const void *request) {
  atomic_store(&watched->request, request);
}

static void watch(const struct gaicb *request) {
  struct watched *watched = take(request);

  /* The program never asked what became of the earlier request at this address, so that name stays a name
   * of every address. */
  if (watched != NULL)
    let_go(watched, NULL);
  if (request->ar_name == NULL || strlen(request->ar_name) >= NAME_SIZE)
    return;
  resolved_begin(request->ar_name);
  watched = take_free();
  if (watched == NULL)
    return;
  strcpy(watched->name, request->ar_name);
  let_go(watched, request);
}

/* Called when the program is told this status of a request. */
static void tell(const struct gaicb *request, int status) {
  struct watched *watched = status != EAI_INPROGRESS ? take(request) : NULL;

  if (watched == NULL)
    return;
  if (status == 0)
    preload_remember(watched->name, request->ar_result);
  resolved_end(watched->name);
  let_go(watched, NULL);
}

static int real_error(struct gaicb *request) {
  static _Atomic(void *) found;
  __typeof__(gai_error) *real;

  return preload_find_real(&found, "gai_error", &real) ? real(request) : EAI_SYSTEM;
}

/* Called when the program may read the results of all requests that are complete. */
static void tell_all(struct gaicb *const list[], int count) {
  int saved_errno = errno;

  for (int i = 0; i < count; i++) {
    if (list[i] != NULL)
      tell(list[i], real_error(list[i]));
  }
  errno = saved_errno;
}

/* ---- The functions ---- */

int getaddrinfo_a(int mode, struct gaicb *list[], int count, struct sigevent *event) {
  static _Atomic(void *) found;
  __typeof__(getaddrinfo_a) *real;
  int saved_errno = errno, result;

  if (!preload_find_real(&found, "getaddrinfo_a", &real))
    return EAI_SYSTEM;
  /* Before the call, because a connection may be made before this thread returns. */
  for (int i = 0; (mode == GAI_WAIT || mode == GAI_NOWAIT) && i < count; i++) {
    if (list[i] != NULL)
      watch(list[i]);
  }
  errno = saved_errno;
  result = real(mode, list, count, event);
  /* If the call failed, it is not known which requests have a result. */
  if (mode == GAI_WAIT && result == 0)
    tell_all(list, count);
  return result;
}

int gai_suspend(const struct gaicb *const list[], int count, const struct timespec *timeout) {
  static _Atomic(void *) found;
  __typeof__(gai_suspend) *real;
  struct gaicb *const *requests;
  int result;

  if (!preload_find_real(&found, "gai_suspend", &real))
    return EAI_SYSTEM;
  result = real(list, count, timeout);
  memcpy(&requests, &list, sizeof requests);
  tell_all(requests, count);
  return result;
}

int gai_error(struct gaicb *request) {
  int result = real_error(request), saved_errno = errno;

  tell(request, result);
  errno = saved_errno;
  return result;
}

int gai_cancel(struct gaicb *request) {
  static _Atomic(void *) found;
  __typeof__(gai_cancel) *real;
  int result, saved_errno;

  if (!preload_find_real(&found, "gai_cancel", &real))
    return EAI_SYSTEM;
  result = real(request);
  saved_errno = errno;
  if (request != NULL && result == EAI_CANCELED)
    tell(request, result);
  else if (request != NULL && result == EAI_ALLDONE)
    tell(request, real_error(request));
  errno = saved_errno;
  return result;
}
