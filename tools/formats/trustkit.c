/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads and writes TrustKit's configuration for iOS: a property list in XML, or the dictionary in a source
 * in Swift or Objective-C. Also reads Apple's own NSPinnedDomains, which stands in the same kind of file.
 */
#include <string.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "formats/formats.h"
#include "formats/tree.h"
#include "formats/xml.h"

#define DOCTYPE_NAME "-//Apple//DTD PLIST 1.0//EN"
#define DOCTYPE_URL "http://www.apple.com/DTDs/PropertyList-1.0.dtd"

/* Whether the value of the setting is neither true nor false, or not written out. */
static bool is_unknown(json_object *object, const char *name) {
  bool truth = false;
  json_object *value = NULL;
  return json_object_object_get_ex(object, name, &value) && !json_object_is_type(value, json_type_boolean) &&
         !(json_object_is_type(value, json_type_string) && tree_truth(json_object_get_string(value), &truth));
}

static bool flag(struct conversion *conversion, json_object *object, const char *name, bool otherwise) {
  bool truth = false;
  json_object *value = tree_get(object, name);
  if (value == NULL || json_object_is_type(value, json_type_boolean))
    return value == NULL ? otherwise : json_object_get_boolean(value);
  /* a number or a string, as boolValue reads it */
  if (json_object_is_type(value, json_type_string) && tree_truth(json_object_get_string(value), &truth))
    return truth;
  convert_loss(conversion, tree_line(value, 0), "%s: expected true or false", name);
  return otherwise;
}

#define KNOWN_OF_TRUSTKIT                                                                                    \
  "TSKPublicKeyHashes TSKPublicKeyAlgorithms TSKEnforcePinning TSKIncludeSubdomains TSKExpirationDate "      \
  "TSKExcludeSubdomainFromParentPolicy TSKReportUris TSKDisableDefaultReportUri TSKAdditionalTrustAnchors"
#define KNOWN_OF_APPLE "NSIncludesSubdomains NSPinnedLeafIdentities NSPinnedCAIdentities"

/* Reports members that are not read: misspelled ones and, in a source, those whose values are not written
 * out. */
static void report_unknown(struct conversion *conversion, json_object *object, const char *what,
                           const char *known, const char *whose) {
  tree_name_unknown(conversion, object, known, whose);
  json_object_object_foreach(object, name, value) {
    if (value == NULL && is_one_of(name, known))
      convert_loss(conversion, tree_line(object, 0),
                   "\"%s\": %s: its value is not written out in this file; left out", what, name);
  }
}

static void read_hashes(struct conversion *conversion, json_object *hashes, struct draft *draft) {
  for (size_t i = 0; i < tree_length(hashes); i++) {
    json_object *hash = json_object_array_get_idx(hashes, i);
    if (json_object_is_type(hash, json_type_string))
      convert_pin(conversion, draft, json_object_get_string(hash), tree_line(hash, draft->line), "hash");
    else
      convert_loss(conversion, tree_line(hashes, draft->line),
                   "\"%s\": a hash that is no string here; left out", draft->name);
  }
}

static void read_domain(struct conversion *conversion, const char *name, json_object *domain, unsigned line) {
  AUTO_DRAFT draft = DRAFT_AT(name, tree_line(domain, line));
  if (!json_object_is_type(domain, json_type_object)) {
    convert_loss(conversion, line, "\"%s\": expected a dictionary with its pins", name);
    return;
  }
  report_unknown(conversion, domain, name, KNOWN_OF_TRUSTKIT, "TrustKit");
  draft.include_subdomains = flag(conversion, domain, "TSKIncludeSubdomains", false);
  /* if it is not certain that it enforces, it only reports */
  if (!flag(conversion, domain, "TSKEnforcePinning", true) || is_unknown(domain, "TSKEnforcePinning") ||
      tree_is_bare(tree_get(domain, "")) || is_unknown(domain, "TSKExcludeSubdomainFromParentPolicy"))
    draft.mode = PIN_MODE_AUDIT;
  read_hashes(conversion, tree_list(conversion, domain, "TSKPublicKeyHashes"), &draft);
  if (flag(conversion, domain, "TSKExcludeSubdomainFromParentPolicy", false))
    draft.mode = PIN_MODE_OFF;
  json_object *end = tree_get(domain, "TSKExpirationDate");
  if (end != NULL)
    convert_end(conversion, &draft, "TSKExpirationDate", json_object_get_string(end),
                tree_line(end, draft.line));
  static const char *const others[] = {"TSKReportUris", "TSKAdditionalTrustAnchors"};
  for (size_t i = 0; i < COUNT_OF(others); i++)
    if (tree_get(domain, others[i]) != NULL)
      convert_note(conversion, draft.line, "\"%s\": %s; left out", name, others[i]);
  conversion_add(conversion, &draft);
}

