/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The texts of a message: for people, for chats and as JSON. */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "notify/ways.h"

/* The most lines in the text of a message; the rest is only counted. */
#define MOST_LINES 50

static const char *const kinds[] = {"new", "worse", "event", "still", "gone", "dropped"};

char *message_machine(void) {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0 || *name == '\0')
    return must_copy("localhost");
  for (char *at = name; *at != '\0'; at++)
    if (!isalnum((unsigned char)*at) && strchr(".-_", *at) == NULL)
      *at = '_';
  return must_copy(name);
}

char *message_subject(const struct notify_message *message) {
  AUTO_TEXT machine = message_machine();
  char *text = must_format("pinning on %s:", machine);
  bool first = true;
  for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
    size_t count = 0;
    for (size_t i = 0; i < message->count; i++)
      count += strcmp(message->changes[i].kind, kinds[kind]) == 0 ? 1 : 0;
    if (count == 0)
      continue;
    AUTO_TEXT part = must_format(" %zu %s", count, kinds[kind]);
    text_append(&text, first ? "" : ",", part);
    first = false;
  }
  return text;
}

char *message_line(const struct notify_change *change) {
  AUTO_TEXT since = timestamp_utc(change->since);
  AUTO_TEXT machine = message_machine();
  AUTO_TEXT place =
      *change->host == '\0' ? must_copy(machine) : host_and_port_format(change->host, change->port);
  bool dated = strcmp(change->kind, "gone") == 0 || strcmp(change->kind, "still") == 0 ||
               strcmp(change->kind, "dropped") == 0;
  AUTO_TEXT line = must_format("%s %s %s: %s%s%s%s", change->kind, change->severity, place, change->text,
                               dated ? " (since " : "", dated ? since : "", dated ? ")" : "");
  return escape_text(line);
}

static const char again_text[] = "Some of these changes may have been sent before: sending was interrupted.";

char *message_text(const struct notify_message *message) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  if (message->again)
    fprintf(stream, "%s\n", again_text);
  for (size_t i = 0; i < message->count && i < MOST_LINES; i++) {
    AUTO_TEXT line = message_line(&message->changes[i]);
    fprintf(stream, "%s\n", line);
  }
  if (message->count > MOST_LINES)
    fprintf(stream, "and %zu more; \"pinctl monitor\" shows the present state\n",
            message->count - MOST_LINES);
  memory_close(stream);
  return text;
}

/*
 * Slack acts on <!channel>, Mattermost and others on @channel and markup. So the lines are a block of code,
 * in which they act on neither, and a backquote in the lines cannot end the block.
 */
static char *chat_text(const struct notify_message *message) {
  AUTO_TEXT subject = message_subject(message);
  AUTO_TEXT lines = message_text(message);
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  fprintf(stream, "%s\n```\n", subject);
  for (const char *at = lines; *at != '\0'; at++) {
    switch (*at) {
    case '&':
      fputs("&amp;", stream);
      break;
    case '<':
      fputs("&lt;", stream);
      break;
    case '>':
      fputs("&gt;", stream);
      break;
    case '`':
      fputc('\'', stream);
      break;
    default:
      fputc(*at, stream);
    }
  }
  fputs("```", stream);
  memory_close(stream);
  return text;
}

static json_object *change_json(const struct notify_change *change) {
  json_object *json = json_object_new_object();
  bool of_host = *change->host != '\0';
  json_object_object_add(json, "id", json_text(change->id));
  json_object_object_add(json, "change", json_text(change->kind));
  json_object_object_add(json, "severity", json_text(change->severity));
  json_object_object_add(json, "host", of_host ? json_text(change->host) : NULL);
  json_object_object_add(json, "port", of_host ? json_object_new_int(change->port) : NULL);
  json_object_object_add(json, "code", json_text(change->code));
  json_object_object_add(json, "text", json_text(change->text));
  json_object_object_add(json, "pin", *change->pin == '\0' ? NULL : json_text(change->pin));
  json_object_object_add(json, "since", json_time(change->since));
  json_object_object_add(json, "at", json_time(change->at));
  return json;
}

json_object *message_json(const struct notify_message *message) {
  json_object *json = json_object_new_object();
  json_object *changes = json_object_new_array();
  AUTO_TEXT machine = message_machine();
  AUTO_TEXT text = chat_text(message);
  for (size_t i = 0; i < message->count; i++)
    json_object_array_add(changes, change_json(&message->changes[i]));
  json_object_object_add(json, "version", json_object_new_int(1));
  json_object_object_add(json, "machine", json_text(machine));
  json_object_object_add(json, "again", json_object_new_boolean(message->again));
  json_object_object_add(json, "text", json_text(text));
  json_object_object_add(json, "changes", changes);
  return json;
}
