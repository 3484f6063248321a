/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The image: a whole policy in one flat block, the same bytes in memory and in a file. A large one stays in
 * its file, and what a lookup needs of it is read from there (blocks.h). The sources that are called image_*
 * write it, and blocks.c, image.c, image_crowd.c, image_walk.c and lookup.c read it; see README.md.
 *
 *   head       struct pin_image_head, at 0
 *   settings   one block: struct pin_image_settings, the blocked keys, the exempt anchors
 *   sources    one block: struct pin_image_sources, then for the main file and for policy.d a struct
 *              pin_image_source, its path, NUL
 *   dropins    as many uint32_t as there are drop-ins, and one: where each block begins, from the
 *              beginning of the section, in units of 8 bytes; the last one is the end of all. Then the
 *              blocks: struct pin_image_dropin, its path, NUL
 *   files      blocks: struct pin_image_file, the name of a policy file, NUL
 *   lists      blocks: struct pin_image_list, digests: each list of more than PIN_IMAGE_OWN_DIGESTS
 *              once, however many entries have it
 *   offsets    (1 << bucket_bits) + 1 times uint32_t: where each bucket begins in `buckets`, in units of 8
 *              bytes (so that 32 GiB fit); the last one is the end of all
 *   buckets    blocks: uint64_t checksum, then per entry a struct pin_image_record and what follows it:
 *              name, NUL, comment, NUL, ports (uint16_t, at the next even offset), then the five
 *              lists one after the other: the digests (32 bytes each), or where there are more than
 *              PIN_IMAGE_OWN_DIGESTS a struct pin_image_shared
 *
 * Between lists and offsets lie the pin sets, of which only pinctl wants to know (struct pin_image_sources):
 * one block, a uint64_t checksum, then for each a struct pin_image_pinset, its name, NUL, the file, NUL, gap,
 * its digests.
 *
 * Everything begins at a multiple of 8 bytes, gaps are zero, integers are the machine's own.
 *
 * An entry lies in the bucket of its base: the name itself, for "*.example.com" "example.com". So one probe
 * per suffix of a host name finds all entries that may cover it, and there is about one base per bucket. The
 * hash has a key, another one in each form that is compiled, since names may be chosen by others.
 *
 * Where a name has more than PIN_IMAGE_FEW entries, each for some ports, these are a crowd. In the bucket of
 * their base stands one record for them all, its mark. Each of them lies in a bucket that follows from the
 * base and from a group of PIN_IMAGE_PORTS_TOGETHER ports, that of the lowest of its own; in the bucket of
 * each other group stands a record that says which of its ports are in that group, and where the entry is. So
 * a lookup reads two buckets or three, however many other ports there are.
 *
 * A damaged image must never make a covered host look uncovered, nor widen what is accepted. The head has a
 * checksum of its own. Each other part is a block: it begins with a checksum over the rest, seeded with
 * the stamp of the form, the kind, the index and the size of the block, and verified whenever the block is
 * read. The stamp is another random number in each form that is written, so no block of another one counts.
 * Even an empty bucket has one, since "nothing is here" is an answer too. The offsets need none: a wrong one
 * leads to bytes that do not bear this bucket's index. Flipped bits, truncation, a bucket in another's place
 * and pages of an older image are thereby found. An attacker can compute checksums as well; against an image
 * made by one only memory safety is promised, so every length is still checked against its surroundings.
 */
#ifndef PIN_IMAGE_H
#define PIN_IMAGE_H

#include "blocks.h"
#include "host_name.h"
#include "pinpolicy.h"

#include <string.h>

#define PIN_IMAGE_MAGIC "PINIMAGE" /* 8 bytes, without the NUL */
#define PIN_IMAGE_VERSION 6u
#define PIN_IMAGE_BYTE_ORDER 0x01020304u
#define PIN_IMAGE_UNIT 8u
/* A count of entries has as many bits, and one base per bucket needs no more. */
#define PIN_IMAGE_MAX_BUCKET_BITS 32u

/* A part of the image. */
struct pin_image_section {
  uint64_t offset, size; /* bytes, multiples of 8 */
};

struct pin_image_head {
  char magic[8];
  uint32_t byte_order;
  uint32_t version;
  uint64_t size; /* of the whole image, in bytes */
  uint64_t generation;
  uint64_t stamp;       /* seed of all checksums but this head's */
  uint64_t name_key[2]; /* key of pin_name_hash */
  uint32_t entry_count;
  uint32_t bucket_bits;
  struct pin_image_section settings, sources, dropins, files, lists, offsets, buckets;
  uint64_t checksum; /* over everything before it */
};

