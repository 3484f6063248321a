/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The shim's versions of libc's resolver functions. Some programs check a certificate's name themselves,
 * or not at all, and give OpenSSL no name. But they have resolved it. */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "preload.h"
#include "resolved.h"

#define VISIBLE __attribute__((visibility("default")))

VISIBLE int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                        struct addrinfo **ret_addresses);
VISIBLE struct hostent *gethostbyname(const char *name);
VISIBLE struct hostent *gethostbyname2(const char *name, int family);
VISIBLE int gethostbyname_r(const char *name, struct hostent *host, char *buffer, size_t size,
                            struct hostent **ret_host, int *ret_error);
VISIBLE int gethostbyname2_r(const char *name, int family, struct hostent *host, char *buffer, size_t size,
                             struct hostent **ret_host, int *ret_error);

bool preload_find_real(_Atomic(void *) *found, const char *function, void *ret_function) {
  void *symbol = atomic_load(found);

  if (symbol == NULL)
    atomic_store(found, symbol = dlsym(RTLD_NEXT, function));
  memcpy(ret_function, &symbol, sizeof symbol);
  return symbol != NULL;
}

void preload_remember(const char *name, const struct addrinfo *info) {
  int saved_errno = errno;

  for (; name != NULL && info != NULL; info = info->ai_next) {
    if (info->ai_family == AF_INET && info->ai_addrlen >= sizeof(struct sockaddr_in))
      resolved_remember(name, AF_INET, (const char *)info->ai_addr + offsetof(struct sockaddr_in, sin_addr));
    else if (info->ai_family == AF_INET6 && info->ai_addrlen >= sizeof(struct sockaddr_in6))
      resolved_remember(name, AF_INET6,
                        (const char *)info->ai_addr + offsetof(struct sockaddr_in6, sin6_addr));
  }
  errno = saved_errno;
}

static struct hostent *remember_host(const char *name, struct hostent *host) {
  int saved_errno = errno;

  if (host != NULL) {
    for (char **address = host->h_addr_list; *address != NULL; address++)
      resolved_remember(name, host->h_addrtype, *address);
  }
  errno = saved_errno;
  return host;
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_addresses) {
  static _Atomic(void *) found;
  __typeof__(getaddrinfo) *real;
  int result;

  if (!preload_find_real(&found, "getaddrinfo", &real))
    return EAI_SYSTEM;
  result = real(node, service, hints, ret_addresses);
  if (result == 0)
    preload_remember(node, *ret_addresses);
  return result;
}

struct hostent *gethostbyname(const char *name) {
  static _Atomic(void *) found;
  __typeof__(gethostbyname) *real;

  return preload_find_real(&found, "gethostbyname", &real) ? remember_host(name, real(name)) : NULL;
}

struct hostent *gethostbyname2(const char *name, int family) {
  static _Atomic(void *) found;
  __typeof__(gethostbyname2) *real;

  return preload_find_real(&found, "gethostbyname2", &real) ? remember_host(name, real(name, family)) : NULL;
}

int gethostbyname_r(const char *name, struct hostent *host, char *buffer, size_t size,
                    struct hostent **ret_host, int *ret_error) {
  static _Atomic(void *) found;
  __typeof__(gethostbyname_r) *real;
  int result;

  if (!preload_find_real(&found, "gethostbyname_r", &real))
    return ENOSYS;
  result = real(name, host, buffer, size, ret_host, ret_error);
  if (result == 0)
    remember_host(name, *ret_host);
  return result;
}

int gethostbyname2_r(const char *name, int family, struct hostent *host, char *buffer, size_t size,
                     struct hostent **ret_host, int *ret_error) {
  static _Atomic(void *) found;
  __typeof__(gethostbyname2_r) *real;
  int result;

  if (!preload_find_real(&found, "gethostbyname2_r", &real))
    return ENOSYS;
  result = real(name, family, host, buffer, size, ret_host, ret_error);
  if (result == 0)
    remember_host(name, *ret_host);
  return result;
}
