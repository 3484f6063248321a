/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Comments of the languages in which formats are written. */
#ifndef PINCTL_FORMATS_COMMENTS_H
#define PINCTL_FORMATS_COMMENTS_H

enum comment_style {
  COMMENTS_UNKNOWN = 0, /* none are told from the rest */
  COMMENTS_C,           /* also Java, Kotlin, Swift, Objective-C, JavaScript */
  COMMENTS_SOURCE,      /* as COMMENTS_C and HASH: of COMMENTS_SERVER, where the text is PHP or the like */
  COMMENTS_LUA,
  COMMENTS_XML,
  COMMENTS_SERVER, /* of whatever configures one: as COMMENTS_HASH and XML, and at the start of a line C and
                      "--" */
  COMMENTS_HASH,   /* "#" at the start of a line, or behind a blank */
  COMMENTS_SCRIPT, /* as COMMENTS_HASH; and of the shells of Windows, and C's at the start of a line */
  COMMENTS_HASH_LINE, /* "#" at the start of a line only */
  COMMENTS_INI        /* as COMMENTS_HASH, and ";" */
};

/* The text with its comments made blank, in the same lines; strings hold none. For free(3). */
char *comments_blank(const char *text, enum comment_style style);

/* The same, but where nobody can tell whether a comment holds another one, the first end is its end; and what
 * is a comment in one language of two is none. */
char *comments_blank_sure(const char *text, enum comment_style style);

#endif
