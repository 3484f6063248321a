/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The steps of an import: from bytes to text, by a format to entries, what it left, and into the policy. */
#ifndef PINCTL_FORMATS_IMPORT_H
#define PINCTL_FORMATS_IMPORT_H

#include "base/must_use.h"
#include "formats/formats.h"

/* ---- import_text.c ---- */

/*
 * Makes *text, `length` bytes and a NUL, the text of the conversion: UTF-16 with a byte order mark becomes
 * UTF-8, a byte order mark goes, and each end of a line becomes one newline. *text may be replaced by another
 * allocation; it stays the caller's. Returns false, having said what the file is and what helps, where it is
 * no text: a binary property list, compiled Android XML, or anything else with a NUL.
 */
MUST_USE bool import_text_prepare(struct conversion *conversion, char **text, size_t length);

/*
 * The same for another file of the format, without a word: UTF-8 and newlines. False: it begins with the byte
 * order mark of UTF-16, and is not that. A text with a NUL stays as it is.
 */
MUST_USE bool import_text_decode(char **text, size_t *length);

/* ---- import_sweep.c ---- */

/*
 * What a reader has not understood is named all the same: after it, the text is searched for everything that
 * is spelled as a pin of the format. It is the last resort for what stands in a place, under a key or in a
 * statement that the reader does not know, or that another one of the same name hid from it.
 */

/* Reads the text of the conversion by the format, and brings what was read into the shape of a policy. */
void import_read(struct conversion *conversion, const struct format *format);

/* Marks the pins in a part of the text, which begins in a line, as known: a message has just said what
 * becomes of that part. */
void import_pass(struct conversion *conversion, const char *part, unsigned line);

/* Counts as a loss that a part of the text, which nobody reads, speaks of a word about pins; not where a pin
 * is in it, which is named by itself. */
void import_name_unread(struct conversion *conversion, const char *part, unsigned line, const char *word);

/*
 * Cuts off what one of the marks of a comment ("#", ";", "//") begins, behind a blank or at the start, where
 * the software that reads the format knows no comments: people write them all the same, and old pins are in
 * them. It is named as a loss.
 */
void import_cut_comment(struct conversion *conversion, char *text, unsigned line);

/* ---- import_apply.c ---- */

struct import_wish {
  const char *policy;
  const char *list;   /* the name of the list */
  const char *format; /* for the file */
  bool strict;        /* a host that has an entry already is a reason to change nothing */
  bool dry_run;
};

/*
 * Writes the list, in place of an earlier one of the same name. Hosts that have an entry elsewhere are left
 * out, each with a warning. Returns an exit status, having said what was done.
 */
MUST_USE int import_apply_list(struct conversion *conversion, const struct import_wish *wish);

/* Writes the only entry into the drop-in of its host, as "pinctl add" would; refuses where it has one. */
MUST_USE int import_apply_host(struct conversion *conversion, const struct import_wish *wish);

#endif
