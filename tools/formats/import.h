/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The steps of an import: decode the bytes, let a format read the text, report pins that were not read,
 * and write the policy. */
#ifndef PINCTL_FORMATS_IMPORT_H
#define PINCTL_FORMATS_IMPORT_H

#include "base/must_use.h"
#include "formats/formats.h"

/* ---- import_text.c ---- */

/*
 * Decodes *text, `length` bytes and a NUL, and makes it the text of the conversion. UTF-16 with a byte
 * order mark becomes UTF-8, a byte order mark is removed, and every line ends in one newline. *text may be
 * replaced by another allocation; the caller frees it. Returns false for a file that is not text (a binary
 * property list, compiled Android XML, anything else with a NUL), having said what the file
 * is and what to do.
 */
MUST_USE bool import_text_prepare(struct conversion *conversion, char **text, size_t length);

/*
 * Decodes a second file of the format in the same way, without messages. Returns false if the file begins
 * with the byte order mark of UTF-16 but is not UTF-16. A text with a NUL is left as it is.
 */
MUST_USE bool import_text_decode(char **text, size_t *length);

/* ---- import_sweep.c ---- */

/*
 * After a reader has finished, the text is searched for everything that is spelled like a pin of the
 * format. A pin that the reader neither took nor reported is counted as a loss: it may stand under an
 * unknown key or in an unknown statement, or a second key of the same name may have hidden it.
 */

/* Reads the text of the conversion as this format and turns the result into entries of a policy. */
void import_read(struct conversion *conversion, const struct format *format);

/* Marks the pins in a part of the text as known, because a message has just reported that part. `line` is
 * where the part begins. */
void import_pass(struct conversion *conversion, const char *part, unsigned line);

/* Reports a loss if a part of the text that no reader reads sets `word`, an option about pins. A part with
 * a pin in it is not reported here: the search for pins reports that pin. */
void import_name_unread(struct conversion *conversion, const char *part, unsigned line, const char *word);

/*
 * Cuts a comment ("#", ";", "//") off a value, for formats whose software does not know comments there:
 * people write them all the same, often with old pins in them. Reports the comment as a loss.
 * A mark counts behind a blank or at the start of the text.
 */
void import_cut_comment(struct conversion *conversion, char *text, unsigned line);

/* ---- import_apply.c ---- */

struct import_wish {
  const char *policy;
  const char *list;   /* the name of the list */
  const char *format; /* named in the first line of the file */
  bool strict;        /* change nothing if a host has an entry already */
  bool dry_run;
};

/*
 * Writes the list; an earlier list of the same name is replaced. Hosts that have an entry elsewhere are
 * left out, each with a warning. Returns an exit status, after saying what was done.
 */
MUST_USE int import_apply_list(struct conversion *conversion, const struct import_wish *wish);

/* Writes the only entry into the drop-in of its host, as "pinctl add" would. Refuses if the host has an
 * entry. */
MUST_USE int import_apply_host(struct conversion *conversion, const struct import_wish *wish);

#endif
