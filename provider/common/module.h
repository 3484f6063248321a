/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What pinning.so exports besides OSSL_provider_init: what it and the preload shim are to one another. */
#ifndef PIN_MODULE_H
#define PIN_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct x509_st; /* OpenSSL's X509 */

/* False ends a visit. */
typedef bool pinning_visit_name_fn(const char *name, void *arg);

/*
 * What the shim saw of the process: which names were resolved, and to what. Any thread, no lock, errno may
 * change. A name that is passed to a visit is valid during it.
 */
struct pinning_seen {
  /*
   * Visits each name that was resolved to an IP address (AF_INET with a struct in_addr, AF_INET6 with a
   * struct in6_addr that is no IPv4-mapped one), and each of which not all addresses are known. False: a name
   * may be missing, for want of memory.
   */
  bool (*names_of)(int family, const void *address, pinning_visit_name_fn *visit, void *arg);
  /*
   * Whether `covers` says yes to any name that was resolved, or a name may be missing; it is asked once about
   * each name for each policy, which `generation` tells apart.
   */
  bool (*any_name)(uint64_t generation, pinning_visit_name_fn *covers, void *arg);
};

/*
 * For the preload shim: puts the hooks into the OpenSSL that holds `address`, and asks the shim from then on,
 * whose functions stay. Returns 1 when the hooks are in place, by this call or an earlier one, and 0 when
 * that OpenSSL cannot be enforced.
 */
int pinning_attach(const void *address, const struct pinning_seen *seen);

/*
 * For the preload shim: a program asks OpenSSL outside of any verification whether a certificate is for a
 * name, or an address as text, and OpenSSL says yes. check_host: the X509_check_host(3) of that OpenSSL. 1:
 * it may be so; 0: an entry of the policy covers the name, and what was proven of the certificate does not
 * satisfy it, or nobody can tell. Changes neither errno nor the error queue.
 */
int pinning_allows(const void *check_host, struct x509_st *certificate, const char *name);

/*
 * Whether an entry of the policy covers the name, for any port. Reads the policy if that was not done yet.
 * 1: yes, or nobody can tell; 0: no.
 */
int pinning_covers(const char *name);

#endif
