/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * TrustKit's configuration for iOS: a property list in XML, or the dictionary that a source in Swift or
 * Objective-C hands over. And Apple's own NSPinnedDomains, which stands in the same kind of file.
 */
#include <string.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "formats/formats.h"
#include "formats/tree.h"
#include "formats/xml.h"

#define DOCTYPE_NAME "-//Apple//DTD PLIST 1.0//EN"
#define DOCTYPE_URL "http://www.apple.com/DTDs/PropertyList-1.0.dtd"

static bool flag(struct conversion *conversion, json_object *object, const char *name, bool otherwise) {
  static const char *const words[] = {"YES", "true", "1", "NO", "false", "0"};
  json_object *value = tree_get(object, name);
  if (value == NULL || json_object_is_type(value, json_type_boolean))
    return value == NULL ? otherwise : json_object_get_boolean(value);
  /* What boolValue makes of a number or a string. */
  for (size_t i = 0; json_object_is_type(value, json_type_string) && i < sizeof words / sizeof *words; i++)
    if (strcasecmp(json_object_get_string(value), words[i]) == 0)
      return i < 3;
  convert_loss(conversion, conversion->path, tree_line(value, 0), "%s: expected true or false", name);
  return otherwise;
}

/* Of a source: settings whose values only the program knows. */
static void name_unknown(struct conversion *conversion, json_object *object, const char *what) {
  json_object_object_foreach(object, name, value) {
    if (value == NULL)
      convert_loss(conversion, conversion->path, tree_line(object, 0),
                   "\"%s\": %s: its value is not written out in this file; left out", what, name);
  }
}

/* From the first second of that day on, TrustKit does not look at the pins any more. */
static void read_expiration(struct conversion *conversion, json_object *domain, struct draft *draft) {
  json_object *value = tree_get(domain, "TSKExpirationDate");
  const char *text = value == NULL ? NULL : json_object_get_string(value);
  int64_t start = 0;
  if (text == NULL)
    return;
  if (date_read(text, &start) || date_time_read(text, &start))
    draft->expires = start - 1;
  else
    convert_loss(conversion, conversion->path, tree_line(value, draft->line),
                 "TSKExpirationDate \"%s\": expected YYYY-MM-DD", text);
}

static void read_hashes(struct conversion *conversion, json_object *hashes, struct draft *draft) {
  for (size_t i = 0; i < tree_length(hashes); i++) {
    json_object *hash = json_object_array_get_idx(hashes, i);
    if (json_object_is_type(hash, json_type_string))
      convert_pin(conversion, draft, json_object_get_string(hash), tree_line(hash, draft->line), "hash");
    else
      convert_loss(conversion, conversion->path, tree_line(hashes, draft->line),
                   "\"%s\": a hash that is no string here; left out", draft->name);
  }
}

