/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Entries on their way between the policy and a foreign format, in either direction: what a format's
 * reader has found, or what its writer is to write. Surprising things first:
 * - What a policy or a format cannot hold is counted as a loss, and the verb stops unless the user gives
 *   --lossy. What no pin depends on is only noted. Nothing is dropped silently.
 * - Readers report a mistake and read on. The count of errors says whether the reading succeeded.
 */
#ifndef PINCTL_FORMATS_CONVERSION_H
#define PINCTL_FORMATS_CONVERSION_H

#include <stdio.h>

#include "base/arena.h"
#include "formats/comments.h"
#include "keys/key_object.h"
#include "pinpolicy.h"

/* A mistake in the text; something that cannot be held; something left out without harm. */
enum finding { FINDING_ERROR, FINDING_LOSS, FINDING_NOTE, FINDING_COUNT };

struct conversion_item {
  struct pin_entry entry; /* lists, ports and texts belong to the arena, or to the policy */
  bool below_only;        /* covers the names below it, at any depth, but not itself; only during reading */
  struct pin_digest *joined[PIN_LIST_COUNT]; /* lists that other lists were added to, with room for `room`
                                                digests; or NULL */
  uint16_t *joined_ports;
  uint32_t room[PIN_LIST_COUNT], port_room;
};

/* A digest in the text. The digest comes first, because qsort(3) compares it first. */
struct known_digest {
  struct pin_digest digest;
  unsigned line; /* its line, according to the reader; 0: not known */
};

struct format;

struct conversion {
  const struct format *format; /* import: the format of the text */
  const char *path;            /* path of the foreign text, as messages name it */
  const char *text;            /* import: NUL-terminated, without a NUL inside */
  size_t length;               /* of the text */
  const char *host;            /* import: --host, the host of the pins where the file does not say; or NULL */
  const char *origin;          /* import: --origin, the origin of relative names in a zone; or NULL */
  const char *companion;       /* path of the second file, for a format that has two; or NULL */
  const struct objects *certificates; /* export: certificates, for a format that holds no digests */
  int64_t now;
  FILE *out;                   /* export */
  FILE *companion_out;         /* export: for `companion`, or NULL */
  enum comment_style comments; /* import: how comments are written; a reader may change it */
  struct conversion_item *items;
  size_t count, capacity;
  size_t findings[FINDING_COUNT];
  size_t nameless;            /* entries that conversion_add_named left out */
  struct known_digest *known; /* import: digests that a reader took, or reported in a message */
  size_t known_count;
  struct pin_digest_list copied[PIN_LIST_COUNT]; /* the lists of the last draft added, in the arena */
  struct arena arena;
};

void conversion_clear(struct conversion *conversion);

/*
 * Prints "file:line: ..." to stderr; with line 0 "file: ...". The first 20 of each kind are printed, and
 * all are counted. The short forms are about the foreign text itself.
 */
void convert_say(struct conversion *conversion, enum finding kind, const char *file, unsigned line,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));
#define convert_error(conversion, line, ...)                                                                 \
  convert_say(conversion, FINDING_ERROR, (conversion)->path, line, __VA_ARGS__)
#define convert_loss(conversion, line, ...)                                                                  \
  convert_say(conversion, FINDING_LOSS, (conversion)->path, line, __VA_ARGS__)
#define convert_note(conversion, line, ...)                                                                  \
  convert_say(conversion, FINDING_NOTE, (conversion)->path, line, __VA_ARGS__)
/* Prints a note if a preprocessor would choose among parts of the source: all of them are read. */
void convert_note_branches(struct conversion *conversion);
/* Prints how many messages of each kind were not shown. */
void convert_say_rest(const struct conversion *conversion);

/* An entry while it is read. Start with DRAFT_AT. Needs clearing, which AUTO_DRAFT does at the end of its
 * block. */
struct draft {
  const char *name; /* as the text writes it */
  unsigned line;
  bool include_subdomains, below_only;
  bool requires_all; /* require = "all", if there are both pins and intermediates */
  enum pin_mode mode;
  int64_t expires;
  uint16_t port; /* 0: every port */
  struct pin_digest *lists[PIN_LIST_COUNT];
  uint32_t counts[PIN_LIST_COUNT];
};
#define DRAFT_AT(its_name, its_line)                                                                         \
  (struct draft) {                                                                                           \
    .name = (its_name), .line = (its_line), .expires = PIN_NEVER                                             \
  }

void draft_take(struct draft *draft, enum pin_list list, const struct pin_digest *digest);
void draft_clear(struct draft *draft);
#define AUTO_DRAFT __attribute__((cleanup(draft_clear))) struct draft

