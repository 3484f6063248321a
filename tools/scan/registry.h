/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Lists what this OpenSSL can offer, and names what servers choose. */
#ifndef PINCTL_SCAN_REGISTRY_H
#define PINCTL_SCAN_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "base/must_use.h"

/* A suite, group or signature algorithm that can be offered. */
struct registered {
  uint16_t number;   /* IANA's */
  const char *name;  /* as OpenSSL takes it in a list */
  const char *shown; /* what people call it */
};

struct registry {
  struct registered *suites; /* of TLS 1.2 and older, without those that need a shared secret */
  size_t suite_count;
  uint16_t *lacking; /* weak suites of TLS 1.2 and older that OpenSSL lacks */
  size_t lacking_count;
  struct registered *suites13;
  size_t suite13_count;
  struct registered *groups;
  size_t group_count;
  struct registered *signatures;
  size_t signature_count;
};

/* Fills the registry from OpenSSL. False: it has no memory, or no suite. To be cleared in any case. The names
 * are OpenSSL's or static. */
MUST_USE bool registry_read(struct registry *ret_registry);
void registry_clear(struct registry *registry);

/* The usual name of a group; NULL: it is not in the registry. */
const char *group_name(uint16_t number);

/* The group of an EC key in the registry. NULL: it is not there. */
const struct registered *curve_of_key(const struct registry *registry, const EVP_PKEY *key);

/* One of the weak suites that OpenSSL may lack; NULL: the number is another. */
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

/* Looks up a suite by its number. False: neither OpenSSL nor our own list has it. */
bool suite_weakness(uint16_t number, struct suite_weakness *ret_weakness);

#endif
