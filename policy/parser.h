/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Checks the grammar of values and groups. After a mistake it skips to the next setting, so that one mistake
 * does not hide others. */
#ifndef PIN_PARSER_H
#define PIN_PARSER_H

#include "lexer.h"

struct pin_diagnostics;
struct pin_source;

/* A part of the text that must not be read. */
struct pin_skipped {
  size_t start, end;
};

/* The state of parsing. */
struct pin_parser {
  const struct pin_source *source;
  struct pin_diagnostics *diagnostics;
  struct pin_lexer lexer;       /* behind `token` */
  struct pin_token token;       /* the next word to be looked at */
  size_t previous_end;          /* end of the token before */
  size_t member_start;          /* start of the innermost setting that is being read */
  struct pin_token open_string; /* the last string that continues on the next line; its `end` is 0: none */
  unsigned open_string_last;    /* the line in which that string ends */
  size_t open_string_member;    /* start of the setting that it belongs to */
  bool value_is_bad;            /* the setting being read has a mistake that was reported */
  bool end_is_known;            /* no need to report that the text ends too early */
  bool limit_reached;           /* a group has more than PIN_MAX_MEMBERS settings, so reading ended there */
  /* Offset of the first resynchronisation after a mistake. Behind it, the structure of the text is only
   * guessed. */
  size_t resync_at;
  struct pin_skipped *skipped; /* owned; for free(3) */
  size_t skipped_count, skipped_capacity;
};

/* The names of one group, for finding repeated ones. */
#define PIN_MAX_MEMBERS 64
struct pin_members {
  struct pin_place places[PIN_MAX_MEMBERS];
  size_t count;
};

/* Moves to the next word. */
void pin_parser_advance(struct pin_parser *parser);

/* Reports that something else was expected here. Returns false, which ends what is being read. */
bool pin_parser_expected(struct pin_parser *parser, const char *what);

/* Reads a name, which must be the next word, and moves to the first word of its value. */
bool pin_parser_name(struct pin_parser *parser);

/* Reads a whole value. False: it has a mistake, which was reported. */
bool pin_parser_value(struct pin_parser *parser, unsigned depth);

/*
 * Reads from "{" to behind the matching "}". A member with a mistake is skipped and does not end the group.
 * Returns whether the group was closed. If not, the next word belongs to the surrounding group, or the text
 * has ended.
 */
bool pin_parser_group(struct pin_parser *parser, unsigned depth);

/* Reads the settings of a group up to `end`, which stays the next word: PIN_TOKEN_GROUP_END, or
 * PIN_TOKEN_END if the text contains nothing else. Mistakes and result as for pin_parser_group(). */
bool pin_parser_members(struct pin_parser *parser, unsigned depth, enum pin_token_kind end);

/* Skips a ";" or "," if there is one. */
void pin_parser_terminator(struct pin_parser *parser);

/* After a mistake in the setting that begins at `start`: moves to the group's next setting, or to its end.
 * Returns false if the group seems to end without its "}". */
bool pin_parser_resync(struct pin_parser *parser, size_t start);

/* Whether the next two words are a name and "=". */
bool pin_parser_at_setting(const struct pin_parser *parser);

/* Notes that behind this offset the structure of the text is only guessed. */
void pin_parser_note_resync(struct pin_parser *parser, size_t offset);

#endif
