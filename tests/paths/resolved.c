/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Clients that give OpenSSL no name, but had libc resolve it: the shim sees that, each way that libc offers.
 */
#include "kit.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool by_getaddrinfo(void) {
  const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  struct addrinfo *addresses;

  if (getaddrinfo("localhost", "443", &hints, &addresses) != 0)
    return false;
  freeaddrinfo(addresses);
  return true;
}

static bool by_gethostbyname(void) {
  return gethostbyname("localhost") != NULL;
}

static bool by_gethostbyname2(void) {
  return gethostbyname2("localhost", AF_INET) != NULL;
}

static bool by_gethostbyname_r(void) {
  struct hostent host, *found;
  char buffer[4096];
  int error;

  return gethostbyname_r("localhost", &host, buffer, sizeof buffer, &found, &error) == 0 && found != NULL;
}

static bool by_gethostbyname2_r(void) {
  struct hostent host, *found;
  char buffer[4096];
  int error;

  return gethostbyname2_r("localhost", AF_INET, &host, buffer, sizeof buffer, &found, &error) == 0 &&
         found != NULL;
}

static bool by_v4mapped(void) {
  const struct addrinfo hints = {
      .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_V4MAPPED | AI_ALL};
  struct addrinfo *addresses;

  if (getaddrinfo("localhost", "443", &hints, &addresses) != 0)
    return false;
  freeaddrinfo(addresses);
  return true;
}

/* ---- getaddrinfo_a ---- */

static const struct addrinfo v4_hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};

/* The name is gone when the result comes, and the result when its status is asked for again. */
static bool end_request(struct gaicb *request, char *name) {
  memset(name, 'x', strlen(name));
  if (gai_error(request) != 0)
    return false;
  freeaddrinfo(request->ar_result);
  request->ar_result = (struct addrinfo *)(void *)name;
  return gai_error(request) == 0;
}

static struct gaicb request_for(const char *name) {
  return (struct gaicb){.ar_name = name, .ar_service = "443", .ar_request = &v4_hints};
}

static bool by_waiting(void) {
  char name[] = "localhost";
  struct gaicb request = request_for(name), *list[] = {NULL, &request};

  return getaddrinfo_a(GAI_WAIT, list, 2, NULL) == 0 && end_request(&request, name);
}

/* Another name too, so that one slot serves twice. */
static bool by_suspending(void) {
  char name[] = "localhost";
  struct gaicb requests[] = {request_for("127.0.0.2"), request_for(name)};

  for (int i = 0; i < 2; i++) {
    struct gaicb *list[] = {&requests[i]};
    const struct gaicb *waited[] = {NULL, &requests[i]};
    int status;

    if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0)
      return false;
    do
      status = gai_suspend(waited, 2, NULL);
    while (status != 0 && status != EAI_ALLDONE);
  }
  return end_request(&requests[1], name);
}

static bool by_polling(void) {
  char name[] = "localhost";
  struct gaicb request = request_for(name), *list[] = {&request};

  if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0)
    return false;
  while (gai_error(&request) == EAI_INPROGRESS)
    usleep(1000);
  return end_request(&request, name);
}

/* Whoever is not told that a name has no address has it for every one. */
static bool by_forgetting(void) {
  static char name[] = "localhost";
  static struct gaicb request, *list[] = {&request};

  request = request_for(name);
  return getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) == 0;
}

/* A covered name that has no address, or whose request was cancelled, is nobody's, as soon as that was told.
 */
static struct gaicb failing_request(void) {
  return (struct gaicb){.ar_name = "localhost", .ar_service = "no-such-service", .ar_request = &v4_hints};
}

static bool by_failing_wait(void) {
  struct gaicb request = failing_request(), *list[] = {&request};

  return getaddrinfo_a(GAI_WAIT, list, 1, NULL) == 0;
}

static bool by_failing_suspension(void) {
  struct gaicb request = failing_request(), *list[] = {&request};
  const struct gaicb *waited[] = {&request};
  int status;

  if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0)
    return false;
  do
    status = gai_suspend(waited, 1, NULL);
  while (status != 0 && status != EAI_ALLDONE);
  return true;
}

static bool by_failing_poll(void) {
  struct gaicb request = failing_request(), *list[] = {&request};
  int status;

  if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0)
    return false;
  while ((status = gai_error(&request)) == EAI_INPROGRESS)
    usleep(1000);
  return status != 0;
}

