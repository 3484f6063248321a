/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "setting.h"

#include "diagnostic.h"
#include "sections.h"
#include "source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The memory that libconfig needs for an empty text, and for each byte of a text in which one or two bytes
 * make a setting. */
#define LIBCONFIG_BASE ((size_t)64 << 10)
#define LIBCONFIG_PER_BYTE 128

/* libconfig cannot handle allocation failure (compile.c). So the memory that it may need is allocated and
 * freed first. Then it is available, unless other threads take it at that moment. */
static bool has_memory_for(size_t length) {
  void *block = malloc(LIBCONFIG_BASE + LIBCONFIG_PER_BYTE * length);
  free(block);
  return block != NULL;
}

bool pin_section_load(config_t *config, const struct pin_source *source, const struct pin_section *section,
                      struct pin_diagnostics *diagnostics, struct pin_children *ret_children) {
  struct pin_lexer lexer = pin_section_lexer(source, section);
  size_t end = section->end;
  struct pin_token first = pin_lexer_peek(&lexer);
  if (section->kind == PIN_SECTION_HOST) {
    /* For libconfig, what is inside the braces is a text of its own. */
    pin_lexer_next(&lexer);
    end -= section->unclosed ? 0 : 1;
  }

  if (!has_memory_for(end - lexer.offset)) {
    diagnostics->no_memory = true;
    return false;
  }
  /* Instead of copying the section, its end is made the end of a string for a moment. */
  char after = source->text[end];
  source->text[end] = '\0';
  bool loaded = config_read_string(config, source->text + lexer.offset) == CONFIG_TRUE;
  source->text[end] = after;
  if (!loaded) {
    pin_diagnose(diagnostics, PIN_ERROR, source, &first.place, "libconfig cannot read this: %s",
                 config_error_text(config));
    return false;
  }
  *ret_children = (struct pin_children){
      .parent = config_root_setting(config), .source = source, .list_name = NULL, .lexer = lexer};
  return true;
}

struct pin_children pin_setting_elements(const struct pin_setting *list) {
  struct pin_children children = {
      .parent = list->tree, .source = list->source, .list_name = list->name, .lexer = list->lexer};
  pin_lexer_next(&children.lexer);
  return children;
}

/* Moves behind the bracket that closes the one just passed. */
static void skip_to_closing(struct pin_lexer *lexer) {
  for (int depth = 1; depth > 0;) {
    enum pin_token_kind kind = pin_lexer_next(lexer).kind;
    if (kind == PIN_TOKEN_END)
      return;
    depth += pin_token_nesting(kind);
  }
}

/* Moves behind the next value, and tells its place. Adjacent strings are one value. */
static struct pin_place pass_value(struct pin_lexer *lexer) {
  struct pin_token first = pin_lexer_next(lexer);
  struct pin_token last = first;
  if (pin_token_nesting(first.kind) > 0)
    skip_to_closing(lexer);
  while (first.kind == PIN_TOKEN_STRING && pin_lexer_peek(lexer).kind == PIN_TOKEN_STRING)
    last = pin_lexer_next(lexer);
  return last.end == first.end ? first.place : pin_place_join(lexer, &first, &last);
}

static void skip_separator(struct pin_lexer *lexer) {
  enum pin_token_kind kind = pin_lexer_peek(lexer).kind;
  if (kind == PIN_TOKEN_COMMA || kind == PIN_TOKEN_SEMICOLON)
    pin_lexer_next(lexer);
}

bool pin_children_next(struct pin_children *children, struct pin_setting *ret_setting) {
  const config_setting_t *tree = config_setting_get_elem(children->parent, children->next);
  if (tree == NULL)
    return false;
  children->next++;
  struct pin_setting setting = {.tree = tree,
                                .source = children->source,
                                .name = children->list_name,
                                .is_element = children->list_name != NULL};
  if (children->list_name == NULL) {
    setting.name = config_setting_name(tree);
    setting.name_place = pin_lexer_next(&children->lexer).place;
    pin_lexer_next(&children->lexer);
  }
  setting.lexer = children->lexer;
  setting.place = pass_value(&children->lexer);
  if (children->list_name != NULL)
    setting.name_place = setting.place;
  skip_separator(&children->lexer);
  *ret_setting = setting;
  return true;
}

const char *pin_setting_type_name(const struct pin_setting *setting) {
  switch (config_setting_type(setting->tree)) {
  case CONFIG_TYPE_GROUP:
    return "a group";
  case CONFIG_TYPE_LIST:
    return "a list";
  case CONFIG_TYPE_ARRAY:
    return "an array";
  case CONFIG_TYPE_STRING:
    return "a string";
  case CONFIG_TYPE_BOOL:
    return "a boolean";
  case CONFIG_TYPE_FLOAT:
    return "a fractional number";
  default:
    return "a number";
  }
}

static const char *verb_of(const struct pin_setting *setting) {
  return setting->is_element ? "holds" : "is";
}

