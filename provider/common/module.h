/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The interface between pinning.so and the preload shim, besides OSSL_provider_init. */
#ifndef PIN_MODULE_H
#define PIN_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct x509_st; /* OpenSSL's X509 */

/* Gets one name, valid during the call. Returning false ends the visit. */
typedef bool pinning_visit_name_fn(const char *name, void *arg);

/*
 * Asks whether an entry of the policy covers a name, for any port. The shim keeps the answer for each name,
 * and for each address none of whose names is covered, so that it costs little however many names are
 * resolved.
 */
struct pinning_covering {
  uint64_t generation;           /* identifies the policy */
  pinning_visit_name_fn *covers; /* returns whether the policy covers the name */
  void *arg;                     /* for `covers` */
};

/*
 * What the shim saw: which names the process resolved, and to which addresses. An address is AF_INET with a
 * struct in_addr, or AF_INET6 with a struct in6_addr that is not IPv4-mapped. Any thread, no lock; errno may
 * change. Names are valid only during a visit.
 */
struct pinning_seen {
  /* Of this structure, as the shim was built. New functions are added at the end: a process that was
   * started before an upgrade has the old shim, and may load the new module. */
  size_t size;
  /* Whether a covered name was resolved, or a name may be missing. */
  bool (*any_name)(const struct pinning_covering *covering);
  /*
   * Whether a covered name was resolved to the address, or a name may be missing. Takes no longer if there
   * are many names. For AF_UNSPEC: whether there is a covered name whose addresses are not all known, so that
   * it counts for every address.
   */
  bool (*any_name_of)(const struct pinning_covering *covering, int family, const void *address);
  /* Visits each covered name of both kinds. False: one may be missing, because memory ran out or there are
   * too many. */
  bool (*names_of)(const struct pinning_covering *covering, int family, const void *address,
                   pinning_visit_name_fn *visit, void *arg);
  /* Visits every covered name that was resolved. False: one may be missing, there are too many, or the
   * visit was ended. */
  bool (*every_name)(const struct pinning_covering *covering, pinning_visit_name_fn *visit, void *arg);
  /* Visits every covered address to which names were resolved, as text. False: one may be missing, or the
   * visit was ended. */
  bool (*every_address)(const struct pinning_covering *covering, pinning_visit_name_fn *visit, void *arg);
};

/*
 * For the preload shim: installs the hooks in the OpenSSL that contains `address`, and asks the shim from
 * then on. seen: functions that must stay valid; NULL: no name was seen. Returns 1 if the hooks are
 * installed, by this call or an earlier one; 0: that OpenSSL cannot be enforced.
 */
int pinning_attach(const void *address, const struct pinning_seen *seen);

/*
 * For the preload shim, when OpenSSL has told a program outside any verification that a certificate is for a
 * name (or for an address, as text). check_host: the X509_check_host(3) of that OpenSSL. Returns 1: allowed;
 * 0: an entry of the policy covers the name and what was proven of the certificate does not satisfy it, or
 * that cannot be found out. Changes neither errno nor the error queue.
 */
int pinning_allows(const void *check_host, struct x509_st *certificate, const char *name);

/* Whether an entry of the policy covers the name, for any port. Reads the policy if necessary. 1: yes, or
 * it is not known; 0: no. */
int pinning_covers(const char *name);

#endif