static bool by_cancelling(void) {
  struct gaicb requests[64], *list[64];

  for (int i = 0; i < 64; i++) {
    requests[i] = request_for(i == 63 ? "localhost" : "127.0.0.2");
    requests[i].ar_service = i == 63 ? "no-such-service" : "443";
    list[i] = &requests[i];
  }
  if (getaddrinfo_a(GAI_NOWAIT, list, 64, NULL) != 0)
    return false;
  while (gai_cancel(&requests[63]) == EAI_NOTCANCELED)
    usleep(1000);
  for (int i = 0; i < 63; i++) {
    while (gai_error(&requests[i]) == EAI_INPROGRESS)
      usleep(1000);
  }
  return true;
}

static bool by_nobody(void) {
  return true;
}

/* A name that does not resolve, and one whose answer has no room: the caller sees the very same failure. */
static bool in_vain(void) {
  struct hostent host, *found = &host;
  struct addrinfo *addresses;
  char buffer[1];
  int error;

  return getaddrinfo("-", NULL, NULL, &addresses) != 0 && gethostbyname("-") == NULL &&
         gethostbyname_r("localhost", &host, buffer, sizeof buffer, &found, &error) == ERANGE &&
         found == NULL;
}

/* In a child, so that nothing of it is remembered here. */
static bool is_resolvable(void) {
  int status;
  pid_t child = fork();

  if (child == 0)
    _exit(by_getaddrinfo() ? 0 : 1);
  return waitpid(child, &status, 0) == child && status == 0;
}

static enum outcome connect_after(bool (*resolve)(void), const struct setup *setup) {
  if (!is_resolvable())
    not_applicable("this machine does not resolve localhost");
  replace_policy("resolved");
  if (!resolve())
    broken("localhost does not resolve as it should");
  return connect_once(setup);
}

#define RESOLVER(name)                                                                                       \
  static enum outcome after_##name(const struct setup *setup) {                                              \
    return connect_after(by_##name, setup);                                                                  \
  }
RESOLVER(getaddrinfo)
RESOLVER(gethostbyname)
RESOLVER(gethostbyname2)
RESOLVER(gethostbyname_r)
RESOLVER(gethostbyname2_r)
RESOLVER(v4mapped)
RESOLVER(waiting)
RESOLVER(suspending)
RESOLVER(polling)
RESOLVER(forgetting)
RESOLVER(failing_wait)
RESOLVER(failing_suspension)
RESOLVER(failing_poll)
RESOLVER(cancelling)
RESOLVER(nobody)

static enum outcome after_failures(const struct setup *setup) {
  return connect_after(in_vain, setup);
}

#define SHIM_REFUSES .without = ACCEPTED, .provider = ACCEPTED, .shim = REFUSED
#define NO_NAME "no name, and only the shim sees what was resolved"

#define CASES(name)                                                                                          \
  {"resolved/" #name "/right-key", after_##name, {.chain = "good", .transport = SOCKET}, ALL_ACCEPT}, {      \
    "resolved/" #name "/wrong-key", after_##name, {.chain = "bad", .transport = SOCKET}, SHIM_REFUSES,       \
        .note = NO_NAME                                                                                      \
  }

#define IN_VAIN(name)                                                                                        \
  {                                                                                                          \
    "resolved/" #name "/wrong-key", after_##name, {.chain = "bad", .transport = SOCKET}, ALL_ACCEPT,         \
        .note = "the name has no address"                                                                    \
  }

static const struct test_case cases[] = {
    CASES(getaddrinfo),
    CASES(gethostbyname),
    CASES(gethostbyname2),
    CASES(gethostbyname_r),
    CASES(gethostbyname2_r),
    CASES(waiting),
    CASES(suspending),
    CASES(polling),
    CASES(forgetting),
    IN_VAIN(failing_wait),
    IN_VAIN(failing_suspension),
    IN_VAIN(failing_poll),
    IN_VAIN(cancelling),
    {"resolved/mapped/right-key", after_gethostbyname, {.chain = "good", .transport = MAPPED}, ALL_ACCEPT},
    {"resolved/mapped/wrong-key",
     after_gethostbyname,
     {.chain = "bad", .transport = MAPPED},
     SHIM_REFUSES,
     .note = NO_NAME},
    {"resolved/v4mapped/wrong-key",
     after_v4mapped,
     {.chain = "bad", .transport = SOCKET},
     SHIM_REFUSES,
     .note = NO_NAME},
    {"resolved/not/wrong-key",
     after_nobody,
     {.chain = "bad", .transport = SOCKET},
     ALL_ACCEPT,
     .note = NO_NAME},
    {"resolved/in-vain/wrong-key",
     after_failures,
     {.chain = "bad", .transport = SOCKET},
     ALL_ACCEPT,
     .note = NO_NAME},
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
