/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/json_input.h"

#include <string.h>

#include "base/memory.h"

/* Deeper than any of the formats; bounds the recursion of json-c. */
#define DEEPEST 32

/* A text whose words are all spelled with escapes would otherwise be searched to its end for each of them. */
#define MOST_MISSES 16
#define NEAR ((size_t)1 << 16)

static unsigned line_at(const struct conversion *conversion, size_t offset) {
  unsigned line = 1;
  for (size_t i = 0; i < offset && i < conversion->length; i++)
    line += conversion->text[i] == '\n' ? 1 : 0;
  return line;
}

/* Behind the value: white space and comments are not a mistake. */
static bool only_space(const char *text) {
  for (;;) {
    text += strspn(text, " \t\r\n");
    if (strncmp(text, "//", 2) != 0)
      return *text == '\0';
    text += strcspn(text, "\n");
  }
}

/* Behind a string whose opening quote this is. */
static size_t behind_string(const char *text, size_t at) {
  for (at++; text[at] != '"' && text[at] != '\0'; at++)
    at += text[at] == '\\' && text[at + 1] != '\0' ? 1 : 0;
  return at + (text[at] == '"' ? 1 : 0);
}

/* An object or array that is open; keys: of an object, those that it has had. */
struct open_value {
  json_object *keys;
  bool expects_key;
};

/* json-c takes the last of two members of one name, and says nothing. The text is good JSON. */
static void name_repeated(struct conversion *conversion) {
  struct open_value open[DEEPEST + 1] = {{NULL, false}};
  size_t depth = 0;
  unsigned line = 1;
  for (const char *at = conversion->text; *at != '\0';) {
    struct open_value *inner = &open[depth];
    size_t length = *at == '"' ? behind_string(at, 0) : strncmp(at, "//", 2) == 0 ? strcspn(at, "\n") : 1;
    if (strncmp(at, "/*", 2) == 0 && strstr(at, "*/") != NULL)
      length = (size_t)(strstr(at, "*/") + 2 - at);
    if ((*at == '{' || *at == '[') && depth < DEEPEST)
      open[++depth] = (struct open_value){.keys = *at == '{' ? json_object_new_object() : NULL,
                                          .expects_key = *at == '{'};
    else if ((*at == '}' || *at == ']') && depth > 0)
      json_object_put(open[depth--].keys);
    else if (*at == ',')
      inner->expects_key = inner->keys != NULL;
    else if (*at == '"' && inner->expects_key) {
      AUTO_TEXT key = must_copy_bytes(at + 1, length - 2);
      inner->expects_key = false;
      if (json_object_object_get_ex(inner->keys, key, NULL))
        convert_loss(conversion, conversion->path, line,
                     "\"%s\" stands here a second time; the last is taken", key);
      json_object_object_add(inner->keys, key, NULL);
    }
    for (; length > 0; length--)
      line += *at++ == '\n' ? 1 : 0;
  }
  while (depth > 0)
    json_object_put(open[depth--].keys);
}

json_object *json_read(struct conversion *conversion) {
  json_tokener *tokener = json_tokener_new_ex(DEEPEST);
  if (tokener == NULL)
    memory_exhausted();
  json_object *value = json_tokener_parse_ex(tokener, conversion->text, (int)conversion->length);
  enum json_tokener_error error = json_tokener_get_error(tokener);
  size_t end = json_tokener_get_parse_end(tokener);
  json_tokener_free(tokener);
  if (error == json_tokener_continue)
    convert_error(conversion, conversion->path, line_at(conversion, conversion->length),
                  "the text ends too early; expected JSON");
  else if (error != json_tokener_success)
    convert_error(conversion, conversion->path, line_at(conversion, end), "%s; expected JSON",
                  json_tokener_error_desc(error));
  else if (!only_space(conversion->text + end))
    convert_error(conversion, conversion->path, line_at(conversion, end),
                  "something follows the JSON; expected its end");
  else {
    name_repeated(conversion);
    return value;
  }
  json_object_put(value);
  return NULL;
}

json_object *json_member(json_object *object, const char *name) {
  json_object *member = NULL;
  if (json_object_is_type(object, json_type_object))
    json_object_object_get_ex(object, name, &member);
  return member;
}

static json_object *typed(struct conversion *conversion, json_object *object, const char *name,
                          enum json_type type, unsigned line) {
  json_object *member = json_member(object, name);
  if (member == NULL || json_object_is_type(member, type))
    return member;
  convert_loss(conversion, conversion->path, line, "\"%s\": expected %s", name, json_type_to_name(type));
  return NULL;
}

const char *json_string(struct conversion *conversion, json_object *object, const char *name, unsigned line) {
  json_object *member = typed(conversion, object, name, json_type_string, line);
  if (member == NULL)
    return NULL;
  const char *text = json_object_get_string(member);
  if (strlen(text) == (size_t)json_object_get_string_len(member))
    return text;
  convert_loss(conversion, conversion->path, line, "\"%s\" holds a NUL", name);
  return NULL;
}

bool json_flag(struct conversion *conversion, json_object *object, const char *name, unsigned line) {
  json_object *member = typed(conversion, object, name, json_type_boolean, line);
  return member != NULL && json_object_get_boolean(member);
}

json_object *json_list(struct conversion *conversion, json_object *object, const char *name, unsigned line) {
  return typed(conversion, object, name, json_type_array, line);
}

struct json_places json_places_new(const struct conversion *conversion) {
  return (struct json_places){.text = conversion->text, .length = conversion->length, .line = 1};
}

unsigned json_places_find(struct json_places *places, const char *word) {
  AUTO_TEXT quoted = must_format("\"%s\"", word);
  const char *from = places->text + places->offset;
  size_t rest = places->length - places->offset;
  bool near = places->misses > MOST_MISSES && rest > NEAR;
  const char *found = memmem(from, near ? NEAR : rest, quoted, strlen(quoted));
  if (found == NULL) {
    places->misses++;
    return places->line;
  }
  for (const char *at = from; at < found; at++)
    places->line += *at == '\n' ? 1 : 0;
  places->offset = (size_t)(found - places->text) + 1;
  return places->line;
}
