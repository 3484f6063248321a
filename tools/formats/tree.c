/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/tree.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "formats/xml.h"

/* In place of a line: marks the array of members without a key. */
#define WITHOUT_KEYS UINTPTR_MAX

/* The line is stored in the pointer itself, which json-c neither follows nor frees. */
json_object *tree_place(json_object *value, unsigned line) {
  if (value != NULL)
    json_object_set_userdata(value, (void *)(uintptr_t)line, NULL);
  return value;
}

unsigned tree_line(json_object *value, unsigned otherwise) {
  uintptr_t line = value == NULL ? 0 : (uintptr_t)json_object_get_userdata(value);
  return line == 0 || line == WITHOUT_KEYS ? otherwise : (unsigned)line;
}

void tree_member(struct conversion *conversion, json_object *object, const char *name, json_object *value,
                 unsigned line) {
  json_object *first = NULL;
  if (!json_object_object_get_ex(object, name, &first)) {
    json_object_object_add(object, name, value);
    return;
  }
  convert_loss(conversion, line, "\"%s\" stands here a second time, first in line %u; the first is taken",
               name, tree_line(first, tree_line(object, 0)));
  json_object_put(value);
}

size_t tree_length(json_object *value) {
  return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
}

size_t tree_items(json_object *value) {
  return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : value != NULL;
}

json_object *tree_item(json_object *value, size_t index) {
  return json_object_is_type(value, json_type_array) ? json_object_array_get_idx(value, index) : value;
}

bool tree_is_bare(json_object *member) {
  return member != NULL && (uintptr_t)json_object_get_userdata(member) == WITHOUT_KEYS;
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
  convert_loss(conversion, tree_line(member, tree_line(object, 0)), "\"%s\": expected %s", name,
               json_type_to_name(type));
  return NULL;
}

