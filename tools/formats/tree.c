/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/tree.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "formats/xml.h"

/* A line is kept in the pointer itself, which json-c neither follows nor frees. */
json_object *tree_place(json_object *value, unsigned line) {
  if (value != NULL)
    json_object_set_userdata(value, (void *)(uintptr_t)line, NULL);
  return value;
}

unsigned tree_line(json_object *value, unsigned otherwise) {
  uintptr_t line = value == NULL ? 0 : (uintptr_t)json_object_get_userdata(value);
  return line == 0 ? otherwise : (unsigned)line;
}

void tree_member(struct conversion *conversion, json_object *object, const char *name, json_object *value,
                 unsigned line) {
  json_object *first = NULL;
  if (!json_object_object_get_ex(object, name, &first)) {
    json_object_object_add(object, name, value);
    return;
  }
  convert_loss(conversion, conversion->path, line,
               "\"%s\" stands here a second time, first in line %u; the first is taken", name,
               tree_line(first, tree_line(object, 0)));
  json_object_put(value);
}

size_t tree_length(json_object *value) {
  return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
}

json_object *tree_get(json_object *object, const char *name) {
  json_object *member = NULL;
  if (json_object_is_type(object, json_type_object))
    json_object_object_get_ex(object, name, &member);
  return member;
}

static json_object *typed(struct conversion *conversion, json_object *object, const char *name,
                          enum json_type type) {
  json_object *member = tree_get(object, name);
  if (member == NULL || json_object_is_type(member, type))
    return member;
  convert_loss(conversion, conversion->path, tree_line(member, tree_line(object, 0)), "\"%s\": expected %s",
               name, json_type_to_name(type));
  return NULL;
}

const char *tree_text(struct conversion *conversion, json_object *object, const char *name) {
  json_object *member = typed(conversion, object, name, json_type_string);
  return member == NULL ? NULL : json_object_get_string(member);
}

bool tree_flag(struct conversion *conversion, json_object *object, const char *name) {
  json_object *member = typed(conversion, object, name, json_type_boolean);
  return member != NULL && json_object_get_boolean(member);
}

json_object *tree_list(struct conversion *conversion, json_object *object, const char *name) {
  return typed(conversion, object, name, json_type_array);
}

/* ---- XML property lists ---- */

static json_object *plist_value(struct conversion *conversion, xmlNode *node, unsigned depth);

static xmlNode *element(xmlNode *node) {
  while (node != NULL && node->type != XML_ELEMENT_NODE)
    node = node->next;
  return node;
}

static json_object *plist_dictionary(struct conversion *conversion, xmlNode *node, unsigned depth) {
  json_object *dictionary = tree_place(json_object_new_object(), xml_line(node));
  for (xmlNode *key = element(node->children); key != NULL; key = element(key->next)) {
    xmlNode *value = xml_is(key, "key") ? element(key->next) : NULL;
    if (value == NULL)
      continue;
    AUTO_TEXT name = xml_text(key);
    tree_member(conversion, dictionary, name, plist_value(conversion, value, depth), xml_line(key));
    key = value;
  }
  return dictionary;
}

static json_object *plist_array(struct conversion *conversion, xmlNode *node, unsigned depth) {
  json_object *array = json_object_new_array();
  for (xmlNode *at = element(node->children); at != NULL; at = element(at->next))
    json_object_array_add(array, plist_value(conversion, at, depth));
  return array;
}

static json_object *plist_value(struct conversion *conversion, xmlNode *node, unsigned depth) {
  json_object *value = NULL;
  if (depth == TREE_DEEPEST) {
    convert_loss(conversion, conversion->path, xml_line(node), "nested too deeply; left out");
    return NULL;
  }
  if (xml_is(node, "dict")) {
    value = plist_dictionary(conversion, node, depth + 1);
  } else if (xml_is(node, "array")) {
    value = plist_array(conversion, node, depth + 1);
  } else if (xml_is(node, "true") || xml_is(node, "false")) {
    value = json_object_new_boolean(xml_is(node, "true"));
  } else {
    AUTO_TEXT text = xml_text(node);
    value = json_object_new_string(text);
  }
  return tree_place(value, xml_line(node));
}

json_object *tree_from_plist(struct conversion *conversion) {
  xmlDoc *document = xml_read(conversion);
  xmlNode *root = document == NULL ? NULL : xml_root(conversion, document, "plist");
  xmlNode *top = root == NULL ? NULL : element(root->children);
  json_object *value = top == NULL ? NULL : plist_value(conversion, top, 0);
  if (root != NULL && value == NULL)
    convert_error(conversion, conversion->path, xml_line(root), "expected a value in <plist>");
  xmlFreeDoc(document);
  return value;
}

/* ---- Literals ---- */

struct literals {
  struct conversion *conversion;
  const struct tokens *tokens;
  const struct constants *constants; /* NULL: every word is a key */
};

static json_object *literal(const struct literals *literals, size_t *index, unsigned depth);

static bool at_sign(const struct tokens *tokens, size_t index, char sign) {
  const struct token *token = token_at(tokens, index);
  return token->kind == TOKEN_SIGN && *token->text == sign;
}

/* Steps over whatever stands before the next comma, colon or closing bracket. */
static void skip_expression(const struct tokens *tokens, size_t *index) {
  while (*index < tokens->count) {
    const struct token *token = token_at(tokens, *index);
    if (token->kind == TOKEN_SIGN && strchr(",:=)]};", *token->text) != NULL)
      return;
    *index = token_opens(tokens, *index) ? tokens_behind(tokens, *index) : *index + 1;
  }
}

