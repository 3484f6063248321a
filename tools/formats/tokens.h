/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The tokens of sources and configurations in which formats stand: strings, words and single characters. */
#ifndef PINCTL_FORMATS_TOKENS_H
#define PINCTL_FORMATS_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
  TOKEN_END = 0, /* behind the last one, as often as it is asked for */
  TOKEN_WORD,    /* a name, a number, or in a configuration whatever stands between blanks and quotes */
  TOKEN_STRING,  /* without its quotes, its escapes taken back */
  TOKEN_SIGN     /* one character of punctuation */
};

struct token {
  enum token_kind kind;
  char *text;
  unsigned line;
  bool is_open;   /* of a string: what it holds is only known at run time (a template in Kotlin or Swift) */
  bool is_joined; /* no blank and no comment stands before it */
};

struct tokens {
  struct token *items;
  size_t count;
  size_t *behind; /* of an opening bracket: see tokens_behind */
};

enum token_style {
  TOKENS_OF_SOURCE,        /* C, Java, Kotlin, Swift, Objective-C: words are names, comments in their ways;
                              lines of the preprocessor say nothing */
  TOKENS_OF_LUA,           /* the same, but comments begin with "--" */
  TOKENS_OF_CONFIGURATION, /* of servers: words end at blanks and quotes, "#" begins a comment */
  TOKENS_OF_PHP            /* as that, with the comments of C beside it */
};

/* Never fails: a string that does not end goes up to the end of its line. To be cleared. */
struct tokens tokens_read(const char *text, enum token_style style);
void tokens_clear(struct tokens *tokens);

/* Whether comments may hold comments, as in Kotlin and Swift, and where one ends that begins at the text. */
bool source_nests_comments(const char *text);
const char *source_behind_comment(const char *at, bool nests);

/* The one at an index; of TOKEN_END behind the last. */
const struct token *token_at(const struct tokens *tokens, size_t index);
/* Whether it is this sign, or this word (letter by letter). */
bool token_is(const struct tokens *tokens, size_t index, const char *text);

/* Whether it is an opening bracket. */
bool token_opens(const struct tokens *tokens, size_t index);
/* The index behind the bracket that closes the opening one at `index`; tokens->count where nothing closes it.
 */
size_t tokens_behind(const struct tokens *tokens, size_t index);

#endif
