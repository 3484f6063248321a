/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/json_file.h"

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
