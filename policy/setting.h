/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Settings as libconfig read them, each with its place in the text. */
#ifndef PIN_SETTING_H
#define PIN_SETTING_H

#include "lexer.h"

#include <libconfig.h>

struct pin_diagnostics;
struct pin_section;
struct pin_source;

struct pin_setting {
  const config_setting_t *tree;
  const struct pin_source *source;
  const char *name; /* that of the list where this is an element of one */
  bool is_element;
  struct pin_place name_place; /* of the value where this is an element of a list */
  struct pin_place place;      /* of the value; of a list or group, its opening bracket */
  struct pin_lexer lexer;      /* before the first word of the value */
};

/* Walks through the members of a group, or the elements of a list or array. */
struct pin_children {
  const config_setting_t *parent;
  const struct pin_source *source;
  const char *list_name; /* NULL: a group, whose members have names of their own */
  struct pin_lexer lexer;
  unsigned next;
};

/*
 * Lets libconfig read a readable section: of PIN_SECTION_HOST the group, of others `name = value` as a group
 * of one. Returns whether it could; if not, it has said why. The settings live until the next call.
 */
bool pin_section_load(config_t *config, const struct pin_source *source, const struct pin_section *section,
                      struct pin_diagnostics *diagnostics, struct pin_children *ret_children);

/* Of a list or an array. */
struct pin_children pin_setting_elements(const struct pin_setting *list);

/* Returns whether there was one more. */
bool pin_children_next(struct pin_children *children, struct pin_setting *ret_setting);

/* "a string", "a number", ... Static. */
const char *pin_setting_type_name(const struct pin_setting *setting);

/* These return NULL, false or -1 and have said what was expected where the value is another. */
const char *pin_setting_string(const struct pin_setting *setting, struct pin_diagnostics *diagnostics);
bool pin_setting_boolean(const struct pin_setting *setting, struct pin_diagnostics *diagnostics,
                         bool *ret_value);
/* `of_what`: "digests", ...; a list or array with at least one element. */
bool pin_setting_is_filled_list(const struct pin_setting *setting, const char *of_what,
                                struct pin_diagnostics *diagnostics);
/* Index into `words`, which ends in NULL; `expected` names them all for the message. */
int pin_setting_word(const struct pin_setting *setting, const char *const words[], const char *expected,
                     struct pin_diagnostics *diagnostics);

/* What is done with a setting of some name. */
struct pin_setting_rule {
  const char *name;
  void (*read)(void *context, const struct pin_setting *setting, unsigned detail);
  unsigned detail; /* for `read`, which may serve several names */
};

/* The rule of a setting; NULL: there is none. */
const struct pin_setting_rule *pin_setting_find_rule(const struct pin_setting_rule *rules, size_t count,
                                                     const struct pin_setting *setting);
/* Reports a setting without rule, with the nearest name or else all of them. */
void pin_setting_report_unknown(const struct pin_setting_rule *rules, size_t count,
                                const struct pin_setting *setting, struct pin_diagnostics *diagnostics);

#endif
