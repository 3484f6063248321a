/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads hosts to watch, whether they are pinned or not, from a file: lines, YAML or JSON. */
#include <string.h>

#include <yaml.h>

#include "base/file.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "base/number.h"
#include "cli/output.h"
#include "monitor/watch_targets.h"
#include "probe/probe_options.h"

#define EXPECTED "expected HOST or HOST:PORT"

struct listing {
  const struct arguments *arguments;
  const char *path;
  const char *text;
  struct watch *watch;
};

static bool say_no_host(const struct listing *listing, unsigned line, const char *text) {
  return say_error("%s:%u: \"%s\": " EXPECTED, listing->path, line, text);
}

/* False: it is not a host. A host that is listed twice is asked once. */
static bool add(const struct listing *listing, const char *host, uint16_t port) {
  if (!host_can_be_asked(host))
    return false;
  port = port == 0 ? HTTPS_PORT : port;
  watch_add_listed(listing->watch, host, port, probe_options_protocol(listing->arguments, port));
  return true;
}

static bool add_text(const struct listing *listing, const char *text) {
  AUTO_TEXT host = NULL;
  uint16_t port = 0;
  return host_and_port_read(text, &host, &port) && add(listing, host, port);
}

/* ---- Lines ---- */

static bool read_line(const struct listing *listing, const char *at, size_t length, unsigned line) {
  AUTO_TEXT text = must_copy_bytes(at, length);
  text[strcspn(text, "#")] = '\0';
  char *from = text + strspn(text, " \t\r");
  for (size_t end = strlen(from); end > 0 && strchr(" \t\r", from[end - 1]) != NULL; end--)
    from[end - 1] = '\0';
  return *from == '\0' || add_text(listing, from) || say_no_host(listing, line, from);
}

static bool read_lines(const struct listing *listing) {
  bool good = true;
  unsigned line = 1;
  for (const char *at = listing->text; *at != '\0'; line++) {
    size_t length = strcspn(at, "\n");
    good = read_line(listing, at, length, line) && good;
    at += length + (at[length] == '\n' ? 1 : 0);
  }
  return good;
}

/* ---- YAML; JSON is YAML too ---- */

static bool say_wrong_node(const struct listing *listing, const yaml_node_t *node, const char *what) {
  return say_error("%s:%zu: %s", listing->path, node->start_mark.line + 1, what);
}

static bool is_plain(const yaml_node_t *node) {
  return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* The text of a node. NULL: it is no text but e.g. a number or null, or it has a NUL byte. */
static const char *text_of(const yaml_node_t *node) {
  static const char *const others[] = {"", "~", "null", "true", "false"};
  if (node == NULL || node->type != YAML_SCALAR_NODE)
    return NULL;
  const char *text = (const char *)node->data.scalar.value;
  if (strlen(text) != node->data.scalar.length)
    return NULL;
  for (size_t i = 0; is_plain(node) && i < COUNT_OF(others); i++)
    if (strcmp(text, others[i]) == 0)
      return NULL;
  return is_plain(node) && text[strspn(text, "0123456789")] == '\0' ? NULL : text;
}

static const yaml_node_t *member(yaml_document_t *document, const yaml_node_t *node, const char *name) {
  for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
       pair++) {
    const char *key = text_of(yaml_document_get_node(document, pair->key));
    if (key != NULL && strcmp(key, name) == 0)
      return yaml_document_get_node(document, pair->value);
  }
  return NULL;
}

static bool add_with_port(const struct listing *listing, const yaml_node_t *host, const yaml_node_t *port) {
  const char *text = text_of(host);
  long number = 0;
  if (port->type != YAML_SCALAR_NODE || !is_plain(port) ||
      !number_read((const char *)port->data.scalar.value, 1, 65535, &number)) {
    AUTO_TEXT what = must_format("\"%s\": expected a port from 1 to 65535", text);
    return say_wrong_node(listing, port, what);
  }
  AUTO_TEXT canonical = NULL;
  uint16_t other = 0;
  return (host_and_port_read(text, &canonical, &other) && other == 0 &&
          add(listing, canonical, (uint16_t)number)) ||
         say_no_host(listing, (unsigned)host->start_mark.line + 1, text);
}

/* "host:port", or a mapping with "host" and perhaps "port". */
static bool read_element(const struct listing *listing, yaml_document_t *document, const yaml_node_t *node) {
  bool is_mapping = node->type == YAML_MAPPING_NODE;
  const yaml_node_t *host = is_mapping ? member(document, node, "host") : node;
  const yaml_node_t *port = is_mapping ? member(document, node, "port") : NULL;
  const char *text = text_of(host);
  if (text == NULL)
    return say_wrong_node(listing, node, "expected a host, or a mapping with \"host\"");
  if (port != NULL)
    return add_with_port(listing, host, port);
  return add_text(listing, text) || say_no_host(listing, (unsigned)host->start_mark.line + 1, text);
}

static bool read_list(const struct listing *listing, yaml_document_t *document) {
  const yaml_node_t *root = yaml_document_get_root_node(document);
  bool good = true;
  if (root == NULL)
    return true;
  if (root->type != YAML_SEQUENCE_NODE)
    return say_wrong_node(listing, root, "expected a list of hosts");
  const yaml_node_item_t *item = root->data.sequence.items.start;
  for (; good && item < root->data.sequence.items.top; item++)
    good = read_element(listing, document, yaml_document_get_node(document, *item));
  return good;
}

/* Several documents are one list. */
static bool read_yaml(const struct listing *listing, size_t length) {
  yaml_parser_t parser;
  bool good = true, at_end = false;
  if (yaml_parser_initialize(&parser) != 1)
    memory_exhausted();
  yaml_parser_set_input_string(&parser, (const unsigned char *)listing->text, length);
  while (good && !at_end) {
    yaml_document_t document;
    if (yaml_parser_load(&parser, &document) != 1) {
      say_error("%s:%zu: expected a list of hosts in YAML or JSON: %s", listing->path,
                parser.problem_mark.line + 1, parser.problem == NULL ? "cannot be read" : parser.problem);
      good = false;
      break;
    }
    at_end = yaml_document_get_root_node(&document) == NULL;
    good = read_list(listing, &document);
    yaml_document_delete(&document);
  }
  yaml_parser_delete(&parser);
  return good;
}

/* "[2001:db8::1]:443" is a line with an address, not a list. */
static bool is_address(const char *text) {
  size_t length = strspn(text + 1, "0123456789abcdefABCDEF:.");
  return text[1 + length] == ']' && memchr(text + 1, ':', length) != NULL;
}

/* Only a line with an address begins like YAML, by "[". */
static bool is_yaml(const char *text) {
  static const char blanks[] = " \t\r\n";
  text += strspn(text, blanks);
  while (*text == '#') {
    text += strcspn(text, "\n");
    text += strspn(text, blanks);
  }
  return *text != '\0' && strchr("[{-%", *text) != NULL && !(*text == '[' && is_address(text));
}

bool targets_from_list(const struct arguments *arguments, const char *path, struct watch *watch) {
  struct listing listing = {.arguments = arguments, .path = path, .watch = watch};
  char *text = NULL;
  size_t length = 0;
  int error = file_read(path, &text, &length);
  if (error != 0)
    return say_error("%s: %s", path, strerror(error));
  listing.text = text;
  bool good = is_yaml(text) ? read_yaml(&listing, length) : read_lines(&listing);
  if (good && watch->listed == 0) {
    say_error("%s: names no host", path);
    good = false;
  }
  free(text);
  return good;
}
