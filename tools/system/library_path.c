/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "system/library_path.h"

#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

#define ORIGIN "$ORIGIN"

/* One line of ld.so.conf: a folder, or nothing. Its includes are read by name below. */
static void take_line(char *line, struct text_list *folders) {
  line[strcspn(line, "#")] = '\0';
  line += strspn(line, " \t");
  line[strcspn(line, " \t\r")] = '\0';
  if (*line == '/' && text_list_find(folders, line) == folders->count)
    text_list_add(folders, must_copy(line));
}

static void read_configuration(const char *path, struct text_list *folders) {
  size_t length = 0;
  AUTO_TEXT text = NULL;
  char *rest = NULL;
  if (file_read(path, &text, &length) != 0)
    return;
  for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
    take_line(line, folders);
}

void library_folders(struct text_list *ret_folders) {
  static const char *const usual[] = {"/lib64", "/usr/lib64", "/lib", "/usr/lib"};
  glob_t found = {0};
  *ret_folders = (struct text_list){0};
  read_configuration("/etc/ld.so.conf", ret_folders);
  if (glob("/etc/ld.so.conf.d/*.conf", 0, NULL, &found) == 0)
    for (size_t i = 0; i < found.gl_pathc; i++)
      read_configuration(found.gl_pathv[i], ret_folders);
  globfree(&found);
  for (size_t i = 0; i < COUNT_OF(usual); i++)
    text_list_add(ret_folders, must_copy(usual[i]));
}

static char *try_folder(const char *folder, size_t length, const char *object, const char *name) {
  AUTO_TEXT origin = path_directory(object);
  AUTO_TEXT path =
      length >= strlen(ORIGIN) && strncmp(folder, ORIGIN, strlen(ORIGIN)) == 0
          ? must_format("%s%.*s/%s", origin, (int)(length - strlen(ORIGIN)), folder + strlen(ORIGIN), name)
          : must_format("%.*s/%s", (int)length, folder, name);
  return access(path, R_OK) == 0 ? must_copy(path) : NULL;
}

char *library_find(const struct text_list *folders, const char *object, const char *search,
                   const char *name) {
  char *found = NULL;
  if (strchr(name, '/') != NULL)
    return access(name, R_OK) == 0 ? must_copy(name) : NULL;
  for (const char *at = search; found == NULL && at != NULL && *at != '\0';) {
    size_t length = strcspn(at, ":");
    found = try_folder(at, length, object, name);
    at += length + (at[length] == ':' ? 1 : 0);
  }
  for (size_t i = 0; found == NULL && i < folders->count; i++)
    found = try_folder(folders->items[i], strlen(folders->items[i]), object, name);
  return found;
}
