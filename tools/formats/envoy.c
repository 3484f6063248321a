/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Envoy's validation contexts: verify_certificate_spki and verify_certificate_hash, in JSON wherever they
 * stand in a configuration. JSON is YAML, so that what is written can be put into either; YAML is not read.
 */
#include <string.h>

#include "base/memory.h"
#include "formats/formats.h"
#include "formats/json_input.h"

#define CONTEXT_TYPE "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"

struct reading {
  struct conversion *conversion;
  struct json_places places;
};

static const char *element_text(json_object *list, size_t index) {
  json_object *element = json_object_array_get_idx(list, index);
  return json_object_is_type(element, json_type_string) ? json_object_get_string(element) : "";
}

static void read_keys(struct reading *reading, json_object *list, struct draft *draft) {
  for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
    const char *text = element_text(list, i);
    struct pin_digest digest;
    draft->line = json_places_find(&reading->places, text);
    if (digest_from_base64(text, &digest))
      draft_take(draft, PIN_LIST_PINS, &digest);
    else
      convert_error(reading->conversion, reading->conversion->path, draft->line,
                    "bad verify_certificate_spki \"%s\"; expected 32 bytes in base64", text);
  }
}

static void read_hashes(struct reading *reading, json_object *list, struct draft *draft) {
  for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
    const char *text = element_text(list, i);
    struct pin_digest digest;
    draft->line = json_places_find(&reading->places, text);
    if (strchr(text, '/') == NULL && pin_digest_parse(text, strlen(text), &digest))
      draft_take(draft, PIN_LIST_FINGERPRINTS, &digest);
    else
      convert_error(reading->conversion, reading->conversion->path, draft->line,
                    "bad verify_certificate_hash \"%s\"; expected 32 bytes in hexadecimal digits", text);
  }
}

static void read_context(struct reading *reading, json_object *context, const char *host) {
  struct conversion *conversion = reading->conversion;
  json_object *keys = json_list(conversion, context, "verify_certificate_spki", reading->places.line);
  json_object *hashes = json_list(conversion, context, "verify_certificate_hash", reading->places.line);
  struct draft draft = DRAFT_AT(host, reading->places.line);
  read_keys(reading, keys, &draft);
  read_hashes(reading, hashes, &draft);
  if (keys != NULL || hashes != NULL) {
    if (host != NULL)
      conversion_add(conversion, &draft);
    else
      convert_error(conversion, conversion->path, draft.line,
                    "no \"sni\" says whose pins these are; name the host with --host");
  }
  draft_clear(&draft);
}

/* Contexts stand anywhere; the nearest "sni" above one is the host that it is for. json-c bounds the depth.
 */
static void walk(struct reading *reading, json_object *value, const char *host) {
  if (json_object_is_type(value, json_type_array)) {
    for (size_t i = 0; i < json_object_array_length(value); i++)
      walk(reading, json_object_array_get_idx(value, i), host);
    return;
  }
  if (!json_object_is_type(value, json_type_object))
    return;
  const char *own = json_string(reading->conversion, value, "sni", reading->places.line);
  const char *here = own == NULL || *own == '\0' ? host : own;
  read_context(reading, value, here);
  json_object_object_foreach(value, name, member) {
    (void)name;
    walk(reading, member, here);
  }
}

static void read_envoy(struct conversion *conversion) {
  json_object *root = json_read(conversion);
  struct reading reading = {.conversion = conversion, .places = json_places_new(conversion)};
  walk(&reading, root, conversion->host);
  json_object_put(root);
}

static json_object *keys_json(const struct pin_digest_list *list) {
  json_object *array = json_object_new_array();
  for (uint32_t i = 0; i < list->count; i++) {
    AUTO_TEXT text = digest_base64(&list->digests[i]);
    json_object_array_add(array, json_object_new_string(text));
  }
  return array;
}

static json_object *hashes_json(const struct pin_digest_list *list) {
  json_object *array = json_object_new_array();
  for (uint32_t i = 0; i < list->count; i++) {
    char text[2 * sizeof list->digests[i].bytes + 1];
    for (size_t j = 0; j < sizeof list->digests[i].bytes; j++)
      sprintf(text + 2 * j, "%02x", list->digests[i].bytes[j]);
    json_object_array_add(array, json_object_new_string(text));
  }
  return array;
}

static json_object *nest(const char *name, json_object *inner) {
  json_object *outer = json_object_new_object();
  json_object_object_add(outer, name, inner);
  return outer;
}

/* One of a cluster's transport_socket_matches. */
static json_object *entry_json_of(const struct pin_entry *entry) {
  json_object *context = json_object_new_object();
  if (entry->lists[PIN_LIST_PINS].count > 0)
    json_object_object_add(context, "verify_certificate_spki", keys_json(&entry->lists[PIN_LIST_PINS]));
  if (entry->lists[PIN_LIST_FINGERPRINTS].count > 0)
    json_object_object_add(context, "verify_certificate_hash",
                           hashes_json(&entry->lists[PIN_LIST_FINGERPRINTS]));
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

static void write_envoy(struct conversion *conversion) {
  json_object *matches = json_object_new_array();
  for (size_t i = 0; i < conversion->count; i++)
    json_object_array_add(matches, entry_json_of(&conversion->items[i].entry));
  json_object *root = nest("transport_socket_matches", matches);
  fprintf(conversion->out, "%s\n",
          json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                   JSON_C_TO_STRING_NOSLASHESCAPE));
  json_object_put(root);
}

const struct format format_envoy = {
    .name = "envoy",
    .title = "Envoy's validation contexts (JSON)",
    .mark = "\"verify_certificate_",
    .holds = HOLDS_HOSTS | HOLDS_EVERY_PORT | HOLDS_FINGERPRINTS,
    .least_pins = 1,
    .read = read_envoy,
    .write = write_envoy,
};
