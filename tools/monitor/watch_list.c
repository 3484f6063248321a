/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Hosts that are watched without being pinned, from a file: lines, or JSON. */
#include <string.h>

#include <json-c/json.h>

#include "base/file.h"
#include "base/host_port.h"
#include "base/memory.h"
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

static unsigned line_of(const struct listing *listing, const char *place) {
  unsigned line = 1;
  for (const char *at = listing->text; at < place; at++)
    line += *at == '\n' ? 1 : 0;
  return line;
}

static bool complain(const struct listing *listing, unsigned line, const char *text) {
  say_error("%s:%u: \"%s\": " EXPECTED, listing->path, line, text);
  return false;
}

/* False: it is no host. One that is there already is asked once. */
static bool add(const struct listing *listing, const char *host, uint16_t port) {
  if (!host_can_be_asked(host))
    return false;
  port = port == 0 ? 443 : port;
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
  return *from == '\0' || add_text(listing, from) || complain(listing, line, from);
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

/* ---- JSON ---- */

/* NULL where an element has no host that is a text. */
static const char *host_of(json_object *element) {
  json_object *host =
      json_object_is_type(element, json_type_object) ? json_object_object_get(element, "host") : element;
  return json_object_is_type(host, json_type_string) ? json_object_get_string(host) : NULL;
}

/* json-c keeps no places. Each host is looked for from where the one before was found: for the one mistake.
 */
static unsigned line_of_element(const struct listing *listing, json_object *array, size_t index) {
  const char *place = listing->text;
  for (size_t i = 0; i <= index; i++) {
    const char *host = host_of(json_object_array_get_idx(array, i));
    AUTO_TEXT quoted = must_format("\"%s\"", host == NULL ? "" : host);
    const char *found = host == NULL ? NULL : strstr(place, quoted);
    place = found == NULL ? place : found;
  }
  return line_of(listing, place);
}

/* "host:port", or an object with "host" and perhaps "port". */
static bool read_element(const struct listing *listing, json_object *array, size_t index) {
  json_object *element = json_object_array_get_idx(array, index), *port = NULL;
  const char *text = host_of(element);
  if (text == NULL) {
    say_error("%s:%u: expected a host, or an object with \"host\"", listing->path,
              line_of_element(listing, array, index));
    return false;
  }
  if (json_object_is_type(element, json_type_object))
    port = json_object_object_get(element, "port");
  if (port == NULL)
    return add_text(listing, text) || complain(listing, line_of_element(listing, array, index), text);
  int64_t number = json_object_is_type(port, json_type_int) ? json_object_get_int64(port) : 0;
  if (number < 1 || number > 65535) {
    say_error("%s:%u: \"%s\": expected a port from 1 to 65535", listing->path,
              line_of_element(listing, array, index), text);
    return false;
  }
  AUTO_TEXT canonical = NULL;
  uint16_t other = 0;
  return (host_and_port_read(text, &canonical, &other) && other == 0 &&
          add(listing, canonical, (uint16_t)number)) ||
         complain(listing, line_of_element(listing, array, index), text);
}

static bool read_json(const struct listing *listing, size_t length) {
  json_tokener *tokener = json_tokener_new();
  if (tokener == NULL)
    memory_exhausted();
  json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
  json_object *json = json_tokener_parse_ex(tokener, listing->text, (int)length + 1);
  bool good = json_object_is_type(json, json_type_array);
  if (json != NULL && !good)
    say_error("%s:1: expected an array in JSON", listing->path);
  else if (!good)
    say_error("%s:%u: expected an array in JSON: %s", listing->path,
              line_of(listing, listing->text + json_tokener_get_parse_end(tokener)),
              json_tokener_error_desc(json_tokener_get_error(tokener)));
  for (size_t i = 0; good && i < json_object_array_length(json); i++)
    good = read_element(listing, json, i);
  json_object_put(json);
  json_tokener_free(tokener);
  return good;
}

bool targets_from_list(const struct arguments *arguments, const char *path, struct watch *watch) {
  struct listing listing = {.arguments = arguments, .path = path, .watch = watch};
  char *text = NULL;
  size_t length = 0;
  int error = file_read(path, &text, &length);
  if (error != 0) {
    say_error("%s: %s", path, strerror(error));
    return false;
  }
  listing.text = text;
  const char *first = text + strspn(text, " \t\r\n");
  bool good = *first == '[' || *first == '{' ? read_json(&listing, length) : read_lines(&listing);
  if (good && watch->listed == 0) {
    say_error("%s: names no host", path);
    good = false;
  }
  free(text);
  return good;
}
