/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "canonical_name.h"
#include "date.h"
#include "diagnostic.h"
#include "reader.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

const char *const pin_mode_words[] = {
    [PIN_MODE_ENFORCE] = "enforce", [PIN_MODE_AUDIT] = "audit", [PIN_MODE_OFF] = "off", NULL};

static const char *const require_words[] = {[PIN_REQUIRE_ANY] = "any", [PIN_REQUIRE_ALL] = "all", NULL};

static const char *const on_expiry_words[] = {
    [PIN_ON_EXPIRY_AUDIT] = "audit", [PIN_ON_EXPIRY_ENFORCE] = "enforce", NULL};

/* An entry that is being read. */
struct parsed_entry {
  struct pin_reader *reader;
  struct pin_entry entry;
  struct pin_setting name;       /* valid if has_name */
  struct pin_setting subdomains; /* valid if entry.include_subdomains */
  char *canonical;               /* canonical name; owned; NULL: no valid name */
  bool has_name;
  bool has_list;      /* there is some list, whatever is in it */
  bool has_bad_ports; /* its ports have a mistake, or may have: so it is not known which ports it is for */
  bool is_doubtful;   /* a setting was not understood, so a missing one may only be misspelt */
};

static void read_name(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct parsed_entry *parsed = context;
  struct pin_diagnostics *diagnostics = parsed->reader->diagnostics;
  parsed->has_name = true;
  parsed->name = *setting;

  const char *name = pin_setting_string(setting, diagnostics);
  const char *why;
  if (name == NULL)
    return;
  switch (pin_name_canonical(name, &parsed->canonical, &why)) {
  case PIN_OK:
    break;
  case PIN_INVALID:
    pin_diagnose(diagnostics, PIN_ERROR, setting->source, &setting->place, "bad name %s: %s",
                 pin_quote(name, strlen(name)).text, why);
    return;
  default:
    diagnostics->no_memory = true;
    return;
  }
  if (pin_name_is_unicode(name)) {
    pin_diagnose(diagnostics, PIN_WARNING, setting->source, &setting->place,
                 "spelled in Unicode; compared as \"%s\"", parsed->canonical);
  }
}

static void read_subdomains(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct parsed_entry *parsed = context;
  parsed->subdomains = *setting;
  pin_setting_boolean(setting, parsed->reader->diagnostics, &parsed->entry.include_subdomains);
}

static void read_list(void *context, const struct pin_setting *setting, unsigned detail) {
  struct parsed_entry *parsed = context;
  parsed->has_list = true;
  pin_read_digests(parsed->reader, setting, &parsed->reader->lists[detail]);
}

static void read_mode(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct parsed_entry *parsed = context;
  int word = pin_setting_word(setting, pin_mode_words, PIN_MODE_EXPECTED, parsed->reader->diagnostics);
  if (word < 0) {
    parsed->is_doubtful = true;
    return;
  }
  parsed->entry.mode_is_default = false;
  parsed->entry.mode = (enum pin_mode)word;
}

static void read_require(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct parsed_entry *parsed = context;
  int word = pin_setting_word(setting, require_words, "\"any\" or \"all\"", parsed->reader->diagnostics);
  parsed->entry.require = word < 0 ? PIN_REQUIRE_ANY : (enum pin_require)word;
}

static void read_on_expiry(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct parsed_entry *parsed = context;
  int word =
      pin_setting_word(setting, on_expiry_words, "\"audit\" or \"enforce\"", parsed->reader->diagnostics);
  parsed->entry.on_expiry = word < 0 ? PIN_ON_EXPIRY_AUDIT : (enum pin_on_expiry)word;
}

static void read_expires(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct parsed_entry *parsed = context;
  const char *text = pin_setting_string(setting, parsed->reader->diagnostics);
  if (text != NULL && !pin_date_parse(text, &parsed->entry.expires)) {
    pin_diagnose(parsed->reader->diagnostics, PIN_ERROR, setting->source, &setting->place,
                 "bad date %s; expected \"YYYY-MM-DD\" or \"YYYY-MM-DDThh:mm:ssZ\" of a day that exists",
                 pin_quote(text, strlen(text)).text);
  }
}

