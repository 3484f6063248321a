/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* JSON in files, whoever wrote it, and as it is printed. */
#ifndef PINCTL_CLI_JSON_H
#define PINCTL_CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

/*
 * Reads a file that is an object whose member `list` is an array, for json_object_put. NULL, having said why:
 * `expected` is what the file should be.
 */
json_object *json_file_read(const char *path, const char *list, const char *expected);

/* What a report has for json_file_read. */
#define SCAN_REPORT_LIST "hosts"
#define SCAN_REPORT_EXPECTED "what \"pinctl scan --json\" prints"

/* The member of this type; NULL: there is none, or `value` is no object. */
json_object *json_member(json_object *value, const char *name, enum json_type type);
/* The text of a member; "": there is none. */
const char *json_member_text(json_object *value, const char *name);

#define JSON_STREAM_DEEPEST 4

/*
 * A JSON document on stdout whose parts are printed as they come, as json_print prints the whole of it.
 * Begins with {0}.
 */
struct json_stream {
  char closing[JSON_STREAM_DEEPEST]; /* of all that is open */
  size_t depth;
  bool filled; /* something stands in the innermost of them already */
};

/* Opens '{' or '['. name: of a member; NULL: an item of an array, or the document itself. */
void json_stream_open(struct json_stream *stream, const char *name, char bracket);
/* Prints it there, and frees it. */
void json_stream_add(struct json_stream *stream, const char *name, json_object *value);
/* Closes the innermost; the last ends the document. */
void json_stream_close(struct json_stream *stream);

#endif
