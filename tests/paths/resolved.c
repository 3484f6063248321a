/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Clients that give OpenSSL no name, but had libc resolve it: the shim sees that, each way that libc offers.
 */
#include "kit.h"

#include <errno.h>
#include <netdb.h>
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

static const struct test_case cases[] = {
    CASES(getaddrinfo),
    CASES(gethostbyname),
    CASES(gethostbyname2),
    CASES(gethostbyname_r),
    CASES(gethostbyname2_r),
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