/* The kind of a block, which is part of the seed of its checksum. */
enum pin_image_block {
  PIN_BLOCK_HEAD = 1,
  PIN_BLOCK_SETTINGS,
  PIN_BLOCK_SOURCES,
  PIN_BLOCK_DROPIN,
  PIN_BLOCK_FILE,
  PIN_BLOCK_BUCKET,
  PIN_BLOCK_LIST,
  PIN_BLOCK_PINSETS
};

struct pin_image_settings {
  uint64_t checksum;
  uint32_t mode;
  uint32_t blocked_count, exempt_count;
  uint32_t names_addresses;          /* 1: some entry's name is an IP address */
  uint32_t names_hosts;              /* 1: some entry's name is not an IP address */
  uint32_t ignore_certificate_names; /* 1: certificate_names is "ignore" */
  uint32_t unlisted;                 /* enum pin_unlisted */
  uint32_t zero;
};

struct pin_image_sources {
  uint64_t checksum;
  uint64_t count;         /* of the sources in this block */
  uint32_t dropin_count;  /* number of blocks in `dropins` */
  uint32_t watched_count; /* the first so many of them were written by people */
  /* What the next change needs (image_merge.c). */
  uint64_t content;       /* sum of pin_image_record_digest over all entries */
  uint64_t unused;        /* how many bytes of `files` and `lists` may be unused */
  uint32_t address_count; /* how many entries have an address as their name */
  uint32_t pinset_count;
  struct pin_image_section pinsets;
};

struct pin_image_source {
  uint64_t inode;
  uint64_t size;
  int64_t mtime_seconds;
  uint32_t mtime_nanoseconds;
  uint32_t path_length; /* without the NUL */
  uint8_t exists, is_directory;
  uint8_t hosts_alone; /* 1: it contains nothing but entries */
  uint8_t zero[5];
};

struct pin_image_dropin {
  uint64_t checksum;
  struct pin_image_source source;
};

struct pin_image_file {
  uint64_t checksum;
  uint64_t length; /* without the NUL */
};

/* A longer list is stored once, for all entries that have it. */
#define PIN_IMAGE_OWN_DIGESTS 8u

struct pin_image_list {
  uint64_t checksum;
  uint64_t count; /* of digests that follow */
};

/* Stands in a record in place of a long list. */
struct pin_image_shared {
  uint64_t at;   /* offset in `lists`, in units of 8 bytes */
  uint64_t hash; /* hash of the digests, made by image_builder.c */
};

struct pin_image_pinset {
  uint32_t name_length, file_length; /* without the NULs */
  uint32_t line, digest_count;
};

/* Up to this many entries of one name are in the bucket of its base; more of them form a crowd. A verdict
 * holds no more. */
#define PIN_IMAGE_FEW 16u
/* The mark of a crowd tells where up to this many of its entries are. For a larger crowd every place is
 * searched. */
#define PIN_IMAGE_MARKED 256u
/* How many ports of a crowd share a bucket. */
#define PIN_IMAGE_PORTS_TOGETHER 16u

/* The kind of a record. */
enum pin_image_role {
  PIN_ROLE_ENTRY = 0, /* in the bucket of its base */
  /* The mark of a crowd. It has the name, kind, include_subdomains and file of an entry; its ports are the
   * lowest port of each of the first PIN_IMAGE_MARKED entries. */
  PIN_ROLE_CROWD,
  PIN_ROLE_OF_CROWD, /* an entry of a crowd */
  PIN_ROLE_POINTER   /* has the same members of an entry, and some of its ports; `line` is its lowest port */
};

struct pin_image_record {
  uint64_t base_hash; /* pin_name_hash of the base; for a record filed by port, pin_image_hash_by_port */
  int64_t expires;
  uint32_t size; /* in bytes, with what follows and the gap up to a multiple of 8 */
  uint32_t line, column;
  uint32_t file;                        /* offset in `files`, in units of 8 bytes */
  uint32_t name_length, comment_length; /* without the NULs */
  uint32_t port_count;
  uint32_t digest_counts[PIN_LIST_COUNT];
  uint8_t kind, include_subdomains, mode_is_default, mode, require, on_expiry;
  uint8_t role; /* enum pin_image_role */
  uint8_t zero;
};

/* An image whose sections were found to be inside it. */
struct pin_image {
  const uint8_t *bytes;      /* NULL: the image stays in a file */
  struct pin_blocks *blocks; /* what was read of the file; if both are NULL, nothing can be read */
  struct pin_image_head head;
};

/* Returns `size` bytes of an image; its head must say that they are inside it. NULL: they cannot be read,
 * which counts as damage. */
static inline const uint8_t *pin_image_at(const struct pin_image *image, uint64_t offset, uint64_t size) {
  if (image->bytes)
    return image->bytes + offset;
  return image->blocks ? pin_blocks_read(image->blocks, offset, size) : NULL;
}

