/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * DNS over TLS with pinned keys: stubby's tls_pubkey_pinset (YAML), and knot-resolver's pin_sha256, in its
 * configurations of Lua (policy.TLS_FORWARD) and of YAML (forward).
 */
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/formats.h"
#include "formats/tokens.h"
#include "formats/tree.h"

#define DNS_OVER_TLS_PORT 853

/* "192.0.2.1@853", "2001:db8::1@853", or without a port. */
static char *take_address(const char *text, uint16_t *ret_port) {
  const char *at = strchr(text, '@');
  *ret_port = DNS_OVER_TLS_PORT;
  if (at == NULL || !port_read(at + 1, ret_port))
    return must_copy(text);
  return must_copy_bytes(text, (size_t)(at - text));
}

/* ---- stubby ---- */

static void take_pinset(struct conversion *conversion, json_object *upstream, struct draft *draft) {
  json_object *pinset = tree_list(conversion, upstream, "tls_pubkey_pinset");
  for (size_t i = 0; i < tree_length(pinset); i++) {
    json_object *pin = json_object_array_get_idx(pinset, i);
    const char *digest = tree_text(conversion, pin, "digest");
    const char *value = tree_text(conversion, pin, "value");
    unsigned line = tree_line(pin, draft->line);
    if (digest == NULL || value == NULL || strcmp(digest, "sha256") != 0)
      convert_loss(conversion, conversion->path, line, "expected digest: \"sha256\" and a value; left out");
    else
      convert_pin(conversion, draft, value, line, "value");
  }
}

static void take_upstream(struct conversion *conversion, json_object *upstream) {
  const char *name = tree_text(conversion, upstream, "tls_auth_name");
  const char *address = tree_text(conversion, upstream, "address_data");
  const char *port = tree_text(conversion, upstream, "tls_port");
  struct draft draft = DRAFT_AT(name != NULL ? name : address, tree_line(upstream, 0));
  if (!json_object_is_type(upstream, json_type_object) ||
      !json_object_object_get_ex(upstream, "tls_pubkey_pinset", NULL))
    return;
  draft.port = DNS_OVER_TLS_PORT;
  take_pinset(conversion, upstream, &draft);
  if (port != NULL && !port_read(port, &draft.port))
    convert_loss(conversion, conversion->path, draft.line, "tls_port %s: expected a number up to 65535",
                 port);
  conversion_add_named(conversion, &draft);
  draft_clear(&draft);
}

static void read_stubby(struct conversion *conversion) {
  json_object *documents = tree_from_yaml(conversion);
  for (size_t i = 0; i < tree_length(documents); i++) {
    json_object *upstreams =
        tree_list(conversion, json_object_array_get_idx(documents, i), "upstream_recursive_servers");
    for (size_t j = 0; j < tree_length(upstreams); j++)
      take_upstream(conversion, json_object_array_get_idx(upstreams, j));
  }
  json_object_put(documents);
}

const struct format format_stubby = {
    .name = "stubby",
    .comments = COMMENTS_HASH,
    .title = "stubby's tls_pubkey_pinset (YAML)",
    .mark = "tls_pubkey_pinset",
    .holds = HOLDS_HOSTS | HOLDS_ADDRESSES | HOLDS_PORTS,
    .names_some_hosts = true,
    .adds_up = true,
    .read = read_stubby,
};

/* ---- knot-resolver ---- */

/* The text itself, or the text of a list at an index; NULL: another value. */
static const char *text_at(json_object *value, size_t index) {
  bool is_list = json_object_is_type(value, json_type_array);
  json_object *text = is_list ? json_object_array_get_idx(value, index) : value;
  return json_object_is_type(text, json_type_string) ? json_object_get_string(text) : NULL;
}

static size_t length_of(json_object *value) {
  return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 1;
}

static void take_pins(struct conversion *conversion, json_object *pins, struct draft *draft) {
  for (size_t i = 0; i < length_of(pins); i++) {
    json_object *pin = json_object_is_type(pins, json_type_array) ? json_object_array_get_idx(pins, i) : pins;
    unsigned line = tree_line(pin, tree_line(pins, draft->line));
    if (text_at(pins, i) != NULL)
      convert_pin(conversion, draft, text_at(pins, i), line, "pin-sha256");
    else
      convert_loss(conversion, conversion->path, line,
                   "pin-sha256: expected a text or a list of texts; left out");
  }
}

/* One server: its pins for each address, or for its hostname. In Lua the address has no key. */
static void take_server(struct conversion *conversion, json_object *server, json_object *pins) {
  struct draft draft = DRAFT_AT(NULL, tree_line(server, 0));
  json_object *address = NULL, *hostname = NULL;
  bool is_yaml = json_object_object_get_ex(server, "address", &address);
  if (!is_yaml)
    json_object_object_get_ex(server, "", &address);
  take_pins(conversion, pins, &draft);
  if (json_object_object_get_ex(server, "hostname", &hostname) && text_at(hostname, 0) == NULL)
    convert_loss(conversion, conversion->path, draft.line, "hostname: expected a text; left out");
  size_t count = is_yaml && length_of(address) > 0 ? length_of(address) : 1;
  for (size_t i = 0; i < count; i++) {
    AUTO_TEXT host = take_address(text_at(address, i) == NULL ? "" : text_at(address, i), &draft.port);
    draft.name = text_at(hostname, 0) != NULL ? text_at(hostname, 0) : host;
    conversion_add(conversion, &draft);
  }
  draft_clear(&draft);
}

/* Servers stand anywhere. */
static void take_servers(struct conversion *conversion, json_object *value) {
  json_object *pins = NULL;
  for (size_t i = 0; i < tree_length(value); i++)
    take_servers(conversion, json_object_array_get_idx(value, i));
  if (!json_object_is_type(value, json_type_object))
    return;
  if (json_object_object_get_ex(value, "pin-sha256", &pins) ||
      json_object_object_get_ex(value, "pin_sha256", &pins))
    take_server(conversion, value, pins);
  json_object_object_foreach(value, name, inner) {
    (void)name;
    take_servers(conversion, inner);
  }
}

/* Every table. What follows one is no part of it: statements of Lua stand beside each other. */
static void read_lua(struct conversion *conversion) {
  struct tokens tokens = tokens_read(conversion->text, TOKENS_OF_LUA);
  for (size_t i = 0; i < tokens.count;) {
    if (!token_is(&tokens, i, "{")) {
      i++;
      continue;
    }
    struct tokens of_table = tokens;
    of_table.count = tokens_behind(&tokens, i);
    json_object *table = tree_from_literal(conversion, &of_table, NULL, &i);
    i = of_table.count;
    take_servers(conversion, table);
    json_object_put(table);
  }
  tokens_clear(&tokens);
}

static void read_knot(struct conversion *conversion) {
  if (strstr(conversion->text, "pin-sha256") == NULL || strstr(conversion->text, "TLS_FORWARD") != NULL) {
    read_lua(conversion);
    return;
  }
  json_object *documents = tree_from_yaml(conversion);
  take_servers(conversion, documents);
  json_object_put(documents);
}

const struct format format_knot_resolver = {
    .name = "knot_resolver",
    .comments = COMMENTS_LUA,
    .title = "knot-resolver's pin_sha256 (Lua or YAML)",
    .mark = "TLS_FORWARD\tforward:\npin_sha256\tpin-sha256",
    .holds = HOLDS_HOSTS | HOLDS_ADDRESSES | HOLDS_PORTS,
    .adds_up = true,
    .read = read_knot,
};
