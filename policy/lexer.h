/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The words of a policy text and where they stand. libconfig reads the values but tells only lines, and of
 * some settings the line after them; this finds the exact bytes. It takes what every libconfig since 1.5
 * reads alike, and nothing else: no @include, no 64-bit or octal numbers, only the escapes of 1.5.
 */
#ifndef PIN_LEXER_H
#define PIN_LEXER_H

#include <stdbool.h>
#include <stddef.h>

/* Some bytes of one line. */
struct pin_place {
  size_t offset;     /* of the first byte, in the text */
  size_t line_start; /* offset of the first byte of its line */
  unsigned line;     /* from 1 */
  unsigned width;    /* in bytes; ends with the line where the word goes on in the next */
};

enum pin_token_kind {
  PIN_TOKEN_END = 0,
  PIN_TOKEN_BAD, /* token.problem says why */
  PIN_TOKEN_NAME,
  PIN_TOKEN_STRING, /* one literal with its quotes; adjacent ones are joined by the reader */
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
  const char *problem; /* static; only of PIN_TOKEN_BAD */
};

/* A position in a text. A plain value: a copy is a bookmark. */
struct pin_lexer {
  const char *text; /* not owned; no NUL before `size` */
  size_t size;
  size_t offset;
  size_t line_start;
  unsigned line;
};

struct pin_lexer pin_lexer_at_start(const char *text, size_t size);

/* The next word; PIN_TOKEN_END again and again at the end of the text. */
struct pin_token pin_lexer_next(struct pin_lexer *lexer);

/* 1 of an opening bracket, -1 of a closing one, 0 of all else. */
int pin_token_nesting(enum pin_token_kind kind);

/* The next word, which stays the next. */
struct pin_token pin_lexer_peek(const struct pin_lexer *lexer);

/* The place that starts at `first` and goes to the end of `last`, or to the end of the line of `first`. */
struct pin_place pin_place_join(const struct pin_lexer *lexer, const struct pin_token *first,
                                const struct pin_token *last);

#endif
