/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* A JSON document on stdout whose parts are printed as they come, as json_print prints the whole of it. */
#ifndef PINCTL_CLI_JSON_STREAM_H
#define PINCTL_CLI_JSON_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#define JSON_STREAM_DEEPEST 4

/* Begins with {0}. */
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