static void read_comment(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct parsed_entry *parsed = context;
  const char *text = config_setting_get_string(setting->tree);
  /* An empty comment is allowed. */
  if (text == NULL || text[0] != '\0')
    text = pin_setting_string(setting, parsed->reader->diagnostics);
  if (text != NULL)
    parsed->entry.comment = text;
}

/* Makes room in the reader for `count` ports. False: no memory, which is noted. */
static bool reserve_ports(struct pin_reader *reader, size_t count) {
  if (count <= reader->port_capacity)
    return true;
  uint16_t *ports = reallocarray(reader->ports, count, sizeof ports[0]);
  if (ports == NULL) {
    reader->diagnostics->no_memory = true;
    return false;
  }
  reader->ports = ports;
  reader->port_capacity = count;
  return true;
}

/* Reads an element of `ports`; 0: it is not a port, which was reported. */
static uint16_t read_port(const struct pin_setting *element, struct pin_diagnostics *diagnostics) {
  if (config_setting_type(element->tree) != CONFIG_TYPE_INT) {
    pin_diagnose(diagnostics, PIN_ERROR, element->source, &element->place,
                 "%s holds %s; expected numbers from 1 to 65535", element->name,
                 pin_setting_type_name(element));
    return 0;
  }
  int port = config_setting_get_int(element->tree);
  if (port < 1 || port > UINT16_MAX) {
    pin_diagnose(diagnostics, PIN_ERROR, element->source, &element->place,
                 "port %d does not exist; expected 1 to 65535", port);
    return 0;
  }
  return (uint16_t)port;
}

