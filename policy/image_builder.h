/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Builds an image from entries. The only writer of the format that image.h reads; how the text was read is
 * not its business. Not exported, and not part of pinning.so.
 */
#ifndef PIN_IMAGE_BUILDER_H
#define PIN_IMAGE_BUILDER_H

#include "pinpolicy.h"

struct pin_image_builder;

/* Identity of one source, as fstat(2) gave it. */
struct pin_source_identity {
  const char *path;  /* absolute, as it is to be stat()ed again */
  bool is_directory; /* policy.d itself: its modification time tells of drop-ins added or removed */
  bool is_dropin;    /* a file in policy.d */
  bool is_own;       /* written by pinctl and not by people, by what it says of itself */
  bool hosts_alone;  /* there is nothing but entries in it */
  bool exists;       /* false: it was not there, and must still not be there; the rest is ignored */
  uint64_t device;   /* not recorded: its number may be another one after the next boot */
  uint64_t inode;
  uint64_t size; /* bytes; ignored for a directory */
  int64_t mtime_seconds;
  uint32_t mtime_nanoseconds;
};

/* What is another one in each form. */
struct pin_image_seed {
  uint64_t name_key[2]; /* of pin_name_hash */
  uint64_t stamp;       /* of the checksums */
};
void pin_image_seed_draw(struct pin_image_seed *ret_seed);

/* seed: copied; NULL: one is drawn. NULL: out of memory. */
struct pin_image_builder *pin_image_builder_new(const struct pin_image_seed *seed);
/* Takes NULL. */
void pin_image_builder_free(struct pin_image_builder *builder);

/*
 * All of these copy what they are given and return false only when out of memory; the builder is then
 * good for pin_image_builder_free alone.
 */
bool pin_image_builder_add_source(struct pin_image_builder *builder,
                                  const struct pin_source_identity *source);
bool pin_image_builder_set_defaults(struct pin_image_builder *builder, enum pin_mode mode,
                                    struct pin_digest_list blocked_keys,
                                    struct pin_digest_list exempt_anchors);
/* The names in a peer's certificate say nothing of which host it is. */
void pin_image_builder_ignore_certificate_names(struct pin_image_builder *builder);

/* The setting `unlisted`; before it is given: PIN_UNLISTED_IGNORE. */
void pin_image_builder_set_unlisted(struct pin_image_builder *builder, enum pin_unlisted unlisted);

struct pin_pinset_text {
  const char *name, *file;
  uint32_t line;
  struct pin_digest_list digests;
};
/* Keeps a pin set for the next change. The entries that name it have its digests already. */
bool pin_image_builder_add_pinset(struct pin_image_builder *builder, const struct pin_pinset_text *pinset);

/* entry->name must be canonical (pin_name_canonical); entry->mode the resolved one; ports ascending. */
bool pin_image_builder_add_entry(struct pin_image_builder *builder, const struct pin_entry *entry);

/*
 * Lays the image out. The generation is a digest of what the policy says: entries, settings and where they
 * stand, not of the identities of the sources. *ret_image is for free(3). PIN_OK or PIN_NO_MEMORY.
 */
enum pin_status pin_image_builder_finish(struct pin_image_builder *builder, void **ret_image,
                                         size_t *ret_size);

#endif
