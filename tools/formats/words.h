/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Lines of a text, words of a line, lists of words, and numbers by names. */
#ifndef PINCTL_FORMATS_WORDS_H
#define PINCTL_FORMATS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

/* ---- Lines and words, each cut off in place ---- */

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

/* Whether a word is one of those that blanks separate; caseless: upper and lower case alike. */
bool is_one_of(const char *word, const char *words);
bool is_one_of_caseless(const char *word, const char *words);

/* Whether the text ends so, upper and lower case alike. */
bool ends_in(const char *text, const char *ending);

/* ---- Names ---- */

/* Numbers by names, found in constant time. Start with {0}. */
struct names {
  json_object *numbers;
};

#define NAMES_NONE SIZE_MAX

/* False: the name has a number already, and keeps it. */
bool names_add(struct names *names, const char *name, size_t number);
/* NAMES_NONE: there is none of this name. */
size_t names_find(const struct names *names, const char *name);
void names_clear(struct names *names);

#endif
