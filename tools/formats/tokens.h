/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Divides sources and configurations into tokens: strings, words and single characters. */
#ifndef PINCTL_FORMATS_TOKENS_H
#define PINCTL_FORMATS_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/comments.h"

#define TOKEN_NONE SIZE_MAX

enum token_kind {
  TOKEN_END = 0, /* behind the last token */
  TOKEN_WORD,    /* a name or a number; in a configuration anything between blanks and quotes */
  TOKEN_STRING,  /* without its quotes and escapes */
  TOKEN_SIGN     /* one character of punctuation */
};

struct token {
  enum token_kind kind;
  char *text;
  unsigned line;
  size_t inside;  /* index of the innermost bracket around it; TOKEN_NONE: none */
  bool is_open;   /* of a string: has an unknown escape */
  bool is_joined; /* no blank or comment stands before it */
};

struct tokens {
  struct token *items;
  size_t count;
  size_t *behind; /* for an opening bracket, see tokens_behind */
};

/*
 * Reads a source (COMMENTS_C, without lines of a preprocessor; COMMENTS_LUA), in which words are names, or
 * a configuration of a server (COMMENTS_SERVER, COMMENTS_SOURCE), in which words end at blanks and quotes.
 * A template of Kotlin or Swift is expanded: "a${A.NAME}" becomes "a" + A.NAME + "", and any other
 * expression becomes the name "". Never fails: an unclosed string ends with its line. Needs clearing.
 */
struct tokens tokens_read(const char *text, enum comment_style style);
void tokens_clear(struct tokens *tokens);

/* Returns a token, or one of kind TOKEN_END behind the last. */
const struct token *token_at(const struct tokens *tokens, size_t index);
/* Whether the token is this sign or word; case matters. */
bool token_is(const struct tokens *tokens, size_t index, const char *text);

/* Returns the innermost bracket around a token, one of "([{", or 0. */
char token_within(const struct tokens *tokens, size_t index);

/* Whether the word before a dot can have constants ("Pins", "this"), and is not an object ("request.url"). */
bool token_has_constants(const char *text);

/* Whether a token is an opening bracket. */
bool token_opens(const struct tokens *tokens, size_t index);
/* Returns the index behind the bracket that closes the one at `index`, or tokens->count if nothing closes
 * it. */
size_t tokens_behind(const struct tokens *tokens, size_t index);

/* Returns the next token; behind an opening bracket, the one behind its closing bracket. */
size_t tokens_next(const struct tokens *tokens, size_t index);

#endif