/* The name of the key before a token; NULL: it is not written out here. */
static const char *key_name(const struct literals *literals, size_t behind, json_object *key) {
  static const char *const prefixes[] = {"TSK", "kTSK", "NS", "SPKI"};
  const struct token *last = token_at(literals->tokens, behind - 1);
  bool is_key = last->kind == TOKEN_WORD && literals->constants == NULL;
  for (size_t i = 0; last->kind == TOKEN_WORD && i < sizeof prefixes / sizeof *prefixes; i++)
    is_key = is_key || strncmp(last->text, prefixes[i], strlen(prefixes[i])) == 0;
  if (is_key)
    return last->text + (strncmp(last->text, "kTSK", 4) == 0 ? 1 : 0);
  return json_object_is_type(key, json_type_string) ? json_object_get_string(key) : NULL;
}

/* What stands in a dictionary without a key: the members of the array under "". */
static void add_element(json_object *container, json_object *value) {
  json_object *elements = container;
  if (json_object_is_type(container, json_type_object) &&
      !json_object_object_get_ex(container, "", &elements)) {
    elements = json_object_new_array();
    json_object_object_add(container, "", elements);
  }
  if (json_object_is_type(elements, json_type_array))
    json_object_array_add(elements, value);
  else
    json_object_put(value); /* Somebody wrote the key "". */
}

/* Takes over key and value. */
static void add_member(const struct literals *literals, json_object **container, size_t behind_key,
                       json_object *key, json_object *value) {
  unsigned line = token_at(literals->tokens, behind_key - 1)->line;
  if (json_object_is_type(*container, json_type_array)) {
    json_object *elements = *container;
    *container = tree_place(json_object_new_object(), tree_line(elements, line));
    if (json_object_array_length(elements) > 0)
      json_object_object_add(*container, "", elements);
    else
      json_object_put(elements);
  }
  const char *name = key_name(literals, behind_key, key);
  if (name != NULL) {
    tree_member(literals->conversion, *container, name, value, line);
  } else {
    convert_loss(literals->conversion, literals->conversion->path, line,
                 "a key that is not written out in this file; left out");
    json_object_put(value);
  }
  json_object_put(key);
}

/* Behind the opening bracket. Members with a colon make a dictionary, others an array. */
static json_object *collection(const struct literals *literals, size_t *index, unsigned depth) {
  const struct tokens *tokens = literals->tokens;
  json_object *container = tree_place(json_object_new_array(), token_at(tokens, *index)->line);
  while (*index < tokens->count && !at_sign(tokens, *index, ']') && !at_sign(tokens, *index, '}') &&
         !at_sign(tokens, *index, ')')) {
    if (token_at(tokens, *index)->kind == TOKEN_SIGN &&
        strchr(",:;=", *token_at(tokens, *index)->text) != NULL) {
      ++*index;
      continue;
    }
    json_object *value = literal(literals, index, depth + 1);
    if (at_sign(tokens, *index, ':') || at_sign(tokens, *index, '=')) {
      size_t behind_key = (*index)++;
      add_member(literals, &container, behind_key, value, literal(literals, index, depth + 1));
    } else {
      add_element(container, value);
    }
  }
  ++*index;
  return container;
}

static const char *const truths[] = {"true", "YES", "1", "false", "NO", "0"};

/* Any other expression: a constant, A.B.CONSTANT, true or false; NULL otherwise. *index moves behind it. */
static json_object *simple_value(const struct literals *literals, size_t *index) {
  const struct token *token = token_at(literals->tokens, *index);
  size_t start = *index;
  skip_expression(literals->tokens, index);
  for (size_t i = start; i < *index; i++)
    if (token_at(literals->tokens, i)->kind != ((i - start) % 2 == 0 ? TOKEN_WORD : TOKEN_SIGN))
      return NULL;
  for (size_t i = 0; *index == start + 1 && i < sizeof truths / sizeof *truths; i++)
    if (strcmp(token->text, truths[i]) == 0)
      return tree_place(json_object_new_boolean(i < 3), token->line);
  const char *text = *index == start || literals->constants == NULL
                         ? NULL
                         : constants_find(literals->constants, token_at(literals->tokens, *index - 1)->text);
  return text == NULL ? NULL : tree_place(json_object_new_string(text), token->line);
}

static json_object *literal(const struct literals *literals, size_t *index, unsigned depth) {
  const struct tokens *tokens = literals->tokens;
  while (at_sign(tokens, *index, '@'))
    ++*index;
  const struct token *token = token_at(tokens, *index);
  json_object *value = NULL;
  if (token->kind == TOKEN_SIGN && strchr("[{(", *token->text) != NULL && depth < TREE_DEEPEST) {
    ++*index;
    value = collection(literals, index, depth);
    /* @(YES) */
    if (*token->text == '(' && json_object_is_type(value, json_type_array) &&
        json_object_array_length(value) == 1 &&
        json_object_is_type(json_object_array_get_idx(value, 0), json_type_boolean)) {
      json_object *inner = json_object_get(json_object_array_get_idx(value, 0));
      json_object_put(value);
      value = inner;
    }
  } else if (token->kind == TOKEN_STRING && !token->is_open) {
    value = tree_place(json_object_new_string(token->text), token->line);
    ++*index;
  } else {
    return simple_value(literals, index);
  }
  /* "as Any" and the like, behind a value. */
  size_t behind = *index;
  skip_expression(tokens, index);
  if (*index != behind && token->kind == TOKEN_STRING && !token_is(tokens, behind, "as")) {
    json_object_put(value);
    return NULL; /* An expression that begins with a string. */
  }
  return value;
}

json_object *tree_from_literal(struct conversion *conversion, const struct tokens *tokens,
                               const struct constants *constants, size_t *index) {
  const struct literals literals = {conversion, tokens, constants};
  return literal(&literals, index, 0);
}
