/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* TrustKit's configuration for iOS, as an XML property list. */
#include <string.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "formats/formats.h"
#include "formats/xml.h"

#define DOCTYPE_NAME "-//Apple//DTD PLIST 1.0//EN"
#define DOCTYPE_URL "http://www.apple.com/DTDs/PropertyList-1.0.dtd"

static xmlNode *value_after(const xmlNode *key) {
  return xmlNextElementSibling((xmlNode *)(uintptr_t)key);
}

/* The value of a key; NULL: there is no such key. */
static xmlNode *dict_value(xmlNode *dict, const char *name) {
  for (xmlNode *key = xml_next(dict->children, "key"); key != NULL; key = xml_next(key->next, "key")) {
    AUTO_TEXT text = xml_text(key);
    if (strcmp(text, name) == 0)
      return value_after(key);
  }
  return NULL;
}

static bool dict_flag(struct conversion *conversion, xmlNode *dict, const char *name, bool otherwise) {
  xmlNode *value = dict_value(dict, name);
  if (value != NULL && !xml_is(value, "true") && !xml_is(value, "false"))
    convert_error(conversion, conversion->path, xml_line(value), "%s: expected <true/> or <false/>", name);
  return value == NULL ? otherwise : xml_is(value, "true");
}

/* From the first second of that day on, TrustKit does not look at the pins any more. */
static void read_expiration(struct conversion *conversion, xmlNode *dict, struct draft *draft) {
  xmlNode *value = dict_value(dict, "TSKExpirationDate");
  if (value == NULL)
    return;
  AUTO_TEXT text = xml_text(value);
  int64_t start = 0;
  if (date_read(text, &start) || (xml_is(value, "date") && date_time_read(text, &start)))
    draft->expires = start - 1;
  else
    convert_error(conversion, conversion->path, xml_line(value),
                  "TSKExpirationDate \"%s\": expected YYYY-MM-DD", text);
}

static void read_hashes(struct conversion *conversion, xmlNode *hashes, struct draft *draft) {
  for (xmlNode *node = xml_next(hashes->children, "string"); node != NULL;
       node = xml_next(node->next, "string")) {
    AUTO_TEXT text = xml_text(node);
    struct pin_digest digest;
    if (digest_from_base64(text, &digest))
      draft_take(draft, PIN_LIST_PINS, &digest);
    else
      convert_error(conversion, conversion->path, xml_line(node),
                    "bad hash \"%s\"; expected 32 bytes in base64", text);
  }
}

static void read_domain(struct conversion *conversion, const xmlNode *key, const char *name) {
  xmlNode *dict = value_after(key);
  if (dict == NULL || !xml_is(dict, "dict")) {
    convert_error(conversion, conversion->path, xml_line(key), "\"%s\": expected a <dict> with its pins",
                  name);
    return;
  }
  struct draft draft = DRAFT_AT(name, xml_line(key));
  draft.include_subdomains = dict_flag(conversion, dict, "TSKIncludeSubdomains", false);
  if (!dict_flag(conversion, dict, "TSKEnforcePinning", true))
    draft.mode = PIN_MODE_AUDIT;
  xmlNode *hashes = dict_value(dict, "TSKPublicKeyHashes");
  if (hashes != NULL)
    read_hashes(conversion, hashes, &draft);
  if (dict_flag(conversion, dict, "TSKExcludeSubdomainFromParentPolicy", false))
    draft.mode = PIN_MODE_OFF;
  read_expiration(conversion, dict, &draft);
  if (dict_value(dict, "TSKReportUris") != NULL)
    convert_note(conversion, conversion->path, draft.line, "\"%s\": TSKReportUris; left out", name);
  conversion_add(conversion, &draft);
  draft_clear(&draft);
}