/* A constant of TrustKit among the names is not a host; one variant uses it for all other hosts. */
static void read_domains(struct conversion *conversion, json_object *domains) {
  json_object_object_foreach(domains, name, domain) {
    if (strncmp(name, "TSK", 3) == 0)
      convert_loss(conversion, tree_line(domain, tree_line(domains, 0)), "\"%s\" is no host; left out", name);
    else if (!tree_is_bare(domain))
      read_domain(conversion, name, domain, tree_line(domains, 0));
  }
}

/* What to look for: dictionaries of one name, anywhere. */
typedef void dictionary_fn(struct conversion *conversion, json_object *dictionary);
struct wanted {
  const char *name, *pins; /* the key of the dictionary, and the keys of its pins */
  dictionary_fn *each;
  json_object **unseen; /* dictionaries that were read, but not visited yet on the way through all objects */
  size_t found, unseen_count;
};

static void report_outside(struct conversion *conversion, const struct wanted *wanted, const char *key,
                           unsigned line) {
  convert_loss(conversion, line, "%s stands outside of %s; left out", key, wanted->name);
}

/* Reports pins of an object that is not a member of the dictionary. */
static void report_members_outside(struct conversion *conversion, json_object *object,
                                   struct wanted *wanted) {
  for (size_t i = wanted->unseen_count; i-- > 0;)
    if (wanted->unseen[i] == object) {
      wanted->unseen[i] = wanted->unseen[--wanted->unseen_count];
      return;
    }
  json_object_object_foreach(object, name, member) {
    (void)name;
    if (!json_object_is_type(member, json_type_object))
      continue;
    json_object_object_foreach(member, key, value) {
      if (is_one_of(key, wanted->pins))
        report_outside(conversion, wanted, key, tree_line(value, tree_line(member, 0)));
    }
  }
}

static void take_wanted(struct conversion *conversion, json_object *object, void *arg) {
  struct wanted *wanted = arg;
  json_object *dictionary = tree_get(object, wanted->name);
  if (json_object_is_type(dictionary, json_type_object)) {
    wanted->each(conversion, dictionary);
    wanted->found++;
    wanted->unseen = must_room(wanted->unseen, wanted->unseen_count, sizeof *wanted->unseen);
    wanted->unseen[wanted->unseen_count++] = dictionary;
  }
  report_members_outside(conversion, object, wanted);
}

/* Whether a "{" begins a type of TypeScript: "interface NAME {", "type NAME = {". */
static bool begins_type(const struct tokens *tokens, size_t open) {
  static const size_t longest_head = 32;
  bool is_assigned = false;
  for (size_t at = open; at > 0 && open - at < longest_head; at--) {
    const struct token *token = token_at(tokens, at - 1);
    if (token->kind == TOKEN_STRING ||
        (token->kind == TOKEN_SIGN && strchr(";(){}[]:@", *token->text) != NULL))
      return false;
    if (token_is(tokens, at - 1, is_assigned ? "type" : "interface"))
      return token_at(tokens, at)->kind == TOKEN_WORD;
    is_assigned = is_assigned || token_is(tokens, at - 1, "=");
  }
  return false;
}

/* Whether a token is within a type of TypeScript, which has no values. */
static bool is_within_type(const struct tokens *tokens, size_t at) {
  static const int most_blocks = 16;
  size_t open = token_at(tokens, at)->inside;
  for (int i = 0; i < most_blocks && open != TOKEN_NONE; i++) {
    if (token_is(tokens, open, "{") && begins_type(tokens, open))
      return true;
    open = token_at(tokens, open)->inside;
  }
  return false;
}

/* Whether a sign gives the key before it a value: "KEY: ...", "KEY = ...", not "KEY == ...". */
static bool is_key(const struct tokens *tokens, size_t sign) {
  return (token_is(tokens, sign, ":") || token_is(tokens, sign, "=")) && !token_is(tokens, sign + 1, "=");
}

/* "setObject:... forKey:KEY" */
static bool is_for_key(const struct tokens *tokens, size_t at) {
  return at > 1 && token_is(tokens, at - 1, ":") && token_is(tokens, at - 2, "forKey");
}

/* Reads the dictionaries behind each name in a source and its ":", "=" or "] =". */
static void read_source(struct conversion *conversion, struct wanted *wanted) {
  struct tokens tokens = tokens_read(conversion->text, COMMENTS_C);
  struct constants constants = constants_read(&tokens);
  bool *looked_at = must_alloc(tokens.count + 1, sizeof *looked_at);
  for (size_t i = 0, behind = 0; i < tokens.count; i++) {
    const struct token *token = token_at(&tokens, i);
    const char *name = *token->text == 'k' ? token->text + 1 : token->text;
    size_t next = i + (token_is(&tokens, i + 1, "]") ? 3 : 2);
    bool is_all = strcmp(name, wanted->name) == 0;
    if (token->kind == TOKEN_SIGN || (!is_all && (i < behind || !is_one_of(name, wanted->pins))) ||
        is_within_type(&tokens, i))
      continue;
    bool is_given = is_key(&tokens, next - 1);
    if (is_for_key(&tokens, i) || (is_given && !is_all))
      report_outside(conversion, wanted, token->text, token->line);
    if (!is_given || !is_all)
      continue;
    tree_name_added(conversion, &tokens, i, looked_at);
    json_object *domains = tree_from_literal(conversion, &tokens, &constants, &next);
    if (json_object_is_type(domains, json_type_object)) {
      wanted->each(conversion, domains);
      wanted->found++;
    } else {
      convert_loss(conversion, token->line, "%s is no dictionary that is written out here; left out",
                   wanted->name);
    }
    json_object_put(domains);
    behind = next;
  }
  free(looked_at);
  constants_clear(&constants);
  tokens_clear(&tokens);
}

