/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Lines of a text, and words of a line, each cut off in place. */
#ifndef PINCTL_FORMATS_LINES_H
#define PINCTL_FORMATS_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct lines {
  char *text, *rest;
  unsigned number; /* of the line taken last, or of its first where several were joined */
  size_t indent;   /* blanks before it */
  unsigned passed; /* so many lines are behind us */
};

/* A copy of the text; to be cleared when none of its lines is needed any more. */
struct lines lines_of(const char *text);
void lines_clear(struct lines *lines);

/* The next line, from its first character that is no blank; NULL: no more. Empty lines and those that begin
 * with
 * "#" are passed over. */
char *lines_next(struct lines *lines);

/*
 * Joins to the line that was taken last what continues it, with a blank between: lines that begin with more
 * blanks than `indent`. over_comments: what lines_next passes over does not end it.
 */
void lines_fold(struct lines *lines, size_t indent, bool over_comments);
/*
 * The same, with nothing between: the line behind each that ends in a backslash, which goes. program: that of
 * a command, which goes on behind the signs of cmd and PowerShell too; NULL: the line is none.
 */
void lines_join_escaped(struct lines *lines, char *line, const char *program);

/* Takes a word off; NULL: no more. */
char *next_word(char **rest, const char *separators);
/* Cuts a word off and returns what is behind it and the separators that follow. */
char *cut_word(char *line, const char *separators);
/* Without white space around it. */
char *trim(char *text);

#endif
