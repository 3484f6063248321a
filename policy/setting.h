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
  const char *name;            /* for an element, the name of its list */
  bool is_element;             /* it is an element of a list or array */
  struct pin_place name_place; /* for an element, the place of its value */
  struct pin_place place;      /* of the value; for a list or group, of its opening bracket */
  struct pin_lexer lexer;      /* at the first word of the value */
};

/* A walk through the members of a group, or the elements of a list or array. */
struct pin_children {
  const config_setting_t *parent;
  const struct pin_source *source;
  const char *list_name; /* NULL: a group, whose members have their own names */
  struct pin_lexer lexer;
  unsigned next;
};

/*
 * Lets libconfig read a readable section: for PIN_SECTION_HOST the group, otherwise `name = value` as a group
 * with one member. False: it failed, and the reason was reported. The settings are valid until the next call.
 */
bool pin_section_load(config_t *config, const struct pin_source *source, const struct pin_section *section,
                      struct pin_diagnostics *diagnostics, struct pin_children *ret_children);

/* Begins a walk through a list or an array. */
struct pin_children pin_setting_elements(const struct pin_setting *list);

/* Gets the next setting. False: there is none. */
bool pin_children_next(struct pin_children *children, struct pin_setting *ret_setting);

/* The type of a value, such as "a string" or "a number". Static. */
const char *pin_setting_type_name(const struct pin_setting *setting);

/* If the value is of another kind, these report what was expected and return NULL, false or -1. */
const char *pin_setting_string(const struct pin_setting *setting, struct pin_diagnostics *diagnostics);
bool pin_setting_boolean(const struct pin_setting *setting, struct pin_diagnostics *diagnostics,
                         bool *ret_value);
/* Whether this is a list or array with at least one element. of_what: "digests" and the like, for the
 * message. */
bool pin_setting_is_filled_list(const struct pin_setting *setting, const char *of_what,
                                struct pin_diagnostics *diagnostics);
/* The index of the value in `words`, which ends in NULL. expected: all words, for the message. */
int pin_setting_word(const struct pin_setting *setting, const char *const words[], const char *expected,
                     struct pin_diagnostics *diagnostics);

/* How a setting of one name is read. */
struct pin_setting_rule {
  const char *name;
  void (*read)(void *context, const struct pin_setting *setting, unsigned detail);
  unsigned detail; /* passed to `read`, which may serve several names */
};

/* The rule for a setting; NULL: there is none. */
const struct pin_setting_rule *pin_setting_find_rule(const struct pin_setting_rule *rules, size_t count,
                                                     const struct pin_setting *setting);
/* Reports a setting without a rule, with the most similar name, or with all names. */
void pin_setting_report_unknown(const struct pin_setting_rule *rules, size_t count,
                                const struct pin_setting *setting, struct pin_diagnostics *diagnostics);

#endif
