/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Builds an image from entries: writes the format that image.h describes. Not exported, and not in
 * pinning.so. */
#ifndef PIN_IMAGE_BUILDER_H
#define PIN_IMAGE_BUILDER_H

#include "pinpolicy.h"

struct pin_image_builder;

/* A source of a policy, as fstat(2) saw it. */
struct pin_source_identity {
  const char *path;  /* absolute, as it will be passed to stat(2) again; borrowed */
  bool is_directory; /* policy.d itself, whose modification time shows when drop-ins are added or removed */
  bool is_dropin;    /* a file in policy.d */
  bool is_own;       /* written by pinctl and not by people, as its text says */
  bool hosts_alone;  /* it contains nothing but entries */
  bool exists;       /* false: it did not exist and must still not exist; the members below are ignored */
  uint64_t device;   /* not stored in the image, because it may change at the next boot */
  uint64_t inode;
  uint64_t size; /* bytes; ignored for a directory */
  int64_t mtime_seconds;
  uint32_t mtime_nanoseconds;
};

/* Random numbers that differ in each compiled form. */
struct pin_image_seed {
  uint64_t name_key[2]; /* key of pin_name_hash */
  uint64_t stamp;       /* seed of the checksums */
};
void pin_image_seed_draw(struct pin_image_seed *ret_seed);

/* Makes an empty builder, to be freed by pin_image_builder_free. seed: copied; NULL: a new one is drawn.
 * Returns NULL if there is no memory. */
struct pin_image_builder *pin_image_builder_new(const struct pin_image_seed *seed);
/* builder: may be NULL. */
void pin_image_builder_free(struct pin_image_builder *builder);

/* These copy what they are given. They return false only if there is no memory; the builder can then only
 * be freed. */
bool pin_image_builder_add_source(struct pin_image_builder *builder,
                                  const struct pin_source_identity *source);
bool pin_image_builder_set_defaults(struct pin_image_builder *builder, enum pin_mode mode,
                                    struct pin_digest_list blocked_keys,
                                    struct pin_digest_list exempt_anchors);
/* Sets that names in a peer's certificate do not tell which host it is. */
void pin_image_builder_ignore_certificate_names(struct pin_image_builder *builder);

/* Sets `unlisted`; the default is PIN_UNLISTED_IGNORE. */
void pin_image_builder_set_unlisted(struct pin_image_builder *builder, enum pin_unlisted unlisted);

/* A pin set as the text has it. All borrowed. */
struct pin_pinset_text {
  const char *name, *file;
  uint32_t line;
  struct pin_digest_list digests;
};
/* Keeps a pin set in the image for the next change. Entries that name it contain its digests already.
 * False: no memory. */
bool pin_image_builder_add_pinset(struct pin_image_builder *builder, const struct pin_pinset_text *pinset);

/* Adds an entry. entry->name must be canonical (pin_name_canonical), entry->mode the resolved one, ports
 * ascending. False: no memory. */
bool pin_image_builder_add_entry(struct pin_image_builder *builder, const struct pin_entry *entry);

/*
 * Makes the image. Its generation is a digest of what the policy says (entries, settings and their places),
 * and does not depend on the identities of the sources. The caller frees *ret_image by free(3). Returns
 * PIN_OK or PIN_NO_MEMORY.
 */
enum pin_status pin_image_builder_finish(struct pin_image_builder *builder, void **ret_image,
                                         size_t *ret_size);

#endif
