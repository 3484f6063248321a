/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "notify/ways.h"

char *command_send(const struct notify_settings *settings, const struct notify_message *message,
                   const struct pin_policy *policy) {
  (void)policy;
  const struct text_list *words = &settings->command;
  char **command = must_alloc(words->count + 1, sizeof *command);
  json_object *json = message_json(message);
  for (size_t i = 0; i < words->count; i++)
    command[i] = words->items[i];
  char *failure = child_run(
      command, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE),
      settings->timeout);
  json_object_put(json);
  free(command);
  return failure;
}
