/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The tokens of sources and configurations in which formats stand: strings, words and single characters. */
#ifndef PINCTL_FORMATS_TOKENS_H
#define PINCTL_FORMATS_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/comments.h"

#define TOKEN_NONE SIZE_MAX

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
  size_t inside;  /* the index of the bracket around it that was opened last; TOKEN_NONE: none */
  bool is_open;   /* of a string: it has an escape that is not known here */
  bool is_joined; /* no blank and no comment stands before it */
};

struct tokens {
  struct token *items;
  size_t count;
  size_t *behind; /* of an opening bracket: see tokens_behind */
};

/*
 * Of a source (COMMENTS_C: lines of the preprocessor say nothing; COMMENTS_LUA) words are names; of what
 * configures a server (COMMENTS_SERVER, COMMENTS_SOURCE) they end at blanks and quotes. A template of Kotlin
 * or Swift is what it is short for: "a${A.NAME}" is "a" + A.NAME + "", and an expression within one is the
 * name "". Never fails: a string that does not end goes up to the end of its line. To be cleared.
 */
struct tokens tokens_read(const char *text, enum comment_style style);
void tokens_clear(struct tokens *tokens);

/* The one at an index; of TOKEN_END behind the last. */
const struct token *token_at(const struct tokens *tokens, size_t index);
/* Whether it is this sign, or this word (letter by letter). */
bool token_is(const struct tokens *tokens, size_t index, const char *text);

/* The bracket that is open around a token: one of "([{", or 0. */
char token_within(const struct tokens *tokens, size_t index);

/* Whether what stands before a dot holds constants ("Pins", "this"),
 * and is not some object ("request.url"). */
bool token_has_constants(const char *text);

/* Whether it is an opening bracket. */
bool token_opens(const struct tokens *tokens, size_t index);
/* The index behind the bracket that closes the opening one at `index`;
 * tokens->count where nothing closes it. */
size_t tokens_behind(const struct tokens *tokens, size_t index);

/* The token behind one, and behind all that is in brackets where it opens them. */
size_t tokens_next(const struct tokens *tokens, size_t index);

#endif
