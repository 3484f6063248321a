/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "host_name.h"

#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

const uint64_t pin_name_no_key[2] = {0, 0};

/* Not tolower(3), because the program's locale must not change what a name is. */
static inline unsigned char lower(char c) {
  unsigned char byte = (unsigned char)c;
  return (unsigned)byte - 'A' < 26u ? (unsigned char)(byte | 0x20) : byte;
}

/*
 * SipHash-1-3 over the words of a name from right to left. A word of eight bytes is mixed in as soon as it is
 * complete, so one pass gives the hash of every suffix. Nobody who chooses names knows the key of a form, so
 * nobody can choose names that collide. CASE_BITS makes the two cases of letters equal, and also some other
 * bytes, but none that occur in canonical names.
 */
#define CASE_BITS UINT64_C(0x2020202020202020)

struct sip {
  uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t word, unsigned bits) {
  return word << bits | word >> (64 - bits);
}

static inline void sip_round(struct sip *sip) {
  sip->v0 += sip->v1;
  sip->v2 += sip->v3;
  sip->v1 = rotate(sip->v1, 13) ^ sip->v0;
  sip->v3 = rotate(sip->v3, 16) ^ sip->v2;
  sip->v0 = rotate(sip->v0, 32);
  sip->v2 += sip->v1;
  sip->v0 += sip->v3;
  sip->v1 = rotate(sip->v1, 17) ^ sip->v2;
  sip->v3 = rotate(sip->v3, 21) ^ sip->v0;
  sip->v2 = rotate(sip->v2, 32);
}

static inline void sip_mix(struct sip *sip, uint64_t word) {
  sip->v3 ^= word;
  sip_round(sip);
  sip->v0 ^= word;
}

static inline struct sip sip_begin(const uint64_t key[2]) {
  return (struct sip){.v0 = key[0] ^ UINT64_C(0x736f6d6570736575),
                      .v1 = key[1] ^ UINT64_C(0x646f72616e646f6d),
                      .v2 = key[0] ^ UINT64_C(0x6c7967656e657261),
                      .v3 = key[1] ^ UINT64_C(0x7465646279746573)};
}

static inline uint64_t load_word(const char *text) {
  uint64_t word;
  memcpy(&word, text, sizeof word);
  return le64toh(word) | CASE_BITS;
}

/* The last bytes of a text, at most 7, as one number. For most names there is no branch that depends on
 * their count. */
static inline uint64_t last_bytes(const char *text, size_t end, size_t count) {
  uint64_t word = 0;
  if (count > 0 && end >= sizeof word)
    return load_word(text + end - sizeof word) >> 8 * (sizeof word - count);
  while (count-- > 0)
    word = word << 8 | (unsigned char)text[--end] | 0x20u;
  return word;
}

/* The state of hashing a name: everything from `done` on is mixed in. */
struct name_hash {
  struct sip sip;
  size_t done, end;
};

/* The hash from `begin` to the end. Calls for one text must come with ever smaller `begin`. */
static inline uint64_t hash_to(struct name_hash *hash, const char *text, size_t begin) {
  for (; hash->done - begin >= sizeof(uint64_t); hash->done -= sizeof(uint64_t))
    sip_mix(&hash->sip, load_word(text + hash->done - sizeof(uint64_t)));
  struct sip sip = hash->sip;
  sip_mix(&sip, last_bytes(text, hash->done, hash->done - begin) | (uint64_t)(hash->end - begin) << 56);
  sip.v2 ^= 0xff;
  sip_round(&sip);
  sip_round(&sip);
  sip_round(&sip);
  return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

static inline struct name_hash hash_begin(const uint64_t key[2], size_t end) {
  return (struct name_hash){.sip = sip_begin(key), .done = end, .end = end};
}

/* The beginning of the label that ends before `end`. */
static inline size_t label_before(const char *text, size_t end) {
  const char *dot = memrchr(text, '.', end);
  return dot ? (size_t)(dot - text) + 1 : 0;
}

uint64_t pin_name_hash(const uint64_t key[2], const char *text, size_t length) {
  struct name_hash hash = hash_begin(key, length);
  return hash_to(&hash, text, 0);
}

bool pin_name_equal(const char *spelled, const char *canonical, size_t length) {
  /* Programs seldom spell names in upper case, and this is many times faster. */
  if (memcmp(spelled, canonical, length) == 0)
    return true;
  for (size_t i = 0; i < length; i++) {
    if (lower(spelled[i]) != (unsigned char)canonical[i])
      return false;
  }
  return true;
}

bool pin_name_is_same(const char *one, const char *other) {
  while (*one != '\0' && lower(*one) == lower(*other)) {
    one++;
    other++;
  }
  while (*one == '.')
    one++;
  while (*other == '.')
    other++;
  return *one == *other;
}

bool pin_address_canonical(const char *text, size_t length, char ret_text[PIN_ADDRESS_TEXT_SIZE]) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  uint8_t bytes[16];
  char copy[PIN_ADDRESS_TEXT_SIZE];
  if (length >= sizeof copy || memchr(text, '\0', length))
    return false;
  memcpy(copy, text, length);
  copy[length] = '\0';

  if (inet_pton(AF_INET, copy, bytes) == 1)
    return inet_ntop(AF_INET, bytes, ret_text, PIN_ADDRESS_TEXT_SIZE) != NULL;
  if (inet_pton(AF_INET6, copy, bytes) != 1)
    return false;
  if (memcmp(bytes, mapped, sizeof mapped) == 0)
    return inet_ntop(AF_INET, bytes + sizeof mapped, ret_text, PIN_ADDRESS_TEXT_SIZE) != NULL;
  return inet_ntop(AF_INET6, bytes, ret_text, PIN_ADDRESS_TEXT_SIZE) != NULL;
}

