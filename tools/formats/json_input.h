/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* JSON of somebody else's, read by json-c, with comments as Chromium writes them. */
#ifndef PINCTL_FORMATS_JSON_INPUT_H
#define PINCTL_FORMATS_JSON_INPUT_H

#include <json-c/json.h>

#include "formats/conversion.h"

/* The one value in the conversion's text, for json_object_put. NULL, having reported why. */
json_object *json_read(struct conversion *conversion);

/* A member of an object; NULL where there is none, or it is null. */
json_object *json_member(json_object *object, const char *name);
/* A string, a boolean (otherwise false) or an array among its members; what has another type is reported. */
const char *json_string(struct conversion *conversion, json_object *object, const char *name, unsigned line);
bool json_flag(struct conversion *conversion, json_object *object, const char *name, unsigned line);
json_object *json_list(struct conversion *conversion, json_object *object, const char *name, unsigned line);

/*
 * json-c keeps no places. Strings are looked for in the order in which they stand in the text, each search
 * going on where the one before ended, so that all together take one walk through the text.
 */
struct json_places {
  const char *text;
  size_t length;
  size_t offset;
  unsigned line; /* of the offset */
  unsigned misses;
};
struct json_places json_places_new(const struct conversion *conversion);
/* The line of the next "word" in its quotes; that of the last one found where this one is spelled otherwise.
 */
unsigned json_places_find(struct json_places *places, const char *word);

#endif