const char *pin_setting_string(const struct pin_setting *setting, struct pin_diagnostics *diagnostics) {
  const char *string = config_setting_get_string(setting->tree);
  if (string == NULL) {
    pin_diagnose(diagnostics, PIN_ERROR, setting->source, &setting->place, "%s %s %s; expected a string",
                 setting->name, verb_of(setting), pin_setting_type_name(setting));
    return NULL;
  }
  if (string[0] == '\0') {
    pin_diagnose(diagnostics, PIN_ERROR, setting->source, &setting->place,
                 "%s %s an empty string; expected text between the quotes", setting->name, verb_of(setting));
    return NULL;
  }
  return string;
}

bool pin_setting_boolean(const struct pin_setting *setting, struct pin_diagnostics *diagnostics,
                         bool *ret_value) {
  if (config_setting_type(setting->tree) != CONFIG_TYPE_BOOL) {
    pin_diagnose(diagnostics, PIN_ERROR, setting->source, &setting->place, "%s is %s; expected true or false",
                 setting->name, pin_setting_type_name(setting));
    return false;
  }
  *ret_value = config_setting_get_bool(setting->tree) != 0;
  return true;
}

bool pin_setting_is_filled_list(const struct pin_setting *setting, const char *of_what,
                                struct pin_diagnostics *diagnostics) {
  if (!config_setting_is_list(setting->tree) && !config_setting_is_array(setting->tree)) {
    pin_diagnose(diagnostics, PIN_ERROR, setting->source, &setting->place,
                 "%s is %s; expected a list of %s in [ ]", setting->name, pin_setting_type_name(setting),
                 of_what);
    return false;
  }
  if (config_setting_length(setting->tree) == 0) {
    pin_diagnose(diagnostics, PIN_ERROR, setting->source, &setting->place,
                 "%s is an empty list; expected %s, or no such setting", setting->name, of_what);
    return false;
  }
  return true;
}

int pin_setting_word(const struct pin_setting *setting, const char *const words[], const char *expected,
                     struct pin_diagnostics *diagnostics) {
  const char *string = pin_setting_string(setting, diagnostics);
  if (string == NULL)
    return -1;
  for (int i = 0; words[i] != NULL; i++)
    if (strcmp(words[i], string) == 0)
      return i;
  pin_diagnose(diagnostics, PIN_ERROR, setting->source, &setting->place, "unknown %s %s; expected %s",
               setting->name, pin_quote(string, strlen(string)).text, expected);
  return -1;
}

const struct pin_setting_rule *pin_setting_find_rule(const struct pin_setting_rule *rules, size_t count,
                                                     const struct pin_setting *setting) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(rules[i].name, setting->name) == 0)
      return &rules[i];
  }
  return NULL;
}

/* Longer names are not typing mistakes. */
#define MAX_SUGGESTED 32

/* The Levenshtein distance; a large number if a name is longer than MAX_SUGGESTED. */
static unsigned distance(const char *a, const char *b) {
  size_t width = strlen(b);
  unsigned row[MAX_SUGGESTED + 1];
  if (strlen(a) > MAX_SUGGESTED || width > MAX_SUGGESTED)
    return MAX_SUGGESTED;
  for (unsigned j = 0; j <= width; j++)
    row[j] = j;
  for (unsigned i = 1; a[i - 1] != '\0'; i++) {
    unsigned diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= width; j++) {
      unsigned changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      unsigned shifted = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
      diagonal = row[j];
      row[j] = changed < shifted ? changed : shifted;
    }
  }
  return row[width];
}

static const char *nearest_name(const struct pin_setting_rule *rules, size_t count, const char *name) {
  const char *nearest = "";
  unsigned least = MAX_SUGGESTED;
  for (size_t i = 0; i < count; i++) {
    unsigned d = distance(name, rules[i].name);
    if (d < least) {
      least = d;
      nearest = rules[i].name;
    }
  }
  /* With more than a third of its letters wrong it is another word. */
  return 3 * (size_t)least <= strlen(nearest) + 2 ? nearest : NULL;
}

void pin_setting_report_unknown(const struct pin_setting_rule *rules, size_t count,
                                const struct pin_setting *setting, struct pin_diagnostics *diagnostics) {
  struct pin_quoted quoted = pin_quote(setting->name, strlen(setting->name));
  const char *nearest = nearest_name(rules, count, setting->name);
  if (nearest != NULL) {
    pin_diagnose(diagnostics, PIN_ERROR, setting->source, &setting->name_place,
                 "unknown setting %s; did you mean \"%s\"?", quoted.text, nearest);
    return;
  }
  char known[PIN_MAX_MESSAGE] = "";
  size_t length = 0;
  for (size_t i = 0; i < count && length < sizeof known - 1; i++) {
    const char *comma = i == 0 ? "" : i + 1 == count ? " or " : ", ";
    length += (size_t)snprintf(known + length, sizeof known - length, "%s%s", comma, rules[i].name);
  }
  pin_diagnose(diagnostics, PIN_ERROR, setting->source, &setting->name_place,
               "unknown setting %s; expected %s", quoted.text, known);
}
