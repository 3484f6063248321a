/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Cuts a text into lines and words, looks for a word in a list of words, and maps names to numbers. */
#ifndef PINCTL_FORMATS_WORDS_H
#define PINCTL_FORMATS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

/* ---- Lines and words, each cut off in place ---- */

struct lines {
  char *text, *rest;
  unsigned number; /* number of the last line taken; of joined lines, of the first */
  size_t indent;   /* blanks before that line */
  unsigned passed; /* lines taken so far */
};

/* Copies the text. Clear it when none of its lines is needed any more. */
struct lines lines_of(const char *text);
void lines_clear(struct lines *lines);

/* Returns the next line without the blanks before it, or NULL at the end. Empty lines and lines that begin
 * with "#" are skipped. */
char *lines_next(struct lines *lines);

/*
 * Joins to the last line, with a blank between, the lines that continue it: those with more blanks before
 * them than `indent`. over_comments: lines that lines_next skips do not end it.
 */
void lines_fold(struct lines *lines, size_t indent, bool over_comments);
/*
 * Joins to the line, with nothing between, the next one for as long as it ends in a backslash, which is
 * removed. program: the line calls this program, and may also end in the continuation signs of cmd ("^")
 * and PowerShell ("`"). NULL: the line is not a command.
 */
void lines_join_escaped(struct lines *lines, char *line, const char *program);

/* Cuts off and returns the next word, or NULL at the end. */
char *next_word(char **rest, const char *separators);
/* Ends the line behind its first word, and returns what follows the separators behind that word. */
char *cut_word(char *line, const char *separators);
/* Removes white space at both ends, in place. */
char *trim(char *text);

/* Whether a word is in a list of words separated by blanks. The second form ignores case. */
bool is_one_of(const char *word, const char *words);
bool is_one_of_caseless(const char *word, const char *words);

/* Whether the text ends in `ending`; case is ignored. */
bool ends_in(const char *text, const char *ending);

/* ---- Names ---- */

/* A map from names to numbers, with lookup in constant time. Start with {0}. */
struct names {
  json_object *numbers;
};

#define NAMES_NONE SIZE_MAX

/* Returns false if the name has a number already, which stays. */
bool names_add(struct names *names, const char *name, size_t number);
/* Returns NAMES_NONE if the name is not there. */
size_t names_find(const struct names *names, const char *name);
void names_clear(struct names *names);

#endif
