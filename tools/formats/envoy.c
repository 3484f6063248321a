/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads and writes Envoy's validation contexts: verify_certificate_spki and verify_certificate_hash, in
 * YAML or JSON, anywhere in a configuration. The output is JSON, which fits into either.
 */
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "cli/output.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/tree.h"
#include "formats/words.h"

#define CONTEXT_TYPE "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"

/* Returns a field. Envoy accepts the names of protobuf's fields in snake case and in lower camel case. */
static json_object *field(json_object *object, const char *name) {
  json_object *found = NULL;
  char camel[64];
  size_t length = 0;
  if (!json_object_is_type(object, json_type_object) || json_object_object_get_ex(object, name, &found))
    return found;
  for (const char *at = name; *at != '\0' && length + 1 < sizeof camel; at++)
    camel[length++] = *at == '_' && at[1] != '\0' ? (char)toupper((unsigned char)*++at) : *at;
  camel[length] = '\0';
  json_object_object_get_ex(object, camel, &found);
  return found;
}

/* Takes the digests of a list, or a single one, as protobuf accepts it. Anything else is reported. */
static void read_list(struct conversion *conversion, json_object *context, const char *name,
                      struct draft *draft) {
  json_object *list = field(context, name);
  if (json_object_is_type(list, json_type_object))
    convert_loss(conversion, tree_line(list, draft->line), "\"%s\": expected a list", name);
  for (size_t i = 0; i < tree_items(list); i++) {
    json_object *element = tree_item(list, i);
    const char *text = tree_string(element);
    draft->line = tree_line(element, tree_line(list, draft->line));
    if (strcmp(name, "verify_certificate_spki") == 0)
      convert_pin(conversion, draft, text, draft->line, name);
    else
      convert_fingerprint(conversion, draft, PIN_LIST_FINGERPRINTS, text);
  }
}

/* What the tree above a value says about it. */
struct surroundings {
  const char *host; /* the nearest "sni"; NULL: there is none */
  bool downstream;  /* a listener's context, about clients that connect to Envoy */
};

static void read_context(struct conversion *conversion, json_object *context,
                         const struct surroundings *around) {
  AUTO_DRAFT draft = DRAFT_AT(around->host, tree_line(context, 0));
  if (field(context, "verify_certificate_spki") == NULL && field(context, "verify_certificate_hash") == NULL)
    return;
  read_list(conversion, context, "verify_certificate_spki", &draft);
  read_list(conversion, context, "verify_certificate_hash", &draft);
  bool takes_any_key =
      is_one_of(tree_string(field(context, "trust_chain_verification")), "ACCEPT_UNTRUSTED 1");
  if (around->downstream)
    convert_note(conversion, tree_line(context, 0),
                 "the pins of a listener (DownstreamTlsContext, Gateway) are those of clients; left out");
  else if (around->host == NULL)
    convert_loss(conversion, draft.line,
                 "no \"sni\" says whose pins these are; left out (--host names the host)");
  else {
    if (takes_any_key)
      convert_only_logs(conversion, &draft, "ACCEPT_UNTRUSTED");
    conversion_add_named(conversion, &draft);
  }
}

/* Everything in a listener is about clients of Envoy, at any depth, down to a context or cluster that says
 * otherwise. */
static void read_type(json_object *object, struct surroundings *around) {
  const char *text = tree_string(field(object, "@type"));
  if (strstr(text, "DownstreamTlsContext") != NULL)
    around->downstream = true;
  else if (strstr(text, "UpstreamTlsContext") != NULL)
    around->downstream = false;
  /* Istio's and Envoy Gateway's listeners. */
  bool asks_clients = field(object, "require_client_certificate") != NULL;
  if (asks_clients || is_one_of(tree_string(field(object, "kind")), "Gateway ClientTrafficPolicy") ||
      is_one_of(tree_string(field(object, "applyTo")), "LISTENER FILTER_CHAIN"))
    around->downstream = true;
}

static void read_name(const char *name, struct surroundings *around) {
  if (is_one_of_caseless(name, "filter_chains filterChains downstream_tls_context downstreamTlsContext"))
    around->downstream = true;
  else if (strcmp(name, "clusters") == 0)
    around->downstream = false;
}

/* Reports a configuration within a string, as in a ConfigMap. */
static void report_text(struct conversion *conversion, json_object *value) {
  const char *text = tree_string(value);
  if (strstr(text, "verify_certificate_") != NULL || strstr(text, "verifyCertificate") != NULL)
    convert_loss(conversion, tree_line(value, 0),
                 "a text that holds a configuration; left out (import that by itself)");
}