static void read_domain(struct conversion *conversion, const char *name, json_object *domain, unsigned line) {
  struct draft draft = DRAFT_AT(name, tree_line(domain, line));
  if (!json_object_is_type(domain, json_type_object)) {
    convert_loss(conversion, conversion->path, line, "\"%s\": expected a dictionary with its pins", name);
    return;
  }
  name_unknown(conversion, domain, name);
  draft.include_subdomains = flag(conversion, domain, "TSKIncludeSubdomains", false);
  if (!flag(conversion, domain, "TSKEnforcePinning", true))
    draft.mode = PIN_MODE_AUDIT;
  read_hashes(conversion, tree_list(conversion, domain, "TSKPublicKeyHashes"), &draft);
  if (flag(conversion, domain, "TSKExcludeSubdomainFromParentPolicy", false))
    draft.mode = PIN_MODE_OFF;
  read_expiration(conversion, domain, &draft);
  static const char *const others[] = {"TSKReportUris", "TSKAdditionalTrustAnchors"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (tree_get(domain, others[i]) != NULL)
      convert_note(conversion, conversion->path, draft.line, "\"%s\": %s; left out", name, others[i]);
  conversion_add(conversion, &draft);
  draft_clear(&draft);
}

static void read_domains(struct conversion *conversion, json_object *domains) {
  json_object_object_foreach(domains, name, domain) {
    read_domain(conversion, name, domain, tree_line(domains, 0));
  }
}

/* Every dictionary of this name, however deep it lies. */
typedef void dictionary_fn(struct conversion *conversion, json_object *dictionary);
static size_t find_dictionaries(struct conversion *conversion, json_object *value, const char *name,
                                dictionary_fn *each) {
  size_t found = 0;
  for (size_t i = 0; i < tree_length(value); i++)
    found += find_dictionaries(conversion, json_object_array_get_idx(value, i), name, each);
  if (!json_object_is_type(value, json_type_object))
    return found;
  json_object *wanted = tree_get(value, name);
  if (json_object_is_type(wanted, json_type_object)) {
    each(conversion, wanted);
    found++;
  }
  json_object_object_foreach(value, key, inner) {
    (void)key;
    if (inner != wanted)
      found += find_dictionaries(conversion, inner, name, each);
  }
  return found;
}

/* The dictionaries behind each name of a source and its ":", "=" or "] =". */
static size_t read_source(struct conversion *conversion, const char *wanted, dictionary_fn *each) {
  struct tokens tokens = tokens_read(conversion->text, TOKENS_OF_SOURCE);
  struct constants constants = constants_read(&tokens);
  size_t found = 0;
  for (size_t i = 0; i < tokens.count; i++) {
    const struct token *token = token_at(&tokens, i);
    const char *name = *token->text == 'k' ? token->text + 1 : token->text;
    size_t next = i + (token_is(&tokens, i + 1, "]") ? 3 : 2);
    if (token->kind == TOKEN_SIGN || strcmp(name, wanted) != 0 ||
        (!token_is(&tokens, next - 1, ":") && !token_is(&tokens, next - 1, "=")))
      continue;
    json_object *domains = tree_from_literal(conversion, &tokens, &constants, &next);
    if (json_object_is_type(domains, json_type_object)) {
      each(conversion, domains);
      found++;
    } else {
      convert_loss(conversion, conversion->path, token->line,
                   "%s is no dictionary that is written out here; left out", wanted);
    }
    json_object_put(domains);
  }
  constants_clear(&constants);
  tokens_clear(&tokens);
  return found;
}

static bool is_xml(const struct conversion *conversion) {
  return conversion->text[strspn(conversion->text, " \t\n")] == '<';
}

static void read_any(struct conversion *conversion, const char *name, dictionary_fn *each) {
  bool is_source = !is_xml(conversion);
  json_object *root = is_source ? NULL : tree_from_plist(conversion);
  if (is_source && strstr(conversion->text, "\n#if") != NULL)
    convert_note(conversion, conversion->path, 0, "what stands in each branch of an #if is read");
  if (is_source && read_source(conversion, name, each) == 0 && conversion->losses == 0)
    convert_error(conversion, conversion->path, 0,
                  "expected a property list in XML, or a source with %s: and a dictionary", name);
  if (root != NULL && find_dictionaries(conversion, root, name, each) == 0)
    convert_error(conversion, conversion->path, tree_line(root, 0), "expected the key %s with a dictionary",
                  name);
  json_object_put(root);
}

static void read_trustkit(struct conversion *conversion) {
  read_any(conversion, "TSKPinnedDomains", read_domains);
}

/* ---- NSPinnedDomains ---- */

static void read_identities(struct conversion *conversion, json_object *domain, const char *name,
                            enum pin_list list, struct draft *draft) {
  json_object *identities = tree_list(conversion, domain, name);
  for (size_t i = 0; i < tree_length(identities); i++) {
    json_object *identity = json_object_array_get_idx(identities, i);
    json_object *digest = tree_get(identity, "SPKI-SHA256-BASE64");
    struct draft taken = DRAFT_AT(draft->name, tree_line(identity, draft->line));
    if (json_object_is_type(digest, json_type_string))
      convert_pin(conversion, &taken, json_object_get_string(digest), taken.line, "SPKI-SHA256-BASE64");
    else
      convert_loss(conversion, conversion->path, taken.line, "%s: expected SPKI-SHA256-BASE64", name);
    if (taken.counts[PIN_LIST_PINS] > 0)
      draft_take(draft, list, &taken.lists[PIN_LIST_PINS][0]);
    draft_clear(&taken);
  }
}

/* A chain has to hold one of the leaves, and one of the authorities, where both are named. */
static void read_pinned_domains(struct conversion *conversion, json_object *domains) {
  json_object_object_foreach(domains, name, domain) {
    struct draft draft = DRAFT_AT(name, tree_line(domain, tree_line(domains, 0)));
    if (json_object_is_type(domain, json_type_object))
      name_unknown(conversion, domain, name);
    draft.include_subdomains = flag(conversion, domain, "NSIncludesSubdomains", false);
    read_identities(conversion, domain, "NSPinnedLeafIdentities", PIN_LIST_PINS, &draft);
    read_identities(conversion, domain, "NSPinnedCAIdentities", PIN_LIST_INTERMEDIATES, &draft);
    draft.requires_all = true;
    conversion_add(conversion, &draft);
    draft_clear(&draft);
  }
}

static void read_apple(struct conversion *conversion) {
  read_any(conversion, "NSPinnedDomains", read_pinned_domains);
}

const struct format format_apple = {
    .name = "apple",
    .comments = COMMENTS_C,
    .title = "NSPinnedDomains of an Info.plist (XML)",
    .mark = "NSPinnedDomains",
    .holds = HOLDS_HOSTS | HOLDS_SUBDOMAINS | HOLDS_EVERY_PORT | HOLDS_CA_KEYS | HOLDS_ROLES,
    .read = read_apple,
};

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
    .comments = COMMENTS_C,
    .title = "TrustKit's configuration for iOS (XML plist)",
    .mark = "TSKPinnedDomains",
    .holds = HOLDS_HOSTS | HOLDS_SUBDOMAINS | HOLDS_EVERY_PORT | HOLDS_EXPIRY_DAY | HOLDS_AUDIT | HOLDS_OFF |
             HOLDS_CA_KEYS,
    .least_pins = 2,
    .reads_off = true,
    .read = read_trustkit,
    .write = write_trustkit,
};
