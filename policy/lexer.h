/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Splits a policy text into words and finds where they are. libconfig reads the values, but tells only
 * lines, and for some settings the line after them; this finds the exact bytes. It accepts what every
 * libconfig since 1.5 reads alike, and nothing else: no @include, no 64-bit or octal numbers, only the
 * escapes of 1.5.
 */
#ifndef PIN_LEXER_H
#define PIN_LEXER_H

#include <stdbool.h>
#include <stddef.h>

/* A part of one line. */
struct pin_place {
  size_t offset;     /* of the first byte in the text */
  size_t line_start; /* offset of the first byte of its line */
  unsigned line;     /* from 1 */
  unsigned width;    /* in bytes; only up to the end of the line if the word continues on the next */
};

enum pin_token_kind {
  PIN_TOKEN_END = 0,
  PIN_TOKEN_BAD, /* not a word; token.problem says why */
  PIN_TOKEN_NAME,
  PIN_TOKEN_STRING, /* one literal with its quotes; the reader joins adjacent ones */
  PIN_TOKEN_INTEGER,
  PIN_TOKEN_FLOAT,
  PIN_TOKEN_BOOLEAN,
  PIN_TOKEN_EQUALS,
  PIN_TOKEN_COMMA,
  PIN_TOKEN_SEMICOLON,
  PIN_TOKEN_ARRAY_START,
  PIN_TOKEN_ARRAY_END,
  PIN_TOKEN_LIST_START,
  PIN_TOKEN_LIST_END,
  PIN_TOKEN_GROUP_START,
  PIN_TOKEN_GROUP_END
};

struct pin_token {
  enum pin_token_kind kind;
  struct pin_place place;
  size_t end;          /* offset after the last byte */
  const char *problem; /* static; only for PIN_TOKEN_BAD */
};

/* A position in a text. It can be copied to come back to it later. */
struct pin_lexer {
  const char *text; /* borrowed; contains no NUL before `size` */
  size_t size;
  size_t offset;
  size_t line_start;
  unsigned line;
};

struct pin_lexer pin_lexer_at_start(const char *text, size_t size);

/* The next word. At the end of the text, PIN_TOKEN_END every time. */
struct pin_token pin_lexer_next(struct pin_lexer *lexer);

/* 1 for an opening bracket, -1 for a closing one, otherwise 0. */
int pin_token_nesting(enum pin_token_kind kind);

/* The next word, without moving on. */
struct pin_token pin_lexer_peek(const struct pin_lexer *lexer);

/* The place from the beginning of `first` to the end of `last`, or to the end of the line of `first`. */
struct pin_place pin_place_join(const struct pin_lexer *lexer, const struct pin_token *first,
                                const struct pin_token *last);

#endif