/* Looks for contexts at any place. The YAML reader bounds the depth. */
static void walk(struct conversion *conversion, json_object *value, struct surroundings around) {
  report_text(conversion, value);
  for (size_t i = 0; i < tree_length(value); i++)
    walk(conversion, json_object_array_get_idx(value, i), around);
  if (!json_object_is_type(value, json_type_object))
    return;
  json_object *sni = NULL;
  /* An sni that is not a text names no host; an empty one counts as none. */
  if (json_object_object_get_ex(value, "sni", &sni))
    around.host = tree_text(conversion, value, "sni");
  if (around.host != NULL && *around.host == '\0')
    around.host = conversion->host;
  read_type(value, &around);
  read_context(conversion, value, &around);
  json_object_object_foreach(value, name, member) {
    struct surroundings inside = around;
    read_name(name, &inside);
    if (!inside.downstream &&
        is_one_of(name, "validation_context_sds_secret_config validationContextSdsSecretConfig"))
      convert_loss(conversion, tree_line(member, tree_line(value, 0)),
                   "%s: what a secret holds that stands elsewhere is not read", name);
    /* the digest of a file that Envoy downloads, not a pin */
    if (strcmp(name, "sha256") == 0 && json_object_is_type(member, json_type_string))
      import_pass(conversion, json_object_get_string(member), tree_line(member, 0));
    walk(conversion, member, inside);
  }
}

static void read_envoy(struct conversion *conversion) {
  json_object *root = tree_from_yaml(conversion);
  walk(conversion, root, (struct surroundings){.host = conversion->host});
  json_object_put(root);
}

/* Adds a list of digests under a name, each spelled by `text`. Adds nothing for an empty list. */
static void put_list(json_object *context, const char *name, const struct pin_digest_list *list,
                     char *(*text)(const struct pin_digest *)) {
  json_object *array = list->count == 0 ? NULL : json_object_new_array();
  for (uint32_t i = 0; i < list->count; i++) {
    AUTO_TEXT spelled = text(&list->digests[i]);
    json_object_array_add(array, json_object_new_string(spelled));
  }
  if (array != NULL)
    json_object_object_add(context, name, array);
}

static json_object *nest(const char *name, json_object *inner) {
  json_object *outer = json_object_new_object();
  json_object_object_add(outer, name, inner);
  return outer;
}

/* The entry as a member of a cluster's transport_socket_matches. */
static json_object *entry_json_of(const struct pin_entry *entry) {
  json_object *context = json_object_new_object();
  put_list(context, "verify_certificate_spki", &entry->lists[PIN_LIST_PINS], digest_base64);
  put_list(context, "verify_certificate_hash", &entry->lists[PIN_LIST_FINGERPRINTS], digest_hex);
  json_object *typed = nest("@type", json_object_new_string(CONTEXT_TYPE));
  json_object_object_add(typed, "sni", json_object_new_string(entry->name));
  json_object_object_add(typed, "common_tls_context", nest("validation_context", context));
  json_object *socket = nest("name", json_object_new_string("envoy.transport_sockets.tls"));
  json_object_object_add(socket, "typed_config", typed);
  json_object *match = nest("name", json_object_new_string(entry->name));
  json_object_object_add(match, "match", nest("host", json_object_new_string(entry->name)));
  json_object_object_add(match, "transport_socket", socket);
  return match;
}

/* Writes one entry after the other: a tree of all of them would take some 8 KiB for each. */
static void write_envoy(struct conversion *conversion) {
  fputs("{\n  \"transport_socket_matches\": [", conversion->out);
  for (size_t i = 0; i < conversion->count; i++) {
    fputs(i == 0 ? "\n    " : ",\n    ", conversion->out);
    json_write_part(conversion->out, entry_json_of(&conversion->items[i].entry), 4);
  }
  fputs("\n  ]\n}\n", conversion->out);
}

const struct format format_envoy = {
    .name = "envoy",
    .comments = COMMENTS_HASH,
    .spelling = SPELLED_IN_BOTH,
    .title = "Envoy's validation contexts (YAML or JSON)",
    .mark = "verify_certificate_\tverifyCertificate",
    .names_some_hosts = true,
    .holds = HOLDS_HOSTS | HOLDS_EVERY_PORT | HOLDS_FINGERPRINTS,
    .least_pins = 1,
    .read = read_envoy,
    .write = write_envoy,
};