const char *tree_string(json_object *value) {
  return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
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

void tree_each_object(struct conversion *conversion, json_object *value, tree_fn *each, void *arg) {
  for (size_t i = 0; i < tree_length(value); i++)
    tree_each_object(conversion, json_object_array_get_idx(value, i), each, arg);
  if (!json_object_is_type(value, json_type_object))
    return;
  each(conversion, value, arg);
  json_object_object_foreach(value, name, member) {
    (void)name;
    tree_each_object(conversion, member, each, arg);
  }
}

void tree_name_unknown(struct conversion *conversion, json_object *object, const char *known,
                       const char *whose) {
  json_object_object_foreach(object, name, member) {
    if (!is_one_of(name, known) && !tree_is_bare(member))
      convert_loss(conversion, tree_line(member, tree_line(object, 0)),
                   "\"%s\": %s has no member of this name; left out", name, whose);
  }
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
    convert_loss(conversion, xml_line(node), "nested too deeply; left out");
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
  xmlDoc *document;
  xmlNode *root = xml_read(conversion, "plist", &document);
  xmlNode *top = root == NULL ? NULL : element(root->children);
  json_object *value = top == NULL ? NULL : plist_value(conversion, top, 0);
  if (root != NULL && value == NULL)
    convert_error(conversion, xml_line(root), "expected a value in <plist>");
  xmlFreeDoc(document);
  return value;
}

/* ---- Literals ---- */

/* Limit on the tokens read behind or beside a literal. */
#define MOST_BEHIND 64

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

static bool ends_expression(const struct token *token) {
  return token->kind == TOKEN_SIGN && strchr(",:=)]};", *token->text) != NULL;
}

/* Skips to the next comma, colon or closing bracket. */
static void skip_expression(const struct tokens *tokens, size_t *index) {
  while (*index < tokens->count && !ends_expression(token_at(tokens, *index)))
    *index = tokens_next(tokens, *index);
}

/* Returns the name of the key before a token. NULL: it is not written out. */
static const char *key_name(const struct literals *literals, size_t behind, json_object *key) {
  static const char *const prefixes[] = {"TSK", "kTSK", "NS", "SPKI"};
  const struct token *last = token_at(literals->tokens, behind - 1);
  bool is_key = last->kind == TOKEN_WORD && literals->constants == NULL;
  for (size_t i = 0; last->kind == TOKEN_WORD && i < COUNT_OF(prefixes); i++)
    is_key = is_key || strncmp(last->text, prefixes[i], strlen(prefixes[i])) == 0;
  if (is_key)
    return last->text + (strncmp(last->text, "kTSK", 4) == 0 ? 1 : 0);
  /* JavaScript's "[NAME]: ..." */
  bool is_computed = tree_length(key) == 1 && literals->constants != NULL;
  json_object *text = is_computed ? json_object_array_get_idx(key, 0) : key;
  return json_object_is_type(text, json_type_string) ? json_object_get_string(text) : NULL;
}

/* Adds an element to an array, or a value without a key to a dictionary, in the array under "". */
static void add_element(json_object *container, json_object *value) {
  json_object *elements = container;
  if (json_object_is_type(container, json_type_object) &&
      !json_object_object_get_ex(container, "", &elements)) {
    elements = json_object_new_array();
    json_object_set_userdata(elements, (void *)WITHOUT_KEYS, NULL);
    json_object_object_add(container, "", elements);
  }
  if (json_object_is_type(elements, json_type_array))
    json_object_array_add(elements, value);
  else
    json_object_put(value); /* the text has a key "" */
}

/* Adds a member with a key. Takes over key and value. */
static void add_member(const struct literals *literals, json_object **container, size_t behind_key,
                       json_object *key, json_object *value) {
  unsigned line = token_at(literals->tokens, behind_key - 1)->line;
  if (json_object_is_type(*container, json_type_array)) {
    json_object *elements = *container;
    *container = tree_place(json_object_new_object(), tree_line(elements, line));
    json_object_set_userdata(elements, (void *)WITHOUT_KEYS, NULL);
    if (json_object_array_length(elements) > 0)
      json_object_object_add(*container, "", elements);
    else
      json_object_put(elements);
  }
  const char *name = key_name(literals, behind_key, key);
  if (name != NULL) {
    tree_member(literals->conversion, *container, name, value, line);
  } else {
    convert_loss(literals->conversion, line, "a key that is not written out in this file; left out");
    json_object_put(value);
  }
  json_object_put(key);
}

/* Reports a member without a key among members with keys: "...MORE" of JavaScript, MEMBER, MEMBER(). */
static void report_bare(const struct literals *literals, size_t at) {
  const struct tokens *tokens = literals->tokens;
  bool is_spread = at_sign(tokens, at, '.') && at_sign(tokens, at + 1, '.');
  const struct token *name = token_at(tokens, at + (is_spread ? 3 : 0));
  convert_loss(literals->conversion, name->line,
               "\"%s%s\" among members: it is not written out in this file; left out", is_spread ? "..." : "",
               name->text);
}

/* Reads a collection from behind its opening bracket. Members with a key make it a dictionary, otherwise
 * it is an array. */
static json_object *collection(const struct literals *literals, size_t *index, unsigned depth) {
  const struct tokens *tokens = literals->tokens;
  json_object *container = tree_place(json_object_new_array(), token_at(tokens, *index)->line);
  size_t bare = TOKEN_NONE; /* the first member without a key */
  while (*index < tokens->count && !at_sign(tokens, *index, ']') && !at_sign(tokens, *index, '}') &&
         !at_sign(tokens, *index, ')')) {
    size_t start = *index;
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
      bare = bare == TOKEN_NONE ? start : bare;
    }
  }
  if (bare != TOKEN_NONE && literals->constants != NULL && json_object_is_type(container, json_type_object))
    report_bare(literals, bare);
  ++*index;
  return container;
}

bool tree_truth(const char *text, bool *ret_value) {
  *ret_value = is_one_of_caseless(text, "true YES 1");
  return *ret_value || is_one_of_caseless(text, "false NO 0");
}

/* Reads a boolean: true, NSNumber(value: true), [NSNumber numberWithBool:YES], true as NSNumber. *index
 * moves behind it. NULL: something else. */
