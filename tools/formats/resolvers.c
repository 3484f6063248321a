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

static const char *text_of(json_object *object, const char *name) {
  json_object *value = NULL;
  if (json_object_is_type(object, json_type_object))
    json_object_object_get_ex(object, name, &value);
  return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

/* "192.0.2.1@853", "2001:db8::1@853", or without a port. */
static char *take_address(const char *text, uint16_t *ret_port) {
  const char *at = strchr(text, '@');
  *ret_port = DNS_OVER_TLS_PORT;
  if (at == NULL || !port_read(at + 1, ret_port))
    return must_copy(text);
  return must_copy_bytes(text, (size_t)(at - text));
}

/* ---- stubby ---- */

static void take_pinset(struct conversion *conversion, json_object *pinset, struct draft *draft) {
  size_t count = json_object_is_type(pinset, json_type_array) ? json_object_array_length(pinset) : 0;
  if (pinset != NULL && !json_object_is_type(pinset, json_type_array))
    convert_loss(conversion, conversion->path, tree_line(pinset, draft->line),
                 "tls_pubkey_pinset: expected a list");
  for (size_t i = 0; i < count; i++) {
    json_object *pin = json_object_array_get_idx(pinset, i);
    const char *digest = text_of(pin, "digest");
    const char *value = text_of(pin, "value");
    unsigned line = tree_line(pin, draft->line);
    if (digest == NULL || value == NULL || strcmp(digest, "sha256") != 0)
      convert_loss(conversion, conversion->path, line, "expected digest: \"sha256\" and a value; left out");
    else
      convert_pin(conversion, draft, value, line, "value");
  }
}

static void take_upstream(struct conversion *conversion, json_object *upstream) {
  json_object *pinset = NULL;
  const char *name = text_of(upstream, "tls_auth_name");
  const char *address = text_of(upstream, "address_data");
  const char *port = text_of(upstream, "tls_port");
  struct draft draft = DRAFT_AT(name != NULL ? name : address, tree_line(upstream, 0));
  if (!json_object_is_type(upstream, json_type_object) ||
      !json_object_object_get_ex(upstream, "tls_pubkey_pinset", &pinset))
    return;
  draft.port = DNS_OVER_TLS_PORT;
  take_pinset(conversion, pinset, &draft);
  if (port != NULL && !port_read(port, &draft.port))
    convert_loss(conversion, conversion->path, draft.line, "tls_port %s: expected a number up to 65535",
                 port);
  conversion_add_named(conversion, &draft);
  draft_clear(&draft);
}

static void read_stubby(struct conversion *conversion) {
  json_object *documents = tree_from_yaml(conversion), *upstreams = NULL;
  size_t count = documents == NULL ? 0 : json_object_array_length(documents);
  for (size_t i = 0; i < count; i++) {
    json_object *document = json_object_array_get_idx(documents, i);
    if (!json_object_is_type(document, json_type_object) ||
        !json_object_object_get_ex(document, "upstream_recursive_servers", &upstreams) ||
        !json_object_is_type(upstreams, json_type_array))
      continue;
    for (size_t j = 0; j < json_object_array_length(upstreams); j++)
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

static void add_server(struct conversion *conversion, const char *hostname, const char *address,
                       struct draft *draft) {
  AUTO_TEXT host = take_address(address == NULL ? "" : address, &draft->port);
  draft->name = hostname != NULL ? hostname : host;
  conversion_add(conversion, draft);
}

static void take_pin(struct conversion *conversion, json_object *pin, unsigned line, struct draft *draft) {
  if (json_object_is_type(pin, json_type_string))
    convert_pin(conversion, draft, json_object_get_string(pin), tree_line(pin, line), "pin-sha256");
  else
    convert_loss(conversion, conversion->path, tree_line(pin, line),
                 "pin-sha256: expected a text or a list of texts; left out");
}

/* servers: of YAML; each with address, hostname and pin-sha256, which is a text or a list. */
static void take_servers(struct conversion *conversion, json_object *value) {
  json_object *pins = NULL, *address = NULL;
  size_t count = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
  for (size_t i = 0; i < count; i++)
    take_servers(conversion, json_object_array_get_idx(value, i));
  if (!json_object_is_type(value, json_type_object))
    return;
  struct draft draft = DRAFT_AT(NULL, tree_line(value, 0));
  if (json_object_object_get_ex(value, "pin-sha256", &pins)) {
    bool is_list = json_object_is_type(pins, json_type_array);
    unsigned line = tree_line(pins, draft.line);
    for (size_t i = 0; i < (is_list ? json_object_array_length(pins) : 1); i++)
      take_pin(conversion, is_list ? json_object_array_get_idx(pins, i) : pins, line, &draft);
    json_object_object_get_ex(value, "address", &address);
    bool several = json_object_is_type(address, json_type_array) && json_object_array_length(address) > 0;
    for (size_t i = 0; i < (several ? json_object_array_length(address) : 1); i++) {
      json_object *at = several ? json_object_array_get_idx(address, i) : address;
      add_server(conversion, text_of(value, "hostname"), at == NULL ? NULL : json_object_get_string(at),
                 &draft);
    }
  }
  draft_clear(&draft);
  json_object_object_foreach(value, name, inner) {
    (void)name;
    take_servers(conversion, inner);
  }
}

/* One server in the braces that begin at a token: {'192.0.2.1@853', hostname='NAME', pin_sha256={'BASE64'}}.
 */
static void take_table(struct conversion *conversion, const struct tokens *tokens, size_t start, size_t end) {
  const char *address = NULL, *hostname = NULL;
  struct draft draft = DRAFT_AT(NULL, token_at(tokens, start)->line);
  size_t behind_pins = 0;
  for (size_t i = start + 1; i + 1 < end; i++) {
    const struct token *token = token_at(tokens, i);
    bool in_pins = i < behind_pins;
    if (token_is(tokens, i, "pin_sha256")) {
      behind_pins = token_is(tokens, i + 2, "{") ? tokens_behind(tokens, i + 2) : i + 3;
      i++; /* "=" */
    } else if (in_pins && token->kind == TOKEN_WORD)
      convert_loss(conversion, conversion->path, token->line,
                   "pin_sha256: \"%s\" is not written out here; left out", token->text);
    else if (token->kind == TOKEN_STRING && in_pins)
      convert_pin(conversion, &draft, token->text, token->line, "pin_sha256");
    else if (token->kind == TOKEN_STRING && token_is(tokens, i - 2, "hostname")) {
      if (hostname != NULL && strcmp(hostname, token->text) != 0)
        convert_loss(conversion, conversion->path, token->line,
                     "hostname=\"%s\" beside \"%s\"; the last is taken", token->text, hostname);
      hostname = token->text;
    } else if (token->kind == TOKEN_WORD && token_is(tokens, i - 1, "=") &&
               token_is(tokens, i - 2, "hostname")) {
      convert_loss(conversion, conversion->path, token->line, "hostname=%s is not written out here; left out",
                   token->text);
    } else if (token->kind == TOKEN_STRING && address == NULL && !token_is(tokens, i - 1, "="))
      address = token->text;
  }
  if (draft.counts[PIN_LIST_PINS] > 0)
    add_server(conversion, hostname, address, &draft);
  draft_clear(&draft);
}

/* The innermost braces around each pin_sha256. */
static void read_lua(struct conversion *conversion) {
  struct tokens tokens = tokens_read(conversion->text, TOKENS_OF_LUA);
  size_t *open = must_alloc(tokens.count + 1, sizeof *open);
  size_t depth = 0;
  for (size_t i = 0; i < tokens.count; i++) {
    while (depth > 0 && tokens_behind(&tokens, open[depth - 1]) <= i)
      depth--;
    if (token_is(&tokens, i, "{"))
      open[depth++] = i;
    if (!token_is(&tokens, i, "pin_sha256"))
      continue;
    size_t end = depth == 0 ? 0 : tokens_behind(&tokens, open[depth - 1]);
    if (depth == 0 || end == tokens.count) {
      convert_loss(conversion, conversion->path, token_at(&tokens, i)->line,
                   "pin_sha256 stands in no braces of a server; left out");
      continue;
    }
    take_table(conversion, &tokens, open[depth - 1], end);
    i = end - 1;
  }
  free(open);
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
