/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Reads the name of a host as a program spelled it, in place, and finds the suffixes under which entries may
 * lie. */
#ifndef PIN_HOST_NAME_H
#define PIN_HOST_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A name in the DNS has 127 labels at most (RFC 1035, 2.3.4: 255 octets), and the text reader takes no longer
 * one into a policy. Of a name with more labels only the suffixes that an entry can have are kept.
 */
#define PIN_MAX_SUFFIXES 128

/* The longest text of an IP address, an IPv6 address that ends in an IPv4 address, and a NUL. */
#define PIN_ADDRESS_TEXT_SIZE 46

struct pin_name_suffix {
  const char *text; /* as spelled, upper case included */
  size_t length;
  uint64_t hash; /* as pin_name_hash of the lower-case text, under the same key */
};

/* Suffixes point into the text that was read, or into `address`: not to be copied. */
struct pin_host_name {
  bool is_address; /* then the only suffix is the canonical text of the address */
  /* An empty label stands inside or in front.
   * Suffixes are then those to the right of the last empty label. */
  bool has_empty_label;
  size_t label_count;  /* of the name, or of what is right of its last empty label */
  size_t suffix_count; /* at most PIN_MAX_SUFFIXES */
  struct pin_name_suffix suffixes[PIN_MAX_SUFFIXES]; /* suffix i has i + 1 labels */
  char address[PIN_ADDRESS_TEXT_SIZE];
};

/*
 * Takes names of any length and any bytes. Ignores trailing dots. A name without a label gives no suffix.
 * Costs one pass over the name, and never allocates. key: of the hashes.
 */
void pin_host_name_read(const char *name, const uint64_t key[2], struct pin_host_name *ret_name);

/* For whoever is not interested in the hashes. */
extern const uint64_t pin_name_no_key[2];

/*
 * Whether the text, `length` bytes, is an IP address as inet_pton(3) reads it; then *ret_text is the form of
 * inet_ntop(3), an IPv4 address where it is an IPv4-mapped IPv6 one (RFC 4291, 2.5.5.2).
 */
bool pin_address_canonical(const char *text, size_t length, char ret_text[PIN_ADDRESS_TEXT_SIZE]);

/*
 * The hash under which an image files a base. Upper-case ASCII letters count as lower-case ones. Each image
 * has a key of its own, so that nobody outside can choose names that fall into one bucket.
 */
uint64_t pin_name_hash(const uint64_t key[2], const char *text, size_t length);

/* Whether two names differ in nothing but the case of ASCII letters and the dots behind them. */
bool pin_name_is_same(const char *one, const char *other);

/* Whether `length` bytes are the same but for the case of ASCII letters in `spelled`; `canonical` has none in
 * upper case. */
bool pin_name_equal(const char *spelled, const char *canonical, size_t length);

#endif
