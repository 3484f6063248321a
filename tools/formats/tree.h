/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Values within values, whatever language they are written in: YAML, XML property lists, and the literals of
 * Swift and Objective-C all become json-c objects that know their lines, so that a format has one reader.
 * Scalars are strings, but for true and false.
 */
#ifndef PINCTL_FORMATS_TREE_H
#define PINCTL_FORMATS_TREE_H

#include <json-c/json.h>

#include "formats/constants.h"
#include "formats/conversion.h"

/* Deeper than any of the formats; bounds the recursion. */
#define TREE_DEEPEST 64

/* Notes the line of a value; returns the value. tree_line: that line, or `otherwise` where none was noted. */
json_object *tree_place(json_object *value, unsigned line);
unsigned tree_line(json_object *value, unsigned otherwise);

/* How many an array has; 0 of anything else. */
size_t tree_length(json_object *value);
/* Of an array its elements; any other value is the only one of itself, and NULL has none. */
size_t tree_items(json_object *value);
json_object *tree_item(json_object *value, size_t index);
/* A member of an object; NULL where there is none, or it is null. */
json_object *tree_get(json_object *object, const char *name);

/* The text of a value; "" of anything else. */
const char *tree_string(json_object *value);

/* What Swift, Objective-C and boolValue take for true and false. False: the text is neither. */
bool tree_truth(const char *text, bool *ret_value);

/* A member of an object: a text (otherwise NULL), true or false (otherwise false), an array (otherwise NULL).
 * What has another type is named. */
const char *tree_text(struct conversion *conversion, json_object *object, const char *name);
bool tree_flag(struct conversion *conversion, json_object *object, const char *name);
json_object *tree_list(struct conversion *conversion, json_object *object, const char *name);

/* Calls each for every object, however deep it lies, the outer ones first. */
typedef void tree_fn(struct conversion *conversion, json_object *object, void *arg);
void tree_each_object(struct conversion *conversion, json_object *value, tree_fn *each, void *arg);

/* Names the members of an object that the software `whose` does not know: one of them may be pins, or whom
 * they are for, that somebody misspelled. */
void tree_name_unknown(struct conversion *conversion, json_object *object, const char *known,
                       const char *whose);

/* Gives the value to the object, under a name; of two under one name the second counts as a loss. */
void tree_member(struct conversion *conversion, json_object *object, const char *name, json_object *value,
                 unsigned line);

/*
 * Each returns the value for json_object_put, or NULL, having reported why. All documents of a YAML text make
 * one array. YAML's aliases count as losses: a short text could stand for a very long one.
 */
json_object *tree_from_yaml(struct conversion *conversion);
json_object *tree_from_plist(struct conversion *conversion);

/*
 * The literal that begins at a token, as Swift ([...]), Objective-C (@{...}, @[...]), JavaScript, Lua and
 * the property lists of old ("=" and "(...)") write dictionaries and arrays; constants stand for their
 * strings, and kTSKName for TSKName. What else is no literal becomes null: the reader has to name it. What
 * has no key in a dictionary is in the array under "", and, of a source, named here. A key that is neither a
 * string nor the name of a key of Apple's or TrustKit's is named here, and left out; where constants is NULL,
 * all words are keys. *index moves behind the literal.
 */
json_object *tree_from_literal(struct conversion *conversion, const struct tokens *tokens,
                               const struct constants *constants, size_t *index);

/* Whether it is that array. */
bool tree_is_bare(json_object *member);

/*
 * Names what is added to the literals around a token, which the text does not write out:
 * "[...].merging(MORE)", "MORE + [...]", "base.merge({...})", "{..., ...MORE}". looked_at, by token: the
 * literals that another call has seen.
 */
void tree_name_added(struct conversion *conversion, const struct tokens *tokens, size_t at, bool *looked_at);

#endif
