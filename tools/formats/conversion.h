/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Entries on their way between the policy and somebody else's format, in both directions the same: what a
 * format's reader has found in a text, or what its writer is to write. Surprising things first:
 *  - What cannot be held is counted as a loss, and the verb refuses to go on, unless the user wants it so.
 *    What no pin depends on is only noted. Nothing is dropped in silence.
 *  - Readers report a mistake and read on; it is the count of errors that says whether they were content.
 */
#ifndef PINCTL_FORMATS_CONVERSION_H
#define PINCTL_FORMATS_CONVERSION_H

#include <stdio.h>

#include "base/arena.h"
#include "formats/comments.h"
#include "keys/key_object.h"
#include "pinpolicy.h"

/* A mistake in the text, what cannot be held, and what is left out without harm. */
enum finding { FINDING_ERROR, FINDING_LOSS, FINDING_NOTE, FINDING_COUNT };

struct conversion_item {
  struct pin_entry entry; /* lists, ports and texts belong to the arena, or to the policy */
  bool below_only;        /* the names below it, at any depth, but not itself; only while it is read */
  struct pin_digest *joined[PIN_LIST_COUNT]; /* lists that others went into, with room for `room`; or NULL */
  uint16_t *joined_ports;
  uint32_t room[PIN_LIST_COUNT], port_room;
};

/* A digest of the text. Start with the digest, which qsort(3) compares first. */
struct known_digest {
  struct pin_digest digest;
  unsigned line; /* where the reader says that it stands; 0: it does not say */
};

struct format;

struct conversion {
  const struct format *format; /* import: that of the text */
  const char *path;            /* of the foreign text, as messages name it */
  const char *text;            /* import: NUL-terminated, without a NUL inside */
  size_t length;               /* of the text */
  const char *host;            /* import: whose pins these are, where the format does not say; or NULL */
  const char *origin;          /* import: what names of a zone are relative to, or NULL */
  const char *companion;       /* the second file of a format that has two, or NULL */
  const struct objects *certificates; /* export: what a format can show that holds no digests */
  int64_t now;
  FILE *out;           /* export */
  FILE *companion_out; /* export: for `companion`, or NULL */
  enum comment_style
      comments; /* import: how the text writes them; a reader may know better than the format */
  struct conversion_item *items;
  size_t count, capacity;
  size_t findings[FINDING_COUNT];
  size_t nameless;            /* those that conversion_add_named left out */
  struct known_digest *known; /* import: those that a reader took, or named in a message */
  size_t known_count;
  struct pin_digest_list copied[PIN_LIST_COUNT]; /* the lists of the draft added last, in the arena */
  struct arena arena;
};

void conversion_clear(struct conversion *conversion);

/*
 * "file:line: ..." to stderr; line 0: the file as a whole. Of each kind the first 20 are shown and all are
 * counted. The short forms are about the foreign text itself.
 */
void convert_say(struct conversion *conversion, enum finding kind, const char *file, unsigned line,
                 const char *format, ...) __attribute__((format(printf, 5, 6)));
#define convert_error(conversion, line, ...)                                                                 \
  convert_say(conversion, FINDING_ERROR, (conversion)->path, line, __VA_ARGS__)
#define convert_loss(conversion, line, ...)                                                                  \
  convert_say(conversion, FINDING_LOSS, (conversion)->path, line, __VA_ARGS__)
#define convert_note(conversion, line, ...)                                                                  \
  convert_say(conversion, FINDING_NOTE, (conversion)->path, line, __VA_ARGS__)
/* Says so where a preprocessor would pick among the parts of a source, all of which are read. */
void convert_note_branches(struct conversion *conversion);
/* Says how many of each kind were not shown. */
void convert_say_rest(const struct conversion *conversion);

