/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The sections of a policy text: its grammar checked, and cut into sections that are read one at a time.
 *
 * Why not hand the whole text to libconfig: it stops at the first mistake, its duplicate check is quadratic
 * in the number of pin sets, and a tree of a million hosts takes over a gigabyte. One entry at a time takes
 * next to none, and a mistake hides nothing beside or behind it. It also never sees a text that some of
 * its versions read differently, or leak memory over (1.5 on a string where none may be).
 */
#ifndef PIN_SECTIONS_H
#define PIN_SECTIONS_H

#include "lexer.h"

struct pin_diagnostics;
struct pin_source;

enum pin_section_kind {
  PIN_SECTION_SETTING = 0, /* `name = value` of the top level */
  PIN_SECTION_PARENT,      /* the same, but its members follow as sections of their own */
  PIN_SECTION_PINSET,      /* `name = value` of a member of `pinsets` */
  PIN_SECTION_HOST         /* an element of `hosts` */
};

struct pin_section {
  enum pin_section_kind kind;
  bool readable;     /* false: it holds a mistake that was reported, and is not to be read */
  bool doubtful;     /* of a host: some settings in it had such mistakes and are missing now */
  bool unclosed;     /* of a host: there is no "}" at its end */
  unsigned line;     /* of `start` */
  size_t line_start; /* of that line */
  size_t start;      /* offset of its first word */
  size_t end;        /* offset after its last word */
};

struct pin_sections {
  struct pin_section *items;
  size_t count, capacity;
  size_t broken_at; /* from here on it is a guess what belongs where; the size of the text: nowhere */
};

/*
 * Finds the sections of a source that was read. Reports mistakes of grammar, repeated names and arrays of
 * mixed types, each once: the setting with the mistake is blanked out in source->text (and kept in
 * source->original), and reading goes on behind it. Out of memory is noted in `diagnostics`. Free the
 * sections in any case.
 */
void pin_sections_read(struct pin_source *source, struct pin_diagnostics *diagnostics,
                       struct pin_sections *ret_sections);
void pin_sections_free(struct pin_sections *sections);

/* A lexer before the first word of a section, which sees nothing behind it. */
struct pin_lexer pin_section_lexer(const struct pin_source *source, const struct pin_section *section);

#endif
