/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/list_file.h"

#include <ctype.h>
#include <string.h>

#include "base/checksummed_text.h"
#include "base/file.h"
#include "base/memory.h"

#define FILE_SUFFIX ".cfg"
#define LONGEST_NAME 64

static bool is_good(char byte) {
  return isalnum((unsigned char)byte) || byte == '-' || byte == '_';
}

bool import_list_name_is_good(const char *name) {
  size_t length = strlen(name);
  for (size_t i = 0; i < length; i++)
    if (!is_good(name[i]))
      return false;
  return length > 0 && length <= LONGEST_NAME && isalnum((unsigned char)name[0]);
}

char *import_list_name_of(const char *path) {
  const char *base = path_base(path);
  const char *dot = strrchr(base, '.');
  size_t length = dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base);
  char *name = must_copy_bytes(base, length > LONGEST_NAME ? LONGEST_NAME : length);
  for (char *at = name; *at != '\0'; at++)
    *at = is_good(*at) ? *at : '-';
  if (!isalnum((unsigned char)name[0])) {
    free(name);
    return must_copy("list");
  }
  return name;
}

char *import_list_path(const struct change *change, const char *name) {
  return must_format("%s/" LIST_FILE_PREFIX "%s" FILE_SUFFIX, change->dropins, name);
}

bool import_list_is_own(const char *text) {
  return checksummed_body(LIST_FILE_HEAD, text) != NULL;
}

#define AROUND_NAME (strlen(LIST_FILE_PREFIX) + strlen(FILE_SUFFIX))

bool import_list_has_name(const char *path) {
  const char *base = path_base(path);
  size_t length = strlen(base);
  return length > AROUND_NAME && strncmp(base, LIST_FILE_PREFIX, strlen(LIST_FILE_PREFIX)) == 0 &&
         strcmp(base + length - strlen(FILE_SUFFIX), FILE_SUFFIX) == 0;
}

char *import_list_in(const char *path) {
  const char *base = path_base(path);
  if (!import_list_has_name(path))
    return NULL;
  AUTO_TEXT text = NULL;
  size_t size = 0;
  if (file_read(path, &text, &size) != 0 || !import_list_is_own(text))
    return NULL;
  return must_copy_bytes(base + strlen(LIST_FILE_PREFIX), strlen(base) - AROUND_NAME);
}
