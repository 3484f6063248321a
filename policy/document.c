/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "diagnostic.h"
#include "reader.h"
#include "source.h"

static void read_version(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct pin_reader *reader = context;
  if (config_setting_type(setting->tree) != CONFIG_TYPE_INT) {
    pin_diagnose(reader->diagnostics, PIN_ERROR, setting->source, &setting->place,
                 "version is %s; expected the number 1", pin_setting_type_name(setting));
    return;
  }
  int version = config_setting_get_int(setting->tree);
  if (version != 1) {
    pin_diagnose(reader->diagnostics, PIN_ERROR, setting->source, &setting->place,
                 "unknown version %d; expected 1", version);
  }
}

static void read_mode(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct pin_reader *reader = context;
  int word = pin_setting_word(setting, pin_mode_words, PIN_MODE_EXPECTED, reader->diagnostics);
  if (word >= 0)
    reader->mode = (enum pin_mode)word;
}

static void read_certificate_names(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  static const char *const words[] = {"count", "ignore", NULL};
  struct pin_reader *reader = context;
  if (pin_setting_word(setting, words, "\"count\" or \"ignore\"", reader->diagnostics) == 1)
    pin_image_builder_ignore_certificate_names(reader->builder);
}

static void read_unlisted(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  static const char *const words[] = {"ignore", "observe", "refuse", NULL};
  struct pin_reader *reader = context;
  int word = pin_setting_word(setting, words, "\"ignore\", \"observe\" or \"refuse\"", reader->diagnostics);
  if (word >= 0)
    pin_image_builder_set_unlisted(reader->builder, (enum pin_unlisted)word);
}

static void read_blocked_keys(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct pin_reader *reader = context;
  pin_read_digests(reader, setting, &reader->blocked_keys);
}

static void read_exempt_anchors(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct pin_reader *reader = context;
  pin_read_digests(reader, setting, &reader->exempt_anchors);
}

/* The sections leave `pinsets` and `hosts` to these rules only if their type is wrong. */
static void refuse_pinsets(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct pin_reader *reader = context;
  pin_diagnose(reader->diagnostics, PIN_ERROR, setting->source, &setting->place,
               "pinsets is %s; expected a group { NAME = [ ... ]; ... }", pin_setting_type_name(setting));
}

static void refuse_hosts(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct pin_reader *reader = context;
  pin_diagnose(reader->diagnostics, PIN_ERROR, setting->source, &setting->place,
               "hosts is %s; expected a list ( { ... }, { ... } )", pin_setting_type_name(setting));
}

/* The rules that a drop-in may use come first. */
static const struct pin_setting_rule rules[] = {
    {"hosts", refuse_hosts, 0},
    {"pinsets", refuse_pinsets, 0},
    {"blocked_keys", read_blocked_keys, 0},
    {"version", read_version, 0},
    {"mode", read_mode, 0},
    {"exempt_anchors", read_exempt_anchors, 0},
    {"certificate_names", read_certificate_names, 0},
    {"unlisted", read_unlisted, 0},
};
#define RULE_COUNT (sizeof rules / sizeof rules[0])
#define DROP_IN_RULE_COUNT 3
#define VERSION_RULE 3

/* The lines in which a file has each setting, by rule; 0: not found yet. */
struct found {
  unsigned lines[RULE_COUNT];
};

/* The rule for a setting if it may be here and was not set before. NULL: it may not, which was reported. */
static const struct pin_setting_rule *admit(struct pin_reader *reader, const struct pin_document *document,
                                            const struct pin_setting *setting, struct found *found) {
  const struct pin_setting_rule *rule = pin_setting_find_rule(rules, RULE_COUNT, setting);
  if (rule == NULL) {
    pin_setting_report_unknown(rules, document->is_main ? RULE_COUNT : DROP_IN_RULE_COUNT, setting,
                               reader->diagnostics);
    return NULL;
  }
  size_t index = (size_t)(rule - rules);
  if (!document->is_main && index >= DROP_IN_RULE_COUNT) {
    pin_diagnose(reader->diagnostics, PIN_ERROR, setting->source, &setting->name_place,
                 "%s belongs into the main file; expected only hosts, pinsets and blocked_keys in a drop-in",
                 setting->name);
    return NULL;
  }
  if (found->lines[index] != 0) {
    pin_diagnose(reader->diagnostics, PIN_ERROR, setting->source, &setting->name_place,
                 "\"%s\" is set a second time; the first time is in line %u", setting->name,
                 found->lines[index]);
    return NULL;
  }
  found->lines[index] = setting->name_place.line;
  return rule;
}

static void read_setting(struct pin_reader *reader, const struct pin_document *document,
                         const struct pin_section *section, struct found *found) {
  struct pin_children members;
  struct pin_setting setting;
  if (!pin_section_load(&reader->config, document->source, section, reader->diagnostics, &members) ||
      !pin_children_next(&members, &setting))
    return;
  const struct pin_setting_rule *rule = admit(reader, document, &setting, found);
  if (rule != NULL)
    rule->read(reader, &setting, rule->detail);
}

/* Notes `hosts` or `pinsets`, of which only the name matters here; their members are read elsewhere. */
static void note_parent(struct pin_reader *reader, const struct pin_document *document,
                        const struct pin_section *section, struct found *found) {
  struct pin_lexer lexer = pin_section_lexer(document->source, section);
  struct pin_setting setting = {.source = document->source, .name_place = pin_lexer_peek(&lexer).place};
  setting.name = document->source->text[section->start] == 'h' ? "hosts" : "pinsets";
  admit(reader, document, &setting, found);
}

void pin_read_settings(struct pin_reader *reader, const struct pin_document *document) {
  struct found found = {.lines = {0}};
  for (size_t i = 0; i < document->sections.count; i++) {
    const struct pin_section *section = &document->sections.items[i];
    if (section->kind == PIN_SECTION_PARENT && section->readable)
      note_parent(reader, document, section, &found);
    else if (section->kind == PIN_SECTION_SETTING && section->readable)
      read_setting(reader, document, section, &found);
  }
  bool is_whole = document->sections.broken_at == document->source->size;
  if (document->is_main && is_whole && found.lines[VERSION_RULE] == 0) {
    pin_diagnose(reader->diagnostics, PIN_ERROR, document->source, NULL,
                 "version is missing; expected version = 1;");
  }
}
