/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads pins of resolvers for DNS over TLS: stubby's tls_pubkey_pinset (YAML), and knot-resolver's
 * pin_sha256, in its configurations in Lua (policy.TLS_FORWARD) and in YAML (forward).
 */
#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "formats/formats.h"
#include "formats/import.h"
#include "formats/tokens.h"
#include "formats/tree.h"

#define DNS_OVER_TLS_PORT 853

/* Reads "192.0.2.1@853", "2001:db8::1@853", also without a port. For free(3). */
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
      convert_loss(conversion, line, "expected digest: \"sha256\" and a value; left out");
    else
      convert_pin(conversion, draft, value, line, "value");
  }
}

#define KNOWN_OF_UPSTREAM                                                                                    \
  "address_data address_type scope_id port tls_port tls_auth_name tls_pubkey_pinset tls_cipher_list "        \
  "tls_ciphersuites tls_curves_list tls_min_version tls_max_version tls_authentication tsig_name "           \
  "tsig_algorithm tsig_secret"

#define ANY_KEY "GETDNS_AUTHENTICATION_NONE"

/* Which values tls_authentication has, anywhere in the text. */
struct authentication {
  bool none, other;
};

static void find_authentication(struct conversion *conversion, json_object *object, void *arg) {
  const char *text = tree_text(conversion, object, "tls_authentication");
  struct authentication *found = arg;
  if (text != NULL)
    *(strcmp(text, ANY_KEY) == 0 ? &found->none : &found->other) = true;
}

static void take_upstream(struct conversion *conversion, json_object *upstream, void *arg) {
  const struct authentication *authentication = arg;
  if (!json_object_object_get_ex(upstream, "tls_pubkey_pinset", NULL))
    return;
  tree_name_unknown(conversion, upstream, KNOWN_OF_UPSTREAM, "stubby");
  const char *name = tree_text(conversion, upstream, "tls_auth_name");
  const char *address = tree_text(conversion, upstream, "address_data");
  const char *port = tree_text(conversion, upstream, "tls_port");
  AUTO_DRAFT draft = DRAFT_AT(name != NULL ? name : address, tree_line(upstream, 0));
  draft.port = DNS_OVER_TLS_PORT;
  take_pinset(conversion, upstream, &draft);
  /* if both values occur, only stubby knows which one applies here */
  if (authentication->none && !authentication->other)
    convert_only_logs(conversion, &draft, ANY_KEY);
  if (json_object_object_get_ex(upstream, "tls_port", NULL) &&
      (port == NULL || !port_read(port, &draft.port)))
    convert_loss(conversion, draft.line, "tls_port %s: expected a number up to 65535; left out",
                 port == NULL ? "" : port);
  else
    conversion_add_named(conversion, &draft);
}

static void read_stubby(struct conversion *conversion) {
  struct authentication authentication = {0};
  json_object *documents = tree_from_yaml(conversion);
  tree_each_object(conversion, documents, find_authentication, &authentication);
  tree_each_object(conversion, documents, take_upstream, &authentication);
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

static void take_pins(struct conversion *conversion, json_object *pins, struct draft *draft) {
  size_t count = pins == NULL ? 1 : tree_items(pins); /* NULL is an alias or an expression, and is reported */
  for (size_t i = 0; i < count; i++) {
    unsigned line = tree_line(tree_item(pins, i), tree_line(pins, draft->line));
    if (json_object_is_type(tree_item(pins, i), json_type_string))
      convert_pin(conversion, draft, tree_string(tree_item(pins, i)), line, "pin-sha256");
    else
      convert_loss(conversion, line, "pin-sha256: expected a text or a list of texts; left out");
  }
}

/* Adds the pins of one server for its hostname, or for each of its addresses. In Lua the address has no
 * key. */
static void take_server(struct conversion *conversion, json_object *server, json_object *pins) {
  AUTO_DRAFT draft = DRAFT_AT(NULL, tree_line(server, 0));
  json_object *address = NULL, *hostname = NULL;
  bool is_yaml = json_object_object_get_ex(server, "address", &address);
  if (!is_yaml)
    json_object_object_get_ex(server, "", &address);
  take_pins(conversion, pins, &draft);
  bool has_name = json_object_object_get_ex(server, "hostname", &hostname);
  if (has_name && !json_object_is_type(hostname, json_type_string))
    convert_loss(conversion, draft.line, "hostname: expected a text; left out");
  size_t count = is_yaml && tree_items(address) > 0 ? tree_items(address) : 1;
  for (size_t i = 0; i < count; i++) {
    AUTO_TEXT host = take_address(tree_string(tree_item(address, i)), &draft.port);
    draft.name = *tree_string(hostname) != '\0' ? tree_string(hostname) : host;
    conversion_add(conversion, &draft);
  }
}

static void take_object(struct conversion *conversion, json_object *object, void *arg) {
  json_object *pins = NULL;
  (void)arg;
  if (json_object_object_get_ex(object, "pin-sha256", &pins) ||
      json_object_object_get_ex(object, "pin_sha256", &pins))
    take_server(conversion, object, pins);
}

/* Reads every table that has pins, wherever it stands. */
static void read_lua(struct conversion *conversion) {
  struct tokens tokens = tokens_read(conversion->text, COMMENTS_LUA);
  size_t last = TOKEN_NONE;
  for (size_t i = 0; i < tokens.count; i++) {
    size_t open = token_at(&tokens, i)->inside;
    if (!token_is(&tokens, i, "pin_sha256") || !token_is(&tokens, i + 1, "=") || open == last ||
        open == TOKEN_NONE || !token_is(&tokens, open, "{"))
      continue;
    struct tokens of_table = tokens;
    of_table.count = tokens_behind(&tokens, open);
    last = open;
    json_object *table = tree_from_literal(conversion, &of_table, NULL, &open);
    take_object(conversion, table, NULL);
    json_object_put(table);
  }
  tokens_clear(&tokens);
}

static void read_knot(struct conversion *conversion) {
  if (conversion->comments == COMMENTS_LUA) {
    read_lua(conversion);
    return;
  }
  json_object *documents = tree_from_yaml(conversion);
  tree_each_object(conversion, documents, take_object, NULL);
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