static int compare_ports(const void *a, const void *b) {
  return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void read_ports(void *context, const struct pin_setting *setting, unsigned detail) {
  (void)detail;
  struct parsed_entry *parsed = context;
  struct pin_reader *reader = parsed->reader;
  parsed->has_bad_ports = true;
  if (!pin_setting_is_filled_list(setting, "port numbers", reader->diagnostics) ||
      !reserve_ports(reader, (size_t)config_setting_length(setting->tree)))
    return;

  uint8_t seen[(UINT16_MAX + 1) / 8] = {0};
  uint32_t count = 0;
  struct pin_children elements = pin_setting_elements(setting);
  struct pin_setting element;
  parsed->has_bad_ports = false;
  while (pin_children_next(&elements, &element)) {
    uint16_t port = read_port(&element, reader->diagnostics);
    if (port == 0) {
      parsed->has_bad_ports = true;
    } else if ((seen[port / 8] & 1u << port % 8) != 0) {
      pin_diagnose(reader->diagnostics, PIN_ERROR, element.source, &element.place,
                   "port %u is repeated; expected each port once", port);
    } else {
      seen[port / 8] |= (uint8_t)(1u << port % 8);
      reader->ports[count++] = port;
    }
  }
  qsort(reader->ports, count, sizeof reader->ports[0], compare_ports);
  parsed->entry.ports = reader->ports;
  parsed->entry.port_count = count;
}

static const struct pin_setting_rule rules[] = {
    {"name", read_name, 0},
    {"include_subdomains", read_subdomains, 0},
    {"ports", read_ports, 0},
    {"pins", read_list, PIN_LIST_PINS},
    {"backup_pins", read_list, PIN_LIST_BACKUP_PINS},
    {"fingerprints", read_list, PIN_LIST_FINGERPRINTS},
    {"intermediates", read_list, PIN_LIST_INTERMEDIATES},
    {"anchors", read_list, PIN_LIST_ANCHORS},
    {"require", read_require, 0},
    {"mode", read_mode, 0},
    {"expires", read_expires, 0},
    {"on_expiry", read_on_expiry, 0},
    {"comment", read_comment, 0},
};
#define RULE_COUNT (sizeof rules / sizeof rules[0])

static void read_members(struct parsed_entry *parsed, struct pin_children *members) {
  struct pin_setting setting;
  while (pin_children_next(members, &setting)) {
    const struct pin_setting_rule *rule = pin_setting_find_rule(rules, RULE_COUNT, &setting);
    if (rule != NULL) {
      rule->read(parsed, &setting, rule->detail);
    } else {
      pin_setting_report_unknown(rules, RULE_COUNT, &setting, parsed->reader->diagnostics);
      parsed->is_doubtful = true;
    }
  }
}

/* Checks what only the whole entry can get wrong. opening: its first word. */
static void check_whole(const struct parsed_entry *parsed, const struct pin_source *source,
                        const struct pin_place *opening) {
  struct pin_diagnostics *diagnostics = parsed->reader->diagnostics;
  const struct pin_place *place = parsed->has_name ? &parsed->name.place : opening;
  if (!parsed->has_name && !parsed->is_doubtful) {
    pin_diagnose(diagnostics, PIN_ERROR, source, place,
                 "the entry has no name; expected name = \"HOST\" in it");
  }
  if (!parsed->has_list && !parsed->is_doubtful && parsed->entry.mode != PIN_MODE_OFF) {
    pin_diagnose(
        diagnostics, PIN_ERROR, source, place,
        "the entry names no keys; expected pins, backup_pins, fingerprints, intermediates or anchors, "
        "or mode = \"off\"");
  }
  if (parsed->canonical != NULL && parsed->entry.include_subdomains && parsed->entry.kind != PIN_NAME_HOST) {
    pin_diagnose(diagnostics, PIN_ERROR, source, &parsed->subdomains.place,
                 "%s; expected include_subdomains only with a host name",
                 parsed->entry.kind == PIN_NAME_WILDCARD ? "a wildcard stands for one label and no more"
                                                         : "an IP address has no subdomains");
  }
}

/* Passes a complete entry on to the builder. */
static void submit(struct parsed_entry *parsed) {
  struct pin_reader *reader = parsed->reader;
  for (unsigned i = 0; i < PIN_LIST_COUNT; i++)
    parsed->entry.lists[i] = pin_digests_view(&reader->lists[i]);
  if (!parsed->has_bad_ports)
    pin_check_duplicate(reader, &parsed->entry, &parsed->name);
  if (pin_diagnostics_status(reader->diagnostics) == PIN_OK &&
      !pin_image_builder_add_entry(reader->builder, &parsed->entry))
    reader->diagnostics->no_memory = true;
}

static void read_draft(struct parsed_entry *parsed, struct pin_children *members,
                       const struct pin_source *source, const struct pin_place *opening) {
  read_members(parsed, members);
  if (parsed->canonical != NULL) {
    parsed->entry.name = parsed->canonical;
    parsed->entry.kind = pin_name_kind_of(parsed->canonical);
    parsed->entry.file = source->path;
    parsed->entry.line = parsed->name.place.line;
    parsed->entry.column = (uint32_t)(parsed->name.place.offset - parsed->name.place.line_start + 1);
  }
  check_whole(parsed, source, opening);
  if (parsed->canonical != NULL)
    submit(parsed);
}

void pin_read_entry(struct pin_reader *reader, const struct pin_document *document,
                    const struct pin_section *section) {
  struct pin_lexer lexer = pin_section_lexer(document->source, section);
  struct pin_token opening = pin_lexer_peek(&lexer);
  struct pin_children members;
  if (opening.kind != PIN_TOKEN_GROUP_START) {
    pin_diagnose(reader->diagnostics, PIN_ERROR, document->source, &opening.place,
                 "an entry of hosts is a group; expected { name = \"HOST\"; ... }");
    return;
  }
  if (!section->readable ||
      !pin_section_load(&reader->config, document->source, section, reader->diagnostics, &members))
    return;
  struct parsed_entry parsed = {
      .reader = reader,
      .is_doubtful = section->doubtful,
      .has_bad_ports = section->doubtful,
      .entry = {.mode = reader->mode, .mode_is_default = true, .expires = PIN_NEVER, .comment = ""}};
  for (unsigned i = 0; i < PIN_LIST_COUNT; i++)
    reader->lists[i].count = 0;
  read_draft(&parsed, &members, document->source, &opening.place);
  free(parsed.canonical);
}