/*
 * Does the same for a block, and verifies its checksum for this kind and index. While the block is kept, the
 * checksum is not computed again for the same index; another index needs it again, because a damaged table
 * may lead to one block from two places. NULL: damaged.
 */
const uint8_t *pin_image_sound_block(const struct pin_image *image, enum pin_image_block kind, uint64_t index,
                                     uint64_t offset, uint64_t size);

/* The image behind an open policy. Its head need not be checked again, because the policy has the copy
 * that was checked. */
static inline void pin_image_of(const struct pin_policy *policy, struct pin_image *ret_image) {
  ret_image->bytes = policy->image;
  ret_image->blocks = policy->blocks;
  memcpy(&ret_image->head, policy->head, sizeof ret_image->head);
}

/* A record in a bucket whose checksum was right, and what follows it in the image. */
struct pin_image_slot {
  struct pin_image_record record;
  const char *name;
  const uint16_t *ports;
};

/* The unread rest of a bucket. */
struct pin_image_cursor {
  const uint8_t *at;
  uint64_t left;
};

/* Offsets of the parts of a record, from its beginning, in bytes. */
struct pin_image_layout {
  uint64_t comment, ports, digests;
  uint64_t size;
};

/*
 * One step of a checksum. Each step is a bijection of the state, so no change of a single word can go
 * unnoticed.
 */
