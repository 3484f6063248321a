/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads and writes Android's network security configuration. */
#include <string.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "formats/formats.h"
#include "formats/words.h"
#include "formats/xml.h"

static void read_pin(struct conversion *conversion, xmlNode *node, struct draft *draft) {
  AUTO_TEXT kind = xml_attribute(node, "digest");
  AUTO_TEXT text = xml_text(node);
  if (kind == NULL || strcasecmp(kind, "SHA-256") != 0)
    convert_loss(conversion, xml_line(node), "a pin with digest \"%s\"; expected SHA-256",
                 kind == NULL ? "" : kind);
  else
    convert_pin(conversion, draft, text, xml_line(node), "pin");
}

/* An empty pin-set exempts its names, even if a name above them is pinned. */
static void read_pin_set(struct conversion *conversion, xmlNode *pin_set, struct draft *draft) {
  xmlNode *pin = xml_next(pin_set->children, "pin");
  draft->mode = pin == NULL ? PIN_MODE_OFF : PIN_MODE_ENFORCE;
  if (pin == NULL)
    return;
  AUTO_TEXT end = xml_attribute(pin_set, "expiration");
  if (end != NULL)
    convert_end(conversion, draft, "expiration", end, xml_line(pin_set));
  for (; pin != NULL; pin = xml_next(pin->next, "pin"))
    read_pin(conversion, pin, draft);
}

/* A configuration without a pin-set inherits that of the configuration around it. */
static void read_domain_config(struct conversion *conversion, xmlNode *config,
                               const struct draft *inherited) {
  xmlNode *pin_set = xml_next(config->children, "pin-set");
  xmlNode *domain = xml_next(config->children, "domain"),
          *inner = xml_next(config->children, "domain-config");
  AUTO_DRAFT own = DRAFT_AT(NULL, 0);
  if (pin_set != NULL)
    read_pin_set(conversion, pin_set, &own);
  if (pin_set != NULL && domain == NULL && inner == NULL)
    convert_loss(conversion, xml_line(pin_set),
                 "the <pin-set> of a <domain-config> without a <domain>; left out");
  const struct draft *pins = pin_set != NULL ? &own : inherited;
  for (; domain != NULL; domain = xml_next(domain->next, "domain")) {
    AUTO_TEXT name = xml_text(domain);
    struct draft draft = *pins;
    draft.name = name;
    draft.line = xml_line(domain);
    draft.include_subdomains = xml_boolean(conversion, domain, "includeSubdomains", false);
    conversion_add(conversion, &draft);
  }
  for (; inner != NULL; inner = xml_next(inner->next, "domain-config"))
    read_domain_config(conversion, inner, pins);
}

/* Reports an element about pins in the wrong place. Android rejects a file with two pin-sets in one
 * configuration. */
static void report_element(struct conversion *conversion, xmlNode *node, bool is_second_set) {
  unsigned line = xml_line(node);
  bool in_domain = node->parent->type == XML_ELEMENT_NODE && xml_is(node->parent, "domain-config");
  if (xml_is(node, "pin-set") && !in_domain)
    convert_loss(conversion, line, "a <pin-set> outside a <domain-config>; left out");
  else if (is_second_set)
    convert_loss(conversion, line, "a second <pin-set> of a <domain-config>; left out");
  else if (xml_is(node, "pin") && !xml_is(node->parent, "pin-set"))
    convert_loss(conversion, line, "a <pin> outside a <pin-set>; left out");
  else if (xml_is(node, "domain-config") && !in_domain && !xml_is(node->parent, "network-security-config"))
    convert_loss(conversion, line, "a <domain-config> in <%s>; left out", (const char *)node->parent->name);
  else if (xml_is(node, "certificates") && xml_boolean(conversion, node, "overridePins", false))
    convert_note(conversion, line,
                 "overridePins was left out: certificates of this authority have to match the pins as well");
  else if (xml_is(node, "trustkit-config") && !xml_boolean(conversion, node, "enforcePinning", true))
    convert_note(
        conversion, line,
        "TrustKit only reports here; the entry refuses, as Android itself does (--mode audit only logs)");
}

