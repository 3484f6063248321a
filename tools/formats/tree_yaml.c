/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads YAML by libyaml, which also reads JSON, and knows the lines. */
#include <string.h>

#include <yaml.h>

#include "base/memory.h"
#include "formats/tree.h"

struct reading {
  struct conversion *conversion;
  yaml_parser_t parser;
  bool failed;
};

static void fail(struct reading *reading, size_t line, const char *message) {
  if (!reading->failed)
    convert_error(reading->conversion, (unsigned)line + 1, "%s; expected YAML", message);
  reading->failed = true;
}

/* Reads the next event, for yaml_event_delete. Returns false, having said why, if there is none. */
static bool next(struct reading *reading, yaml_event_t *ret_event) {
  if (reading->failed)
    return false;
  if (yaml_parser_parse(&reading->parser, ret_event) == 1)
    return true;
  fail(reading, reading->parser.problem_mark.line,
       reading->parser.problem == NULL ? "cannot be read" : reading->parser.problem);
  return false;
}

static json_object *scalar(struct reading *reading, const yaml_event_t *event) {
  const char *text = (const char *)event->data.scalar.value;
  if (strlen(text) != event->data.scalar.length)
    fail(reading, event->start_mark.line, "a text with a NUL");
  bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  if (plain && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
    return json_object_new_boolean(*text == 't');
  if (plain && (strcmp(text, "null") == 0 || strcmp(text, "~") == 0 || *text == '\0'))
    return NULL;
  return json_object_new_string_len(text, (int)event->data.scalar.length);
}

static json_object *node(struct reading *reading, const yaml_event_t *event, unsigned depth);

static json_object *sequence(struct reading *reading, unsigned depth) {
  json_object *array = json_object_new_array();
  for (yaml_event_t event; next(reading, &event); yaml_event_delete(&event)) {
    if (event.type == YAML_SEQUENCE_END_EVENT) {
      yaml_event_delete(&event);
      break;
    }
    json_object_array_add(array, node(reading, &event, depth));
  }
  return array;
}

/* Skips a key that is a sequence or a mapping: no format has such keys. */
static void pass_key(struct reading *reading, const yaml_event_t *key, unsigned depth) {
  convert_loss(reading->conversion, (unsigned)key->start_mark.line + 1, "a key that is no text; left out");
  json_object_put(node(reading, key, depth));
}

static json_object *mapping(struct reading *reading, unsigned line, unsigned depth) {
  json_object *object = tree_place(json_object_new_object(), line);
  for (yaml_event_t key, value; next(reading, &key); yaml_event_delete(&key)) {
    if (key.type == YAML_MAPPING_END_EVENT) {
      yaml_event_delete(&key);
      break;
    }
    unsigned key_line = (unsigned)key.start_mark.line + 1;
    bool is_text = key.type == YAML_SCALAR_EVENT;
    if (!is_text)
      pass_key(reading, &key, depth);
    if (!next(reading, &value))
      continue;
    json_object *member = node(reading, &value, depth);
    if (is_text)
      tree_member(reading->conversion, object, (const char *)key.data.scalar.value, member, key_line);
    else
      json_object_put(member);
    yaml_event_delete(&value);
  }
  return object;
}

static json_object *node(struct reading *reading, const yaml_event_t *event, unsigned depth) {
  unsigned line = (unsigned)event->start_mark.line + 1;
  if (depth == TREE_DEEPEST)
    fail(reading, event->start_mark.line, "nested too deeply");
  else if (event->type == YAML_ALIAS_EVENT)
    convert_loss(reading->conversion, line,
                 "*%s: aliases are not read; left out (write out what the anchor stands for)",
                 (const char *)event->data.alias.anchor);
  else if (event->type == YAML_SCALAR_EVENT)
    return tree_place(scalar(reading, event), line);
  else if (event->type == YAML_SEQUENCE_START_EVENT)
    return tree_place(sequence(reading, depth + 1), line);
  else if (event->type == YAML_MAPPING_START_EVENT)
    return mapping(reading, line, depth + 1);
  return NULL;
}

static json_object *documents(struct reading *reading) {
  json_object *all = json_object_new_array();
  bool at_end = false;
  for (yaml_event_t event; !at_end && next(reading, &event); yaml_event_delete(&event)) {
    at_end = event.type == YAML_STREAM_END_EVENT;
    if (event.type == YAML_SCALAR_EVENT || event.type == YAML_SEQUENCE_START_EVENT ||
        event.type == YAML_MAPPING_START_EVENT || event.type == YAML_ALIAS_EVENT)
      json_object_array_add(all, node(reading, &event, 0));
  }
  return all;
}

json_object *tree_from_yaml(struct conversion *conversion) {
  struct reading reading = {.conversion = conversion};
  if (yaml_parser_initialize(&reading.parser) != 1)
    memory_exhausted();
  yaml_parser_set_input_string(&reading.parser, (const unsigned char *)conversion->text, conversion->length);
  json_object *all = documents(&reading);
  yaml_parser_delete(&reading.parser);
  if (!reading.failed)
    return all;
  json_object_put(all);
  return NULL;
}
