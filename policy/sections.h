/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Checks the grammar of a policy text and cuts it into sections, which are read one at a time.
 *
 * The whole text is not passed to libconfig, because libconfig stops at the first mistake, its check for
 * duplicates takes quadratic time in the number of pin sets, and a tree of a million hosts needs more than a
 * gigabyte. A single entry needs almost no memory, and a mistake hides no other. libconfig also never sees a
 * text that its versions read differently, or over which one leaks memory (1.5, on a string where none may
 * be).
 */
#ifndef PIN_SECTIONS_H
#define PIN_SECTIONS_H

#include "lexer.h"

struct pin_diagnostics;
struct pin_source;

enum pin_section_kind {
  PIN_SECTION_SETTING = 0, /* `name = value` at the top level */
  PIN_SECTION_PARENT,      /* the same, but its members follow as sections of their own */
  PIN_SECTION_PINSET,      /* `name = value` in `pinsets` */
  PIN_SECTION_HOST         /* an element of `hosts` */
};

struct pin_section {
  enum pin_section_kind kind;
  bool readable;     /* false: it has a mistake that was reported, and must not be read */
  bool doubtful;     /* for a host: some of its settings had mistakes and were removed */
  bool unclosed;     /* for a host: its "}" is missing */
  unsigned line;     /* line of `start`, from 1 */
  size_t line_start; /* offset of the beginning of that line */
  size_t start;      /* offset of its first word */
  size_t end;        /* offset after its last word */
};

struct pin_sections {
  struct pin_section *items;
  size_t count, capacity;
  size_t broken_at; /* behind this offset the structure is guessed; the size of the text: nowhere */
};

/*
 * Finds the sections of a source that was read. Reports mistakes of grammar, repeated names and arrays of
 * mixed types, each once. A setting with a mistake is overwritten with blanks in source->text
 * (source->original keeps it), and reading goes on behind it. No memory is noted in `diagnostics`. Free the
 * sections in any case.
 */
void pin_sections_read(struct pin_source *source, struct pin_diagnostics *diagnostics,
                       struct pin_sections *ret_sections);
void pin_sections_free(struct pin_sections *sections);

/* A lexer at the first word of a section, which ends at the section's end. */
struct pin_lexer pin_section_lexer(const struct pin_source *source, const struct pin_section *section);

#endif
