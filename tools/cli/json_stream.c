/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/json_stream.h"

#include <stdio.h>

#include "cli/output.h"

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
