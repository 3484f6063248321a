/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "enable/ld_preload.h"

#include <string.h>

#include "base/file.h"
#include "base/memory.h"

/* The length of pinctl's line with the newline that "enable" writes; 0: the first line is not just the shim.
 */
static size_t own_line_length(const char *text) {
  const char ending[] = "/" PRELOAD_SHIM "\n";
  size_t path = strcspn(text, " \t\r\n:#");
  size_t tail = sizeof ending - 1;
  if (text[0] != '/' || path + 1 < tail)
    return 0;
  return strncmp(text + path + 1 - tail, ending, tail) == 0 ? path + 1 : 0;
}

void preload_line_find(const char *text, struct block *ret_block) {
  *ret_block = (struct block){.state = BLOCK_ABSENT};
  if (text == NULL)
    return;
  size_t length = own_line_length(text);
  if (length > 0) {
    ret_block->state = BLOCK_PRESENT;
    ret_block->body = must_copy_bytes(text, length);
  }
  if (length == 0 || text[length] != '\0')
    ret_block->rest = must_copy(text + length);
}

char *preload_line_add(const char *rest, const char *body) {
  return must_format("%s%s", body, rest == NULL ? "" : rest);
}

/* A comment goes from "#" to the end of the line; blanks and colons separate names. */
char *preload_find_shim(const char *text) {
  AUTO_TEXT copy = must_copy(text == NULL ? "" : text);
  char *rest_of_lines = NULL;
  for (char *line = strtok_r(copy, "\n", &rest_of_lines); line != NULL;
       line = strtok_r(NULL, "\n", &rest_of_lines)) {
    line[strcspn(line, "#")] = '\0';
    char *rest = NULL;
    for (char *word = strtok_r(line, " \t\r:", &rest); word != NULL; word = strtok_r(NULL, " \t\r:", &rest))
      if (strcmp(path_base(word), PRELOAD_SHIM) == 0)
        return must_copy(word);
  }
  return NULL;
}

/*
 * After a comment glibc searches for the next one from the start of the file, but only through as many bytes
 * as are left behind the first. It misses a comment further back, and a new line in front may push one there.
 */
bool preload_comments_are_skipped(const char *text) {
  AUTO_TEXT copy = must_copy(text);
  size_t left = strlen(copy);
  char *comment = NULL;
  while ((comment = memchr(copy, '#', left)) != NULL) {
    left -= (size_t)(comment - copy);
    for (; left > 0 && *comment != '\n'; left--)
      *comment++ = ' ';
  }
  return strchr(copy, '#') == NULL;
}