/* Sets the expiry: from the first second of `day` on, the program that reads the text ignores the pins.
 * `what` is the name of the setting, for messages. */
void convert_end(struct conversion *conversion, struct draft *draft, const char *what, const char *day,
                 unsigned line);

/* Makes an entry that only logs, with a note, because `setting` tells the program that reads the text to
 * accept any key. */
void convert_only_logs(struct conversion *conversion, struct draft *draft, const char *setting);

/*
 * Adds a copy of the draft, with the name in canonical form. An invalid name is a loss, and so is an entry
 * without pins unless its mode is "off".
 */
void conversion_add(struct conversion *conversion, const struct draft *draft);

/*
 * The same for a format that does not name every host: an entry without a name is reported. If --host was
 * given, entries for other names are left out.
 */
void conversion_add_named(struct conversion *conversion, const struct draft *draft);

/* Adds an entry unchanged. Its lists and texts must outlive the conversion. */
struct conversion_item *conversion_append(struct conversion *conversion, const struct pin_entry *entry);

/*
 * Call after the last entry. Sorts the entries by name, joins what belongs together (ports, a name and the
 * names below it, pins that add up), reports two entries for one name, and leaves out entries without pins
 * that exempt nothing.
 */
void conversion_finish(struct conversion *conversion);

/* Prints a note for names that have entries for different ports. Call after conversion_finish. */
void conversion_note_ports(struct conversion *conversion);

/* Sorts by name, then by ports: conversion_covering needs this order. */
void conversion_sort(struct conversion *conversion);

/*
 * Returns the next less specific entry that also covers the name of an item, nearest first. Start with
 * *cursor 0. Returns NULL at the end. The items must be sorted.
 */
const struct conversion_item *conversion_covering(const struct conversion *conversion,
                                                  const struct conversion_item *item, size_t *cursor);

/*
 * Adds the digest of a key, in base64. It is decoded as programs that read such files do: without padding,
 * with white space inside, in the URL alphabet. Stray bits in the last character are ignored with a note.
 * Anything else is a loss; messages call the pin `what`.
 */
void convert_pin(struct conversion *conversion, struct draft *draft, const char *text, unsigned line,
                 const char *what);
/* Adds the digest of a certificate, in hexadecimal digits, with or without colons. Shorter digests are
 * reported. */
void convert_fingerprint(struct conversion *conversion, struct draft *draft, enum pin_list list,
                         const char *text);
/* Records a digest that was read or reported, so that import_sweep does not report it again. It stands for
 * one place in the text: one in that line or, if there is none, one in another line. */
void convert_know(struct conversion *conversion, const struct pin_digest *digest, unsigned line);
/* Decodes a digest as convert_pin does. False: the text is not a digest. *ret_stray: the last character
 * had stray bits. */
bool convert_decode(const char *text, struct pin_digest *ret_digest, bool *ret_stray);
/* Writes a digest in base64 (without "sha256/") or in hexadecimal digits. For free(3). */
char *digest_base64(const struct pin_digest *digest);
char *digest_hex(const struct pin_digest *digest);

/* Writes each digest in base64, with `before` and `behind` around it and `between` between two. */
void digests_write(FILE *out, const struct pin_digest_list *list, const char *before, const char *behind,
                   const char *between);
/* Whether the first list has every digest of the second. */
bool digests_contain(const struct pin_digest_list *list, const struct pin_digest_list *others);
/* Appends the digests of the list to `count` others; the array must have room. Repetitions are left out as
 * long as the list is not too long to search. Returns the new count. */
uint32_t digests_append(struct pin_digest *digests, uint32_t count, const struct pin_digest_list *others);
/* Both lists in one, joined in the same way. */
struct pin_digest_list digests_join(struct arena *arena, const struct pin_digest_list *list,
                                    const struct pin_digest_list *others);

/* ---- Entries with the same pins, so that each list of pins is written once ---- */

struct digest_group {
  const struct pin_digest_list *list;
  size_t used; /* how many entries use it */
};

struct grouping {
  size_t *group_of;            /* for each item, an index into groups */
  struct digest_group *groups; /* in the order of their first use */
  size_t count;
};

/* SHA-256 over a list in its order, in hexadecimal digits. For free(3). */
char *digests_hash(const struct pin_digest_list *list);

/* Groups the items by their PIN_LIST_PINS. An empty list is a group like any other. */
struct grouping grouping_new(const struct conversion *conversion);
void grouping_clear(struct grouping *grouping);

#endif
