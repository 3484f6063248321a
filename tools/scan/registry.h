/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What this OpenSSL can offer, and the names of what servers choose. */
#ifndef PINCTL_SCAN_REGISTRY_H
#define PINCTL_SCAN_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "base/must_use.h"

/* One thing that can be offered. */
struct registered {
  uint16_t number;   /* IANA's */
  const char *name;  /* as OpenSSL takes it in a list */
  const char *shown; /* what people call it */
};

struct registry {
  struct registered *suites; /* of TLS 1.2 and older, without those that need a shared secret */
  size_t suite_count;
  uint16_t *lacking; /* weak suites of TLS 1.2 and older that OpenSSL does not have */
  size_t lacking_count;
  struct registered *suites13;
  size_t suite13_count;
  struct registered *groups;
  size_t group_count;
  struct registered *signatures;
  size_t signature_count;
};

/* Asks OpenSSL. False: it has no memory, or no suite. To be cleared in any case; names are OpenSSL's or
 * static. */
MUST_USE bool registry_read(struct registry *ret_registry);
void registry_clear(struct registry *registry);

/* What people call a group; NULL: it is none of those that can be asked for. */
const char *group_name(uint16_t number);

/* The group of an EC key, one of those that can be asked for. NULL: it has none. */
const struct registered *curve_of_key(const struct registry *registry, const EVP_PKEY *key);

/* One of those that may be lacking; NULL: it is another. */
const struct registered *lacking_suite(uint16_t number);

/* How weak a suite of TLS 1.2 or older is. */
struct suite_weakness {
  bool null;      /* no encryption */
  bool anonymous; /* nobody is authenticated */
  bool rc4, triple_des, export_grade;
  bool static_key; /* no forward secrecy */
  bool cbc;        /* no authenticated encryption */
  int bits;        /* of the cipher */
};

/* By the suite's number. False: neither OpenSSL knows it, nor is it one of those that may be lacking. */
bool suite_weakness(uint16_t number, struct suite_weakness *ret_weakness);

#endif
