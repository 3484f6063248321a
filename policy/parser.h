/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The grammar of values and groups, and how to go on after a mistake in it: what could not be understood is
 * skipped up to the next setting, so that one slip hides nothing behind it.
 */
#ifndef PIN_PARSER_H
#define PIN_PARSER_H

#include "lexer.h"

struct pin_diagnostics;
struct pin_source;

/* Bytes of the text that are no sound part of it. */
struct pin_skipped {
  size_t start, end;
};

struct pin_parser {
  const struct pin_source *source;
  struct pin_diagnostics *diagnostics;
  struct pin_lexer lexer;       /* after `token` */
  struct pin_token token;       /* the one to be looked at */
  size_t previous_end;          /* of the token before */
  size_t member_start;          /* of the innermost setting being read */
  struct pin_token open_string; /* the last string that goes on in a next line; its `end` 0: none */
  unsigned open_string_last;    /* the line in which it ends */
  size_t open_string_member;    /* start of the setting that it belongs to */
  bool value_is_bad;            /* the setting being read has a mistake that was reported */
  bool end_is_known;            /* that the text ends too early was reported, or follows from what was */
  bool limit_reached;           /* a group has more than PIN_MAX_MEMBERS settings: reading ended there */
  size_t resync_at; /* offset of the first resynchronisation after a mistake: from here on it is a guess what
                       belongs where */
  struct pin_skipped *skipped; /* for free(3) */
  size_t skipped_count, skipped_capacity;
};

/* The names of one group, to find repeated ones. */
#define PIN_MAX_MEMBERS 64
struct pin_members {
  struct pin_place places[PIN_MAX_MEMBERS];
  size_t count;
};

void pin_parser_advance(struct pin_parser *parser);

/* Reports that something else was expected here. Always false: what is being read ends here. */
bool pin_parser_expected(struct pin_parser *parser, const char *what);

/* The next word is the name. Goes on to the first word of the value. */
bool pin_parser_name(struct pin_parser *parser);

/* A whole value; false: it was reported why not. */
bool pin_parser_value(struct pin_parser *parser, unsigned depth);

/*
 * From the "{" to behind its "}". A mistake in a member is skipped and does not end the group. Returns
 * whether the group was closed: where not, the next word belongs to what is around it, or the text is over.
 */
bool pin_parser_group(struct pin_parser *parser, unsigned depth);

/*
 * The settings of a group up to `end`, which stays the next word: PIN_TOKEN_GROUP_END, or PIN_TOKEN_END where
 * the text holds nothing else. Mistakes and result as of pin_parser_group().
 */
bool pin_parser_members(struct pin_parser *parser, unsigned depth, enum pin_token_kind end);

/* Goes behind a ";" or ",", where there is one. */
void pin_parser_terminator(struct pin_parser *parser);

/*
 * After a mistake in a setting of a group, at `start`: goes on to its next setting, or its end. Returns
 * false where the group seems to end without its "}".
 */
bool pin_parser_resync(struct pin_parser *parser, size_t start);

/* Whether the next two words are a name and "=". */
bool pin_parser_at_setting(const struct pin_parser *parser);

/* Notes that from an offset on it is a guess what belongs where. */
void pin_parser_note_resync(struct pin_parser *parser, size_t offset);

#endif
