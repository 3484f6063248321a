/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "host_name.h"

#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

/* Not tolower(3): the locale of the program must not change what a name is. */
static inline unsigned char lower(char c) {
  unsigned char byte = (unsigned char)c;
  return (unsigned)byte - 'A' < 26u ? (unsigned char)(byte | 0x20) : byte;
}

/*
 * Names are hashed label by label from the right, so that one pass gives the hash of every suffix; a label by
 * eight bytes at a time. The case bit makes letters the same in both cases; a few other bytes too, but a hash
 * may.
 */
#define HASH_SEED UINT64_C(0xcbf29ce484222325)
#define HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15)
#define CASE_BITS UINT64_C(0x2020202020202020)

static inline uint64_t hash_word(uint64_t hash, uint64_t word) {
  hash = (hash ^ (word | CASE_BITS)) * HASH_FACTOR;
  return hash ^ (hash >> 32);
}

static inline uint64_t load_word(const char *text) {
  uint64_t word;
  memcpy(&word, text, sizeof word);
  return le64toh(word);
}

/* The last bytes of a text, 1 to 8, as one number; without a branch that depends on how many, in most names.
 */
static inline uint64_t last_bytes(const char *text, size_t end, size_t count) {
  uint64_t word = 0;
  if (end >= sizeof word)
    return load_word(text + end - sizeof word) >> 8 * (sizeof word - count);
  while (count-- > 0)
    word = word << 8 | (unsigned char)text[--end];
  return word;
}

/* Goes on with the label that lies between two places of a text. */
static inline uint64_t hash_label(uint64_t hash, const char *text, size_t begin, size_t end) {
  if (begin == end)
    return hash;
  hash += end - begin;
  for (; end - begin > sizeof(uint64_t); begin += sizeof(uint64_t))
    hash = hash_word(hash, load_word(text + begin));
  return hash_word(hash, last_bytes(text, end, end - begin));
}

/* Where the label begins that ends before `end`. */
static inline size_t label_before(const char *text, size_t end) {
  const char *dot = memrchr(text, '.', end);
  return dot ? (size_t)(dot - text) + 1 : 0;
}

uint64_t pin_name_hash(const char *text, size_t length) {
  uint64_t hash = HASH_SEED;
  size_t end = length, begin;
  do {
    begin = label_before(text, end);
    hash = hash_label(hash, text, begin, end);
    end = begin - 1;
  } while (begin > 0);
  return hash;
}

bool pin_name_equal(const char *spelled, const char *canonical, size_t length) {
  /* Programs hardly ever spell a name in upper case, and this is many times as fast. */
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

/* Spares almost every name the calls of inet_pton: the last label of an address begins with a digit, or it
 * has a colon. */
static bool may_be_address(const char *text, size_t length) {
  const char *dot = memrchr(text, '.', length);
  unsigned char first = (unsigned char)(dot != NULL && dot + 1 < text + length ? dot[1] : text[0]);
  return first - (unsigned)'0' < 10u || memchr(text, ':', length) != NULL;
}

/*
 * "127.1", "0x7f.1", "2130706433" and "0177.0.0.1" are 127.0.0.1 to getaddrinfo(3), so a program that is
 * given one connects there; no entry has such a name. Only what can be a number, for inet_aton(3) stops at a
 * space.
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

/* Brackets are of URLs, and some programs leave them on. */
static void strip_brackets(const char **text, size_t *length) {
  if (*length > 2 && **text == '[' && (*text)[*length - 1] == ']') {
    ++*text;
    *length -= 2;
  }
}

static bool read_address(const char *text, size_t length, struct pin_host_name *name) {
  if (!may_be_address(text, length))
    return false;
  strip_brackets(&text, &length);
  /* A zone ("fe80::1%eth0", RFC 4007, 11) says through which interface, not to which host. */
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
  name->suffixes[0].hash = pin_name_hash(name->address, name->suffixes[0].length);
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

/* Each suffix that begins with a label, as far as the first empty one. */
static void read_labels(const char *text, size_t length, struct pin_host_name *name) {
  uint64_t hash = HASH_SEED;
  size_t end = length, begin;
  do {
    begin = label_before(text, end);
    name->has_empty_label = begin == end;
    if (name->has_empty_label)
      return;
    hash = hash_label(hash, text, begin, end);
    add_suffix(name, text + begin, length - begin, hash);
    end = begin - 1;
  } while (begin > 0);
}

void pin_host_name_read(const char *name, struct pin_host_name *ret_name) {
  ret_name->is_address = false;
  ret_name->has_empty_label = false;
  ret_name->label_count = 0;
  ret_name->suffix_count = 0;

  size_t length = strlen(name);
  while (length > 0 && name[length - 1] == '.')
    length--;
  if (length > 0 && !read_address(name, length, ret_name))
    read_labels(name, length, ret_name);
}
