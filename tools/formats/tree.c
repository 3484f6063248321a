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
    if (token->kind == TOKEN_SIGN && strchr(",:)]};", *token->text) != NULL)
      return;
    *index = token_opens(tokens, *index) ? tokens_behind(tokens, *index) : *index + 1;
  }
}

/* A key is a string, or the name of a constant. */
static void add_member(struct conversion *conversion, json_object **container, const struct token *key,
                       json_object *key_value, json_object *value) {
  if (json_object_is_type(*container, json_type_array)) {
    unsigned line = tree_line(*container, key->line);
    json_object_put(*container);
    *container = tree_place(json_object_new_object(), line);
  }
  const char *name =
      json_object_is_type(key_value, json_type_string) ? json_object_get_string(key_value) : key->text;
  tree_member(conversion, *container, name, value, key->line);
  json_object_put(key_value);
}

/* Behind the opening bracket. Members with a colon make a dictionary, others an array. */
static json_object *collection(const struct literals *literals, size_t *index, unsigned depth) {
  const struct tokens *tokens = literals->tokens;
  json_object *container = tree_place(json_object_new_array(), token_at(tokens, *index)->line);
  while (*index < tokens->count && !at_sign(tokens, *index, ']') && !at_sign(tokens, *index, '}') &&
         !at_sign(tokens, *index, ')')) {
    const struct token *first = token_at(tokens, *index);
    if (at_sign(tokens, *index, ',') || at_sign(tokens, *index, ':') || at_sign(tokens, *index, ';')) {
      ++*index;
      continue;
    }
    json_object *value = literal(literals, index, depth + 1);
    if (at_sign(tokens, *index, ':')) {
      ++*index;
      add_member(literals->conversion, &container, first, value, literal(literals, index, depth + 1));
    } else if (json_object_is_type(container, json_type_array)) {
      json_object_array_add(container, value);
    } else {
      json_object_put(value);
    }
  }
  ++*index;
  return container;
}

static const char *const truths[] = {"true", "YES", "false", "NO"};

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
        json_object_array_length(value) == 1) {
      json_object *inner = json_object_get(json_object_array_get_idx(value, 0));
      json_object_put(value);
      value = inner;
    }
  } else if (token->kind == TOKEN_STRING && !token->is_open) {
    value = tree_place(json_object_new_string(token->text), token->line);
    ++*index;
  } else {
    for (size_t i = 0; token->kind == TOKEN_WORD && i < sizeof truths / sizeof *truths; i++)
      if (strcmp(token->text, truths[i]) == 0)
        value = tree_place(json_object_new_boolean(i < 2), token->line);
    skip_expression(tokens, index);
    return value;
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

json_object *tree_from_literal(struct conversion *conversion, const struct tokens *tokens, size_t *index) {
  return literal(&(struct literals){.conversion = conversion, .tokens = tokens}, index, 0);
}
