/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "config/conf_place.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"
#include "config/conf_lookup.h"
#include "config/conf_text.h"

/* An include of itself would have no end. */
#define DEEPEST_INCLUDE 8
#define BLANKS " \t\r"

static char *place_in_file(const char *path, const char *section, int depth);

/* "[ name ]", whatever stands behind it. */
static bool begins_section(const char *line, const char *section) {
  line += strspn(line, BLANKS);
  if (*line != '[')
    return false;
  line += 1 + strspn(line + 1, BLANKS);
  size_t length = strlen(section);
  return strncmp(line, section, length) == 0 && line[length + strspn(line + length, BLANKS)] == ']';
}

/* What ".include FILE" or ".include = FILE" names; NULL: the line is none. For free(3). */
static char *included_by(const char *line) {
  line += strspn(line, BLANKS);
  if (strncmp(line, ".include", strlen(".include")) != 0)
    return NULL;
  line += strlen(".include");
  line += strspn(line, BLANKS "=");
  size_t length = strcspn(line, "\n");
  while (length > 0 && strchr(BLANKS, line[length - 1]) != NULL)
    length--;
  return length == 0 ? NULL : must_copy_bytes(line, length);
}

static bool is_configuration(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot != NULL && (strcasecmp(dot, ".cnf") == 0 || strcasecmp(dot, ".conf") == 0);
}

/* Of a folder OpenSSL reads the files that end so. */
static char *place_included(const char *path, const char *section, int depth) {
  DIR *stream = depth < DEEPEST_INCLUDE ? opendir(path) : NULL;
  char *place = stream == NULL ? place_in_file(path, section, depth) : NULL;
  for (const struct dirent *entry; stream != NULL && place == NULL && (entry = readdir(stream)) != NULL;) {
    AUTO_TEXT inner = must_format("%s/%s", path, entry->d_name);
    if (is_configuration(entry->d_name))
      place = place_in_file(inner, section, depth);
  }
  if (stream != NULL)
    closedir(stream);
  return place;
}

static char *place_in_text(const char *path, const char *text, const char *section, int depth) {
  unsigned number = 1;
  for (const char *line = text; line != NULL && *line != '\0'; number++) {
    const char *end = strchr(line, '\n');
    AUTO_TEXT included = included_by(line);
    if (begins_section(line, section))
      return must_format("%s:%u", path, number);
    char *place = included == NULL ? NULL : place_included(included, section, depth + 1);
    if (place != NULL)
      return place;
    line = end == NULL ? NULL : end + 1;
  }
  return NULL;
}

static char *place_in_file(const char *path, const char *section, int depth) {
  AUTO_TEXT text = NULL;
  size_t length = 0;
  bool readable = depth < DEEPEST_INCLUDE && file_read(path, &text, &length) == 0;
  return readable ? place_in_text(path, text, section, depth) : NULL;
}

char *conf_place_of_pinning(const char *path, const char *text) {
  static const char *const starts[] = {OPENSSL_START, NODEJS_START};
  AUTO_TEXT why = NULL;
  CONF *conf = text == NULL ? NULL : openssl_text_parse(text, &why);
  char *place = NULL;
  for (size_t i = 0; i < 2 && conf != NULL && place == NULL; i++) {
    struct openssl_found found = openssl_look(conf, starts[i]);
    if (!found.pinning_active)
      continue;
    place = place_in_text(path, text, found.pinning, 0);
    place = place == NULL ? must_copy(path) : place;
  }
  NCONF_free(conf);
  return place;
}
