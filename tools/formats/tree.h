/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads nested values from YAML, XML property lists, and literals of Swift, Objective-C and other
 * languages into json-c objects that know their lines, so that a format needs one reader. Scalars are
 * strings, except true and false.
 */
#ifndef PINCTL_FORMATS_TREE_H
#define PINCTL_FORMATS_TREE_H

#include <json-c/json.h>

#include "formats/constants.h"
#include "formats/conversion.h"

/* Bounds the recursion; no format is this deep. */
#define TREE_DEEPEST 64

/* tree_place stores the line of a value, and returns the value. tree_line returns that line, or
 * `otherwise` if none is stored. */
json_object *tree_place(json_object *value, unsigned line);
unsigned tree_line(json_object *value, unsigned otherwise);

/* The length of an array; 0 for anything else. */
size_t tree_length(json_object *value);
/* Treats a value that is not an array as an array of one element; NULL has none. */
size_t tree_items(json_object *value);
json_object *tree_item(json_object *value, size_t index);
/* Returns a member of an object; NULL if it is missing or null. */
json_object *tree_get(json_object *object, const char *name);

/* The text of a string; "" for anything else. */
const char *tree_string(json_object *value);

/* Reads what Swift, Objective-C and boolValue take for true and false. Returns false if the text is
 * neither. */
bool tree_truth(const char *text, bool *ret_value);

/* Return a member of an object: a text or NULL, true or false, an array or NULL. A member of another type
 * is reported. */
const char *tree_text(struct conversion *conversion, json_object *object, const char *name);
bool tree_flag(struct conversion *conversion, json_object *object, const char *name);
json_object *tree_list(struct conversion *conversion, json_object *object, const char *name);

/* Calls `each` for every object at any depth, outer ones first. */
typedef void tree_fn(struct conversion *conversion, json_object *object, void *arg);
void tree_each_object(struct conversion *conversion, json_object *value, tree_fn *each, void *arg);

/* Reports members of an object that the software `whose` does not know: they may be misspelled pins or
 * hosts. */
void tree_name_unknown(struct conversion *conversion, json_object *object, const char *known,
                       const char *whose);

/* Adds a member, and takes over the value. If the name is there already, the second value is a loss. */
void tree_member(struct conversion *conversion, json_object *object, const char *name, json_object *value,
                 unsigned line);

/*
 * Each returns a value for json_object_put, or NULL having said why. All documents of a YAML text form one
 * array. YAML's aliases are losses: with them a short text could stand for a very long one.
 */
json_object *tree_from_yaml(struct conversion *conversion);
json_object *tree_from_plist(struct conversion *conversion);

/*
 * Reads the literal that begins at a token: dictionaries and arrays of Swift ([...]), Objective-C (@{...},
 * @[...]), JavaScript, Lua, and old property lists ("=" and "(...)"). Constants are replaced by their
 * strings; kTSKName becomes TSKName. Any other expression becomes null, which the caller has to report.
 * Members without a key go into an array under "" and, in a source, are reported. A key must be a string,
 * or a key of Apple's or TrustKit's; any other is reported and left out. constants NULL: every word is a
 * key. *index moves behind the literal.
 */
json_object *tree_from_literal(struct conversion *conversion, const struct tokens *tokens,
                               const struct constants *constants, size_t *index);

/* Whether a member is the array of members without a key. */
bool tree_is_bare(json_object *member);

/*
 * Reports what is added to the literals around a token, since the text does not write it out:
 * "[...].merging(MORE)", "MORE + [...]", "base.merge({...})", "{..., ...MORE}". looked_at, by token:
 * literals that an earlier call has seen.
 */
void tree_name_added(struct conversion *conversion, const struct tokens *tokens, size_t at, bool *looked_at);

#endif
