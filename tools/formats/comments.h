/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Finds the comments of the languages in which formats are written. */
#ifndef PINCTL_FORMATS_COMMENTS_H
#define PINCTL_FORMATS_COMMENTS_H

enum comment_style {
  COMMENTS_UNKNOWN = 0, /* comments cannot be recognised */
  COMMENTS_C,           /* also Java, Kotlin, Swift, Objective-C, JavaScript */
  COMMENTS_SOURCE,      /* C and HASH: for COMMENTS_SERVER, if the text is PHP or similar */
  COMMENTS_LUA,
  COMMENTS_XML,
  COMMENTS_SERVER,    /* server configurations: HASH and XML; at the start of a line also C and "--" */
  COMMENTS_HASH,      /* "#" at the start of a line, or behind a blank */
  COMMENTS_SCRIPT,    /* HASH, those of the shells of Windows, and C's at the start of a line */
  COMMENTS_HASH_LINE, /* "#" at the start of a line only */
  COMMENTS_INI        /* HASH, and ";" */
};

/* Returns the text with blanks in place of its comments; line numbers stay. Strings hold no comments. For
 * free(3). */
char *comments_blank(const char *text, enum comment_style style);

/* The same, for text that must not be lost: if comments may or may not nest, the first end counts, and
 * what is a comment in only one of two possible languages is kept. */
char *comments_blank_sure(const char *text, enum comment_style style);

#endif