static inline uint64_t pin_image_mix(uint64_t state, uint64_t word) {
  state ^= word;
  return (state ^ (state >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
}

/*
 * Mixes `size` bytes, a multiple of 8, into a checksum. Words at even and at odd places are mixed separately,
 * because each step waits for the one before, so two at a time take half as long. The two start differently
 * and are joined one after the other, so that exchanged words are noticed.
 */
static inline uint64_t pin_image_mix_words(uint64_t state, const uint8_t *bytes, uint64_t size) {
  uint64_t even = 1, odd = 2, words[2] = {0, 0};
  uint64_t at = 0;
  for (; size - at >= sizeof words; at += sizeof words) {
    memcpy(words, bytes + at, sizeof words);
    even = pin_image_mix(even, words[0]);
    odd = pin_image_mix(odd, words[1]);
  }
  if (at < size) {
    memcpy(words, bytes + at, sizeof words[0]);
    even = pin_image_mix(even, words[0]);
  }
  return pin_image_mix(pin_image_mix(state, even), odd);
}

/* The checksum of a block of `size` bytes: over everything but its first word, which stores it. */
static inline uint64_t pin_image_checksum(uint64_t stamp, enum pin_image_block kind, uint64_t index,
                                          const uint8_t *block, uint64_t size) {
  uint64_t state = pin_image_mix(pin_image_mix(pin_image_mix(stamp, kind), index), size);
  return pin_image_mix_words(state, block + sizeof(uint64_t), size - sizeof(uint64_t));
}

/* The checksum of a head: over everything but its last word. */
static inline uint64_t pin_image_head_checksum(const struct pin_image_head *head) {
  return pin_image_mix_words(PIN_BLOCK_HEAD, (const uint8_t *)head,
                             offsetof(struct pin_image_head, checksum));
}

/* Rounds up to a multiple of 8. `size` must be far below its maximum. */
static inline uint64_t pin_image_round_up(uint64_t size) {
  return (size + (PIN_IMAGE_UNIT - 1)) & ~(uint64_t)(PIN_IMAGE_UNIT - 1);
}

/* The bucket of a base. The multiplication makes the highest bits depend on every bit of the hash. */
static inline uint64_t pin_image_bucket_of(uint64_t base_hash, uint32_t bucket_bits) {
  uint64_t mixed = (base_hash ^ (base_hash >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
  return bucket_bits == 0 ? 0 : mixed >> (64 - bucket_bits);
}

/* A number that is equal for two records if their entries can be in one crowd, provided their names are
 * equal. */
static inline uint64_t pin_image_class_of(const struct pin_image_record *record) {
  return (uint64_t)record->kind << 1 | record->include_subdomains;
}

/* Takes the place of the base's hash for a record that is filed by a group of ports. */
static inline uint64_t pin_image_hash_by_port(uint64_t base_hash, uint64_t class_of_record, uint32_t port) {
  const uint64_t group = port / PIN_IMAGE_PORTS_TOGETHER + 1;
  return pin_image_mix(base_hash, class_of_record << 32 | group);
}

static inline bool pin_image_is_shared(uint32_t digest_count) {
  return digest_count > PIN_IMAGE_OWN_DIGESTS;
}

/* The size of a list in a record, in bytes. */
static inline uint64_t pin_image_list_size(uint32_t digest_count) {
  return pin_image_is_shared(digest_count) ? sizeof(struct pin_image_shared)
                                           : (uint64_t)digest_count * sizeof(struct pin_digest);
}

/* Cannot overflow: three 32-bit counts, times 2 at most, and five lists of at most 32 times as many bytes. */
static inline struct pin_image_layout pin_image_layout_of(const struct pin_image_record *record) {
  struct pin_image_layout layout;
  layout.comment = sizeof *record + (uint64_t)record->name_length + 1;
  layout.ports = (layout.comment + record->comment_length + 1 + 1) & ~UINT64_C(1);
  layout.digests = layout.ports + (uint64_t)record->port_count * sizeof(uint16_t);
  layout.size = layout.digests;
  for (int list = 0; list < PIN_LIST_COUNT; list++)
    layout.size += pin_image_list_size(record->digest_counts[list]);
  layout.size = pin_image_round_up(layout.size);
  return layout;
}

/* Checks only the head: that it is complete and of this machine and version, and that every section is
 * inside `size` bytes. Refuses `bytes` that are not aligned to 8. False: *ret_image is unusable. */
bool pin_image_open(const void *bytes, size_t size, struct pin_image *ret_image);

/*
 * Opens a policy whose image stays in a file of `size` bytes. `blocks` and *ret_settings must outlive every
 * use of *ret_policy; the caller frees *ret_settings by free(3). PIN_OK, PIN_DAMAGED or PIN_NO_MEMORY;
 * *ret_settings is NULL unless PIN_OK.
 */
enum pin_status pin_image_open_file(struct pin_blocks *blocks, uint64_t size, struct pin_policy *ret_policy,
                                    void **ret_settings);

/* The name of a file. unit: its offset in the section, in units of 8 bytes. NULL: damaged. */
const char *pin_image_file_name(const struct pin_image *image, uint32_t unit);

/* Whether each drop-in is unchanged since the policy was read. Does not notice added drop-ins. */
bool pin_image_dropins_stand(const struct pin_policy *policy);

/* Tells the processor that the bucket of a base will be read, so that several reads wait for memory
 * together. */
void pin_image_prefetch(const struct pin_image *image, uint64_t base_hash);

/* Verifies a bucket and begins to read it. index: below 1 << bucket_bits. False: damaged. */
bool pin_image_read_bucket(const struct pin_image *image, uint64_t index,
                           struct pin_image_cursor *ret_cursor);

/* Skips the next record if it belongs to another base. Returns whether it did. */
static inline bool pin_image_skip_slot(struct pin_image_cursor *cursor, uint64_t base_hash) {
  struct pin_image_record record;
  if (cursor->left < sizeof record)
    return false;
  memcpy(&record, cursor->at, sizeof record);
  if (record.base_hash == base_hash || record.size < sizeof record || record.size > cursor->left ||
      record.size % PIN_IMAGE_UNIT != 0)
    return false;
  cursor->at += record.size;
  cursor->left -= record.size;
  return true;
}

/* Reads the next record of a bucket; call while cursor->left is not 0. Checks that the record is inside
 * the bucket, and enough of it to compare name and ports. False: damaged. */
bool pin_image_read_slot(struct pin_image_cursor *cursor, struct pin_image_slot *ret_slot);

/* Whether a record is for a port. A record without ports is for every port. */
bool pin_image_has_port(const struct pin_image_slot *slot, uint16_t port);

enum pin_image_found { PIN_FOUND_NOTHING, PIN_FOUND_ENTRY, PIN_FOUND_DAMAGE };

/* Finds the entry of a crowd for a port, which must not be 0. crowd: its mark. */
enum pin_image_found pin_image_find_in_crowd(const struct pin_image *image,
                                             const struct pin_image_slot *crowd, uint16_t port,
                                             struct pin_image_slot *ret_slot);

/* Begins to read the bucket with a crowd's records for the group of a port, and tells their hash. crowd:
 * its mark. False: damaged. */
bool pin_image_read_group(const struct pin_image *image, const struct pin_image_slot *crowd, uint32_t port,
                          struct pin_image_cursor *ret_cursor, uint64_t *ret_hash);

/* Whether a record from that bucket belongs to the crowd with this mark. */
bool pin_image_is_of_crowd(const struct pin_image_slot *crowd, const struct pin_image_slot *slot);

/* Checks the rest of a record and makes an entry of it. False: damaged. */
bool pin_image_read_entry(const struct pin_image *image, const struct pin_image_slot *slot,
                          struct pin_entry *ret_entry);

/* Whether the checksum of a block is right. block: at a multiple of 8 bytes, with at least one word. */
bool pin_image_block_holds(const struct pin_image *image, enum pin_image_block kind, uint64_t index,
                           const uint8_t *block, uint64_t size);

#endif