/* A quick check that saves most names the calls of inet_pton: an IPv4 address begins with a digit in every
 * spelling, perhaps after a bracket, and an IPv6 address has a colon. */
static bool may_be_address(const char *text, size_t length) {
  return (text[0] >= '0' && text[0] <= '9') || text[0] == '[' || memchr(text, ':', length) != NULL;
}

/*
 * Reads other spellings of IPv4 addresses: "127.1", "0x7f.1", "2130706433" and "0177.0.0.1" are 127.0.0.1 for
 * getaddrinfo(3), so programs connect there. No entry has such a name. Only characters of numbers are
 * accepted, because inet_aton(3) stops at a space.
 */
static bool read_odd_address(const char *text, size_t length, char ret_text[PIN_ADDRESS_TEXT_SIZE]) {
  struct in_addr address;
  char copy[PIN_ADDRESS_TEXT_SIZE];
  if (length >= sizeof copy)
    return false;
  memcpy(copy, text, length);
  copy[length] = '\0';
  return strspn(copy, "0123456789abcdefABCDEFxX.") == length && inet_aton(copy, &address) != 0 &&
         inet_ntop(AF_INET, &address, ret_text, PIN_ADDRESS_TEXT_SIZE) != NULL;
}

/* Brackets belong to URLs, but some programs leave them on. */
static void strip_brackets(const char **text, size_t *length) {
  if (*length > 2 && **text == '[' && (*text)[*length - 1] == ']') {
    ++*text;
    *length -= 2;
  }
}

static bool read_address(const char *text, size_t length, const uint64_t key[2], struct pin_host_name *name) {
  if (!may_be_address(text, length))
    return false;
  strip_brackets(&text, &length);
  /* A zone ("fe80::1%eth0", RFC 4007, 11) names the interface and not the host. */
  const char *zone = memchr(text, '%', length);
  size_t address_length = zone ? (size_t)(zone - text) : length;
  if (!pin_address_canonical(text, address_length, name->address) &&
      !read_odd_address(text, length, name->address))
    return false;
  name->is_address = true;
  name->label_count = 1;
  name->suffix_count = 1;
  name->suffixes[0].text = name->address;
  name->suffixes[0].length = strlen(name->address);
  name->suffixes[0].hash = pin_name_hash(key, name->address, name->suffixes[0].length);
  return true;
}

static void add_suffix(struct pin_host_name *name, const char *text, size_t length, uint64_t hash) {
  name->label_count++;
  if (name->suffix_count == PIN_MAX_SUFFIXES)
    return;
  struct pin_name_suffix *suffix = &name->suffixes[name->suffix_count++];
  suffix->text = text;
  suffix->length = length;
  suffix->hash = hash;
}

/* Adds each suffix that begins with a label, from right to left up to the first empty label. */
static void read_labels(const char *text, size_t length, const uint64_t key[2], struct pin_host_name *name) {
  struct name_hash hash = hash_begin(key, length);
  size_t end = length, begin;
  do {
    begin = label_before(text, end);
    name->has_empty_label = begin == end;
    if (name->has_empty_label)
      return;
    add_suffix(name, text + begin, length - begin, hash_to(&hash, text, begin));
    end = begin - 1;
  } while (begin > 0);
}

void pin_host_name_read(const char *name, const uint64_t key[2], struct pin_host_name *ret_name) {
  ret_name->is_address = false;
  ret_name->has_empty_label = false;
  ret_name->label_count = 0;
  ret_name->suffix_count = 0;

  size_t length = strlen(name);
  while (length > 0 && name[length - 1] == '.')
    length--;
  if (length > 0 && !read_address(name, length, key, ret_name))
    read_labels(name, length, key, ret_name);
}