/* Reports misspelled elements and attributes. Android compares names with their case. */
static void report_misspelled(struct conversion *conversion, xmlNode *node) {
  static const char elements[] = "domain-config domain pin-set pin";
  const char *name = (const char *)node->name;
  if (is_one_of_caseless(name, elements) && !is_one_of(name, elements))
    convert_loss(conversion, xml_line(node), "<%s>: Android knows no element of this name; left out", name);
  else if (is_one_of(name, "domain pin-set pin"))
    xml_name_attributes(conversion, node, "includeSubdomains expiration digest", "Android");
}

/* Elements for debug builds only (debug-overrides) are ignored. */
static void report_elements(struct conversion *conversion, xmlNode *node) {
  bool has_set = false;
  for (; node != NULL; node = node->next) {
    if (node->type != XML_ELEMENT_NODE || xml_is(node, "debug-overrides"))
      continue;
    report_misspelled(conversion, node);
    report_element(conversion, node, has_set && xml_is(node, "pin-set"));
    has_set = has_set || xml_is(node, "pin-set");
    report_elements(conversion, node->children);
  }
}

static void read_android(struct conversion *conversion) {
  struct draft unpinned = DRAFT_AT(NULL, 0);
  unpinned.mode = PIN_MODE_OFF;
  xmlDoc *document;
  xmlNode *root = xml_read(conversion, "network-security-config", &document);
  for (xmlNode *node = root == NULL ? NULL : xml_next(root->children, "domain-config"); node != NULL;
       node = xml_next(node->next, "domain-config"))
    read_domain_config(conversion, node, &unpinned);
  if (root != NULL)
    report_elements(conversion, root->children);
  xmlFreeDoc(document);
}

static void write_pins(struct xml_output *output, const struct pin_entry *entry) {
  xml_start(output, "pin-set");
  if (entry->expires != PIN_NEVER) {
    AUTO_TEXT day = date_format(entry->expires + 1);
    xml_put_attribute(output, "expiration", day);
  }
  for (uint32_t i = 0; i < entry->lists[PIN_LIST_PINS].count; i++) {
    AUTO_TEXT text = digest_base64(&entry->lists[PIN_LIST_PINS].digests[i]);
    xml_start(output, "pin");
    xml_put_attribute(output, "digest", "SHA-256");
    xmlTextWriterWriteString(output->writer, (const xmlChar *)text);
    xml_end(output);
  }
  xml_end(output);
}

static void write_android(struct conversion *conversion) {
  struct xml_output output;
  xml_writer_open(conversion, &output);
  xml_start(&output, "network-security-config");
  for (size_t i = 0; i < conversion->count; i++) {
    const struct pin_entry *entry = &conversion->items[i].entry;
    xml_start(&output, "domain-config");
    xml_start(&output, "domain");
    xml_put_attribute(&output, "includeSubdomains", entry->include_subdomains ? "true" : "false");
    xmlTextWriterWriteString(output.writer, (const xmlChar *)entry->name);
    xml_end(&output);
    if (entry->mode != PIN_MODE_OFF)
      write_pins(&output, entry);
    xml_end(&output);
  }
  xml_end(&output);
  xml_writer_close(&output);
}

const struct format format_android = {
    .name = "android",
    .comments = COMMENTS_XML,
    .title = "Android network security configuration (XML)",
    .mark = "<network-security-config",
    .holds = HOLDS_HOSTS | HOLDS_SUBDOMAINS | HOLDS_ADDRESSES | HOLDS_EVERY_PORT | HOLDS_EXPIRY_DAY |
             HOLDS_OFF | HOLDS_CA_KEYS,
    .least_pins = 1,
    .reads_off = true,
    .read = read_android,
    .write = write_android,
};
