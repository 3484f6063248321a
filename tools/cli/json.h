/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reading untrusted JSON files, and printing a large JSON document piece by piece. */
#ifndef PINCTL_CLI_JSON_H
#define PINCTL_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

/*
 * Reads a file with a JSON object whose member `list` is an array; for json_object_put. expected: what the
 * file should be, for the message. NULL, having said why.
 */
json_object *json_file_read(const char *path, const char *list, const char *expected);

/* The arguments of json_file_read for a report of "pinctl scan". */
#define SCAN_REPORT_LIST "hosts"
#define SCAN_REPORT_EXPECTED "what \"pinctl scan --json\" prints"

/* A member, owned by `value`; NULL: there is none of this type, or `value` is no object. */
json_object *json_member(json_object *value, const char *name, enum json_type type);
/* The text of a member, owned by `value`; "": there is no such string. */
const char *json_member_text(json_object *value, const char *name);

#define JSON_STREAM_DEEPEST 4

/*
 * Prints a JSON document to stdout part by part, in the form in which json_print prints a whole one. Start
 * with {0}.
 */
struct json_stream {
  char closing[JSON_STREAM_DEEPEST]; /* the closing brackets of the objects and arrays that are open */
  size_t depth;
  bool filled; /* the innermost of them has a member or item already */
};

/* Opens an object '{' or an array '['. name: of the member; NULL: it is an item of an array, or the document.
 */
void json_stream_open(struct json_stream *stream, const char *name, char bracket);
/* Prints a member or item, and frees it. */
void json_stream_add(struct json_stream *stream, const char *name, json_object *value);
/* Closes the innermost object or array; closing the last one ends the document. */
void json_stream_close(struct json_stream *stream);

#endif