static json_object *truth(const struct literals *literals, size_t *index) {
  const struct tokens *tokens = literals->tokens;
  size_t open = *index + (at_sign(tokens, *index, '[') ? 0 : 1);
  size_t name = open == *index ? *index + 1 : *index;
  bool is_number = token_is(tokens, name, "NSNumber") && token_opens(tokens, open) &&
                   token_is(tokens, name + (open == *index ? 2 : 3), ":") &&
                   tokens_behind(tokens, open) == *index + 6;
  size_t word = is_number ? *index + 4 : *index;
  size_t behind = is_number ? *index + 6 : *index + 1;
  behind += token_is(tokens, behind, "as") ? 2 : 0;
  const struct token *next = token_at(tokens, behind);
  bool ends = next->kind == TOKEN_END || (next->kind == TOKEN_SIGN && strchr(",:;=)]}", *next->text) != NULL);
  bool value = false;
  if (!ends || token_at(tokens, word)->kind != TOKEN_WORD ||
      !tree_truth(token_at(tokens, word)->text, &value))
    return NULL;
  *index = behind;
  return tree_place(json_object_new_boolean(value), token_at(tokens, word)->line);
}

/* Reads any other expression: a constant or A.B.CONSTANT gives its string, anything else NULL. *index
 * moves behind it. */
static json_object *simple_value(const struct literals *literals, size_t *index) {
  size_t start = *index;
  skip_expression(literals->tokens, index);
  for (size_t i = start; i < *index; i++)
    if ((i - start) % 2 == 0 ? token_at(literals->tokens, i)->kind != TOKEN_WORD
                             : !token_is(literals->tokens, i, "."))
      return NULL;
  const struct token *value = *index == start || literals->constants == NULL
                                  ? NULL
                                  : constants_find(literals->constants, literals->tokens, *index - 1);
  return value == NULL ? NULL : tree_place(json_object_new_string(value->text), value->line);
}

/* Returns the first sign behind a value that changes it ("+ MORE", ".map", "?? OTHER"), or NULL. A type
 * ("as? [String]", "as Any?") changes nothing, and a word at the start of a line begins another statement. */
static const struct token *goes_on(const struct tokens *tokens, size_t behind, size_t end) {
  for (size_t i = behind; i < end; i = tokens_next(tokens, i)) {
    const struct token *token = token_at(tokens, i);
    bool is_of_type = *token->text == '?' && (i + 1 == end || token_is(tokens, i - 1, "as"));
    if (token->kind == TOKEN_WORD && token->line != token_at(tokens, i - 1)->line &&
        !token_is(tokens, i, "as"))
      return NULL;
    if (token->kind == TOKEN_SIGN && strchr(".+?", *token->text) != NULL && !is_of_type)
      return token;
  }
  return NULL;
}

static void report_added(struct conversion *conversion, unsigned line) {
  convert_loss(conversion, line,
               "what is added to a list or dictionary is not written out in this file; left out");
}

/* Whether a value is wrapped as in Tuist: ".dictionary([...])", ".string("...")". */
static bool is_wrapped(const struct tokens *tokens, size_t at) {
  return token_is(tokens, at, ".") && token_is(tokens, at + 2, "(") &&
         tokens_behind(tokens, at + 2) > at + 4 &&
         is_one_of(token_at(tokens, at + 1)->text, "dictionary array string boolean");
}

static json_object *unwrapped(const struct literals *literals, size_t *index, unsigned depth) {
  size_t inner = *index + 3;
  *index = tokens_behind(literals->tokens, *index + 2);
  return literal(literals, &inner, depth + 1);
}

static json_object *literal(const struct literals *literals, size_t *index, unsigned depth) {
  const struct tokens *tokens = literals->tokens;
  while (at_sign(tokens, *index, '@'))
    ++*index;
  const struct token *token = token_at(tokens, *index);
  json_object *value = truth(literals, index);
  if (value != NULL)
    return value;
  if (is_wrapped(tokens, *index) && depth < TREE_DEEPEST)
    return unwrapped(literals, index, depth);
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
  /* skip "as Any" and similar */
  size_t behind = *index;
  skip_expression(tokens, index);
  const struct token *next = goes_on(tokens, behind, *index);
  if (*index == behind || (next == NULL && token_is(tokens, behind, "as")))
    return value;
  if (token->kind == TOKEN_STRING) {
    json_object_put(value);
    return NULL; /* an expression that begins with a string */
  }
  if (next != NULL)
    report_added(literals->conversion, next->line);
  return value;
}

