/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What a reader has not understood is named all the same: after it, the text is searched for everything that
 * is spelled as a pin of the format. It is the last resort for what stands in a place, under a key or in a
 * statement that the reader does not know, or that another one of the same name hid from it.
 */
#ifndef PINCTL_FORMATS_IMPORT_SWEEP_H
#define PINCTL_FORMATS_IMPORT_SWEEP_H

#include "formats/formats.h"

/* Reads the text of the conversion by the format, and brings what was read into the shape of a policy. */
void import_read(struct conversion *conversion, const struct format *format);

/* Counts each pin that no reader took or named, outside of comments, as a loss. */
void import_sweep(struct conversion *conversion, const struct format *format);

/* Marks the pins in a part of the text as known: a message has just said what becomes of that part. */
void import_pass(struct conversion *conversion, const struct format *format, const char *part);

/* How comments are written in the text of the conversion: a format may be written in several languages. */
enum comment_style import_comments_of(const struct conversion *conversion, const struct format *format);

/* The text with its comments made blank, in the same lines. For free(3). */
char *import_blank_comments(const char *text, enum comment_style style);

#endif