static xmlNode *pinned_domains(xmlNode *root) {
  xmlNode *dict = xml_next(root->children, "dict");
  xmlNode *inner = dict == NULL ? NULL : dict_value(dict, "TSKConfiguration");
  xmlNode *configuration = inner == NULL ? dict : inner;
  return configuration == NULL ? NULL : dict_value(configuration, "TSKPinnedDomains");
}

static void read_trustkit(struct conversion *conversion) {
  xmlDoc *document = xml_read(conversion);
  xmlNode *root = document == NULL ? NULL : xml_root(conversion, document, "plist");
  xmlNode *domains = root == NULL ? NULL : pinned_domains(root);
  if (root != NULL && (domains == NULL || !xml_is(domains, "dict")))
    convert_error(conversion, conversion->path, xml_line(root),
                  "expected the key TSKPinnedDomains with a <dict>");
  else if (root != NULL)
    for (xmlNode *key = xml_next(domains->children, "key"); key != NULL; key = xml_next(key->next, "key")) {
      AUTO_TEXT name = xml_text(key);
      read_domain(conversion, key, name);
    }
  xmlFreeDoc(document);
}

static void put_flag(struct xml_output *output, const char *key, bool value) {
  xml_put_element(output, "key", key);
  xml_start(output, value ? "true" : "false");
  xml_end(output);
}

static void write_hashes(struct xml_output *output, const struct pin_digest_list *pins) {
  xml_put_element(output, "key", "TSKPublicKeyHashes");
  xml_start(output, "array");
  for (uint32_t i = 0; i < pins->count; i++) {
    AUTO_TEXT text = digest_base64(&pins->digests[i]);
    xml_put_element(output, "string", text);
  }
  xml_end(output);
}

static void write_domain(struct xml_output *output, const struct pin_entry *entry) {
  xml_put_element(output, "key", entry->name);
  xml_start(output, "dict");
  if (entry->include_subdomains)
    put_flag(output, "TSKIncludeSubdomains", true);
  if (entry->mode == PIN_MODE_OFF)
    put_flag(output, "TSKExcludeSubdomainFromParentPolicy", true);
  else
    put_flag(output, "TSKEnforcePinning", entry->mode == PIN_MODE_ENFORCE);
  if (entry->expires != PIN_NEVER) {
    AUTO_TEXT day = date_format(entry->expires + 1);
    xml_put_element(output, "key", "TSKExpirationDate");
    xml_put_element(output, "string", day);
  }
  if (entry->mode != PIN_MODE_OFF)
    write_hashes(output, &entry->lists[PIN_LIST_PINS]);
  xml_end(output);
}

static void write_trustkit(struct conversion *conversion) {
  struct xml_output output;
  xml_writer_open(&output);
  xmlTextWriterWriteDTD(output.writer, (const xmlChar *)"plist", (const xmlChar *)DOCTYPE_NAME,
                        (const xmlChar *)DOCTYPE_URL, NULL);
  xml_start(&output, "plist");
  xml_put_attribute(&output, "version", "1.0");
  xml_start(&output, "dict");
  xml_put_element(&output, "key", "TSKConfiguration");
  xml_start(&output, "dict");
  xml_put_element(&output, "key", "TSKPinnedDomains");
  xml_start(&output, "dict");
  for (size_t i = 0; i < conversion->count; i++)
    write_domain(&output, &conversion->items[i].entry);
  for (int i = 0; i < 4; i++)
    xml_end(&output);
  xml_writer_close(&output, conversion);
}

const struct format format_trustkit = {
    .name = "trustkit",
    .title = "TrustKit's configuration for iOS (XML plist)",
    .mark = "TSKPinnedDomains",
    .holds = HOLDS_HOSTS | HOLDS_SUBDOMAINS | HOLDS_EVERY_PORT | HOLDS_EXPIRY_DAY | HOLDS_AUDIT | HOLDS_OFF |
             HOLDS_CA_KEYS,
    .least_pins = 2,
    .reads_off = true,
    .read = read_trustkit,
    .write = write_trustkit,
};
