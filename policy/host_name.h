/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Reads a host's name in a program's spelling, without copying it, and finds the suffixes under which
 * entries may be filed. */
#ifndef PIN_HOST_NAME_H
#define PIN_HOST_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name in the DNS has at most 127 labels (RFC 1035, 2.3.4: 255 octets), and longer names cannot get into
 * a policy. Of a name with more labels only the suffixes that an entry can have are kept. */
#define PIN_MAX_SUFFIXES 128

/* Size of the longest text of an IP address, which is an IPv6 address that ends in an IPv4 address, with
 * its NUL. */
#define PIN_ADDRESS_TEXT_SIZE 46

/* The last labels of a name. */
struct pin_name_suffix {
  const char *text; /* as spelled, with upper case; not terminated */
  size_t length;
  uint64_t hash; /* pin_name_hash of the lower-case text, under the key that was given */
};

/* A name that was read. Its suffixes point into the text or into `address`, so it must not be copied. */
struct pin_host_name {
  bool is_address; /* the only suffix is then the canonical text of the address */
  /* The name begins with or contains an empty label. Suffixes are then those to the right of the last one. */
  bool has_empty_label;
  size_t label_count;  /* of the name, or of the part to the right of its last empty label */
  size_t suffix_count; /* at most PIN_MAX_SUFFIXES */
  struct pin_name_suffix suffixes[PIN_MAX_SUFFIXES]; /* suffix i has i + 1 labels */
  char address[PIN_ADDRESS_TEXT_SIZE];
};

/* Reads a name of any length and any bytes. Trailing dots are ignored. A name without a label has no
 * suffix. Makes one pass over the name and allocates nothing. key: for the hashes. */
void pin_host_name_read(const char *name, const uint64_t key[2], struct pin_host_name *ret_name);

/* A key for callers that do not use the hashes. */
extern const uint64_t pin_name_no_key[2];

/* Whether the text of `length` bytes is an IP address as inet_pton(3) reads it. If so, *ret_text is its
 * form by inet_ntop(3); an IPv4-mapped IPv6 address becomes IPv4 (RFC 4291, 2.5.5.2). */
bool pin_address_canonical(const char *text, size_t length, char ret_text[PIN_ADDRESS_TEXT_SIZE]);

/* The hash under which an image files the base of an entry. Upper-case ASCII letters count as lower-case.
 * Each image has its own key, so that an outsider cannot choose names that fall into one bucket. */
uint64_t pin_name_hash(const uint64_t key[2], const char *text, size_t length);

/* Whether two names are equal, ignoring the case of ASCII letters and trailing dots. */
bool pin_name_is_same(const char *one, const char *other);

/* Whether `length` bytes are equal, ignoring the case of ASCII letters in `spelled`. `canonical` must have
 * no upper case. */
bool pin_name_equal(const char *spelled, const char *canonical, size_t length);

#endif
