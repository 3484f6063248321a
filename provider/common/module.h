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
 * Which names an entry of the policy covers, at any port. The answer is kept for each name, and for each
 * address to which no such name leads, so that others may resolve as many as they like.
 */
struct pinning_covering {
  uint64_t generation;           /* tells policies apart */
  pinning_visit_name_fn *covers; /* whether it covers the name */
  void *arg;
};

/*
 * What the shim saw of the process: which names were resolved, and to what. An address is AF_INET with a
 * struct in_addr, or AF_INET6 with a struct in6_addr that is no IPv4-mapped one. Any thread, no lock, errno
 * may change. A name that is passed to a visit is valid during it.
 */
struct pinning_seen {
  /*
   * Of this structure, as the shim was built. New functions come at the end: a process that runs since before
   * an upgrade has the shim of before, with which the module of after may meet.
   */
  size_t size;
  /* Whether a covered name was resolved, or a name may be missing. */
  bool (*any_name)(const struct pinning_covering *covering);
  /* The same of the names that were resolved to the address; or, for AF_UNSPEC, of those of which not all
   * addresses are known, which count for every address. The former takes no longer for many names. */
  bool (*any_name_of)(const struct pinning_covering *covering, int family, const void *address);
  /* Visits each covered one of both. False: one may be missing, for want of memory or since there are
   * too many. */
  bool (*names_of)(const struct pinning_covering *covering, int family, const void *address,
                   pinning_visit_name_fn *visit, void *arg);
  /* Visits every covered name that was resolved. False: one may be missing, there are too many, or the visit
   * was ended. */
  bool (*every_name)(const struct pinning_covering *covering, pinning_visit_name_fn *visit, void *arg);
  /* The same of the addresses that names were resolved to, as text; there are never too many. */
  bool (*every_address)(const struct pinning_covering *covering, pinning_visit_name_fn *visit, void *arg);
};

/*
 * For the preload shim: puts the hooks into the OpenSSL that holds `address`, and asks the shim from then on,
 * whose functions stay. Returns 1 when the hooks are in place, by this call or an earlier one, and 0 when
 * that OpenSSL cannot be enforced. seen: NULL: nobody saw any name.
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