/* An entry while it is read. Start with DRAFT_AT; to be cleared, by AUTO_DRAFT at the end of its block. */
struct draft {
  const char *name; /* as the text spells it */
  unsigned line;
  bool include_subdomains, below_only;
  bool requires_all; /* pins and intermediates, where both are given */
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

/* From the first second of a day on, the program that the text is for does not look at the pins any more. */
void convert_end(struct conversion *conversion, struct draft *draft, const char *what, const char *day,
                 unsigned line);

/* The program that the text is for goes on whatever key the server has, because of a setting: the entry only
 * logs, and that is said. */
void convert_only_logs(struct conversion *conversion, struct draft *draft, const char *setting);

/*
 * Adds a copy of the draft under the name by which the policy compares it. A name that is none counts as a
 * loss; so does one without pins, unless its mode is "off".
 */
void conversion_add(struct conversion *conversion, const struct draft *draft);

/*
 * The same for a format that names some hosts and leaves others to --host: one without a name is reported,
 * and where --host is given, one of another name is left out.
 */
void conversion_add_named(struct conversion *conversion, const struct draft *draft);

/* Adds an entry as it is; it must outlive the conversion. */
struct conversion_item *conversion_append(struct conversion *conversion, const struct pin_entry *entry);

/*
 * After the last entry: sorts them by name, joins what belongs together (ports, a name and what is below it,
 * pins that add up), reports two entries for one name, and leaves out entries without pins that take nothing
 * out of any other.
 */
void conversion_finish(struct conversion *conversion);

/* Notes the names that have entries for different ports. After conversion_finish. */
void conversion_note_ports(struct conversion *conversion);

/* By name, then by ports: the order that conversion_covering needs. */
void conversion_sort(struct conversion *conversion);

/*
 * The less specific entries that also cover the name of an item, nearest first; start with *cursor 0. NULL:
 * no more. The items must be sorted.
 */
const struct conversion_item *conversion_covering(const struct conversion *conversion,
                                                  const struct conversion_item *item, size_t *cursor);

/*
 * Takes a key's digest in base64 as the programs decode it that read such files: without its padding, with
 * white space inside, in the alphabet for URLs. Bits that stray in the last character are ignored, and noted.
 * Anything else counts as a loss, in which the pin is called `what`.
 */
void convert_pin(struct conversion *conversion, struct draft *draft, const char *text, unsigned line,
                 const char *what);
/* Takes the digest of a certificate in hexadecimal digits, with or without colons; shorter ones are named. */
void convert_fingerprint(struct conversion *conversion, struct draft *draft, enum pin_list list,
                         const char *text);
/* A digest that was read, or that a message speaks of: import_sweep does not name it again. It stands for one
 * place in the text: in that line, or, where none has it in that line, in another. */
void convert_know(struct conversion *conversion, const struct pin_digest *digest, unsigned line);
/* The digest as convert_pin decodes it. False: it is none. *ret_stray: bits stray in its last character. */
bool convert_decode(const char *text, struct pin_digest *ret_digest, bool *ret_stray);
/* The other way round: base64 without the "sha256/". For free(3). */
char *digest_base64(const struct pin_digest *digest);
char *digest_hex(const struct pin_digest *digest);

/* Writes each in base64, between `before` and `behind`, and `between` between two. */
void digests_write(FILE *out, const struct pin_digest_list *list, const char *before, const char *behind,
                   const char *between);
/* Whether every digest of the second list is in the first. */
bool digests_contain(const struct pin_digest_list *list, const struct pin_digest_list *others);
/* Puts those of the list behind `count` others, where there is room; each once as long as they are of a
 * reasonable length. Returns how many there are then. */
uint32_t digests_append(struct pin_digest *digests, uint32_t count, const struct pin_digest_list *others);
/* Both lists, joined in that way. */
struct pin_digest_list digests_join(struct arena *arena, const struct pin_digest_list *list,
                                    const struct pin_digest_list *others);

/* ---- Entries that have the very same pins, so that each list of them is written once ---- */

struct digest_group {
  const struct pin_digest_list *list;
  size_t used; /* by so many entries */
};

struct grouping {
  size_t *group_of;            /* of each item, an index into groups */
  struct digest_group *groups; /* in the order in which the items use them first */
  size_t count;
};

/* Of all that is in a list, in its order, in hexadecimal digits. For free(3). */
char *digests_hash(const struct pin_digest_list *list);

/* By their list PIN_LIST_PINS; an empty list is a group like any other. */
struct grouping grouping_new(const struct conversion *conversion);
void grouping_clear(struct grouping *grouping);

#endif