/* Whether the name stands alone in a line with a colon, and a member follows: YAML, as XcodeGen reads it. */
static bool is_yaml(const char *text, const char *name) {
  size_t length = strlen(name);
  for (const char *line = text, *end; line != NULL; line = end == NULL ? NULL : end + 1) {
    end = strchr(line, '\n');
    const char *at = line + strspn(line, " ");
    if (strncmp(at, name, length) != 0 || strncmp(at + length, ":\n", 2) != 0)
      continue;
    const char *member = at + length + 2;
    member += strspn(member, " ");
    if (strchr("{[@\n", *member) == NULL && memchr(member, ':', strcspn(member, "\n")) != NULL)
      return true;
  }
  return false;
}

/* Reads a property list or YAML. */
static void read_tree(struct conversion *conversion, json_object *root, struct wanted *wanted) {
  tree_each_object(conversion, root, take_wanted, wanted);
  if (root != NULL && wanted->found == 0)
    convert_error(conversion, tree_line(root, 0), "expected the key %s with a dictionary", wanted->name);
  free(wanted->unseen);
  json_object_put(root);
}

static void read_any(struct conversion *conversion, const char *name, const char *pins, dictionary_fn *each) {
  struct wanted wanted = {.name = name, .pins = pins, .each = each};
  if (is_yaml(conversion->text, name)) {
    conversion->comments = COMMENTS_HASH;
    read_tree(conversion, tree_from_yaml(conversion), &wanted);
    return;
  }
  if (conversion->text[strspn(conversion->text, " \t\n")] == '<') {
    read_tree(conversion, tree_from_plist(conversion), &wanted);
    return;
  }
  convert_note_branches(conversion);
  read_source(conversion, &wanted);
  if (wanted.found == 0 && conversion->findings[FINDING_LOSS] == 0)
    convert_error(conversion, 0, "expected a property list in XML, or a source with %s: and a dictionary",
                  name);
}

static void read_trustkit(struct conversion *conversion) {
  read_any(conversion, "TSKPinnedDomains", "TSKPublicKeyHashes", read_domains);
}

/* ---- NSPinnedDomains ---- */

static void read_identities(struct conversion *conversion, json_object *domain, const char *name,
                            enum pin_list list, struct draft *draft) {
  json_object *identities = tree_list(conversion, domain, name);
  for (size_t i = 0; i < tree_length(identities); i++) {
    json_object *identity = json_object_array_get_idx(identities, i);
    json_object *digest = tree_get(identity, "SPKI-SHA256-BASE64");
    AUTO_DRAFT taken = DRAFT_AT(draft->name, tree_line(identity, draft->line));
    if (json_object_is_type(digest, json_type_string))
      convert_pin(conversion, &taken, json_object_get_string(digest), tree_line(digest, taken.line),
                  "SPKI-SHA256-BASE64");
    else
      convert_loss(conversion, taken.line, "%s: expected SPKI-SHA256-BASE64", name);
    if (taken.counts[PIN_LIST_PINS] > 0)
      draft_take(draft, list, &taken.lists[PIN_LIST_PINS][0]);
  }
}

/* A chain must have one of the leaves, and one of the authorities, if both are given. */
static void read_pinned_domains(struct conversion *conversion, json_object *domains) {
  json_object_object_foreach(domains, name, domain) {
    if (tree_is_bare(domain))
      continue;
    AUTO_DRAFT draft = DRAFT_AT(name, tree_line(domain, tree_line(domains, 0)));
    if (json_object_is_type(domain, json_type_object))
      report_unknown(conversion, domain, name, KNOWN_OF_APPLE, "Apple");
    draft.include_subdomains = flag(conversion, domain, "NSIncludesSubdomains", false);
    if (draft.include_subdomains)
      convert_note(
          conversion, draft.line,
          "\"%s\": of the names below it Apple means those with one more label; the entry is for all", name);
    read_identities(conversion, domain, "NSPinnedLeafIdentities", PIN_LIST_PINS, &draft);
    read_identities(conversion, domain, "NSPinnedCAIdentities", PIN_LIST_INTERMEDIATES, &draft);
    draft.requires_all = true;
    conversion_add(conversion, &draft);
  }
}

static void read_apple(struct conversion *conversion) {
  read_any(conversion, "NSPinnedDomains", "NSPinnedLeafIdentities NSPinnedCAIdentities", read_pinned_domains);
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
  xml_writer_open(conversion, &output);
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
  xml_writer_close(&output);
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