json_object *tree_from_literal(struct conversion *conversion, const struct tokens *tokens,
                               const struct constants *constants, size_t *index) {
  const struct literals literals = {conversion, tokens, constants};
  return literal(&literals, index, 0);
}

/* Returns the index behind the expression of a bracket: the next comma or closing bracket around it,
 * within a limit. */
static size_t behind_expression(const struct tokens *tokens, size_t open) {
  size_t index = tokens_behind(tokens, open);
  for (int i = 0; i < MOST_BEHIND && index < tokens->count && !ends_expression(token_at(tokens, index)); i++)
    index = tokens_next(tokens, index);
  return index;
}

/* Whether "...MORE" stands among the members of a literal. */
static bool spreads(const struct tokens *tokens, size_t open) {
  size_t behind = tokens_behind(tokens, open);
  for (size_t i = open + 1; i + 2 < behind; i = tokens_next(tokens, i))
    if (token_is(tokens, i, ".") && token_is(tokens, i + 1, ".") && token_is(tokens, i + 2, "."))
      return true;
  return false;
}

/* Whether a call joins something else with the literal in its brackets: "base.merging([...])", "[base
 * addEntriesFromDictionary:@{...}]", "Object.assign({}, base, {...})". */
static bool is_joined(const struct tokens *tokens, size_t open) {
  size_t call = token_at(tokens, open)->inside;
  if (call == TOKEN_NONE)
    return false;
  if (token_is(tokens, call, "["))
    return open >= 4 && token_is(tokens, open - 1, "@") &&
           token_is(tokens, open - 3, "addEntriesFromDictionary");
  if (call == 0)
    return false;
  const char *name = token_at(tokens, call - 1)->text;
  if (!token_is(tokens, call, "(") || !is_one_of(name, "merge merging merged union assign extend concat"))
    return false;
  /* "Object.assign({}, {...})" adds nothing */
  bool is_alone = strcmp(name, "assign") == 0;
  size_t seen = 0;
  for (size_t i = call + 1; is_alone && i + 1 < tokens_behind(tokens, call); i = tokens_next(tokens, i))
    is_alone = seen++ < MOST_BEHIND && (i == open || token_is(tokens, i, ",") ||
                                        (token_opens(tokens, i) && tokens_behind(tokens, i) == i + 2));
  return !is_alone;
}

/* Whether a bracket opens a literal of Swift or Objective-C, or an object of JavaScript whose first member
 * has a key. */
static bool is_literal(const struct tokens *tokens, size_t open) {
  bool is_object = token_is(tokens, open, "{") &&
                   (token_is(tokens, open + 2, ":") || (open > 0 && token_is(tokens, open - 1, "@")));
  return is_object || (token_is(tokens, open, "[") && token_at(tokens, open + 1)->kind != TOKEN_SIGN) ||
         (token_is(tokens, open, "[") && strchr("@{[.", *token_at(tokens, open + 1)->text) != NULL);
}

void tree_name_added(struct conversion *conversion, const struct tokens *tokens, size_t at, bool *looked_at) {
  for (size_t open = token_at(tokens, at)->inside; open != TOKEN_NONE && !looked_at[open];
       open = token_at(tokens, open)->inside) {
    /* skip the bracket of ".dictionary([...])" */
    if (open > 2 && is_wrapped(tokens, open - 2))
      continue;
    if (!is_literal(tokens, open))
      return;
    looked_at[open] = true;
    size_t behind = tokens_behind(tokens, open);
    size_t before = open - (open > 0 && token_is(tokens, open - 1, "@") ? 1 : 0);
    bool is_added_to = before > 0 && token_is(tokens, before - 1, "+");
    if (spreads(tokens, open) || is_joined(tokens, open) || is_added_to ||
        goes_on(tokens, behind, behind_expression(tokens, open)) != NULL)
      report_added(conversion, token_at(tokens, behind - 1)->line);
  }
}
