/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/json.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"

json_object *json_file_read(const char *path, const char *list, const char *expected) {
  AUTO_TEXT bytes = NULL;
  size_t length = 0;
  int error = file_read(path, &bytes, &length);
  if (error != 0) {
    say_error("%s: %s", path, strerror(error));
    return NULL;
  }
  json_object *file = json_tokener_parse(bytes);
  if (json_member(file, list, json_type_array) != NULL)
    return file;
  say_error("%s: expected %s", path, expected);
  json_object_put(file);
  return NULL;
}

json_object *json_member(json_object *value, const char *name, enum json_type type) {
  json_object *member = NULL;
  if (!json_object_is_type(value, json_type_object) || !json_object_object_get_ex(value, name, &member) ||
      !json_object_is_type(member, type))
    return NULL;
  return member;
}

const char *json_member_text(json_object *value, const char *name) {
  json_object *member = json_member(value, name, json_type_string);
  return member == NULL ? "" : json_object_get_string(member);
}

static void begin_line(const struct json_stream *stream) {
  printf("\n%*s", (int)(2 * stream->depth), "");
}

static void begin_part(struct json_stream *stream, const char *name) {
  if (stream->filled)
    putchar(',');
  if (stream->depth > 0)
    begin_line(stream);
  if (name != NULL)
    printf("\"%s\": ", name);
}

void json_stream_open(struct json_stream *stream, const char *name, char bracket) {
  begin_part(stream, name);
  putchar(bracket);
  stream->closing[stream->depth++] = bracket == '{' ? '}' : ']';
  stream->filled = false;
}

void json_stream_add(struct json_stream *stream, const char *name, json_object *value) {
  begin_part(stream, name);
  json_write_part(stdout, value, 2 * stream->depth);
  stream->filled = true;
}

void json_stream_close(struct json_stream *stream) {
  char closing = stream->closing[--stream->depth];
  begin_line(stream);
  putchar(closing);
  stream->filled = true;
  if (stream->depth == 0)
    putchar('\n');
}
