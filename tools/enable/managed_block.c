/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "enable/managed_block.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define MARK_BEGIN "# >>> pinning: "
#define BEGIN MARK_BEGIN "written by \"pinctl enable\"; \"pinctl disable\" takes these lines out"
#define BEGIN_OF_NEW_FILE MARK_BEGIN "this file was made by \"pinctl enable\"; \"pinctl disable\" removes it"
#define END "# <<< pinning"

static const char *line_end_of(const char *text) {
  const char *newline = strchr(text, '\n');
  return newline != NULL && newline > text && newline[-1] == '\r' ? "\r\n" : "\n";
}

const char *next_line(const char *line) {
  const char *newline = strchr(line, '\n');
  return newline == NULL ? line + strlen(line) : newline + 1;
}

/* The first line that starts with `mark`, or NULL. */
static const char *find_line(const char *text, const char *mark) {
  size_t length = strlen(mark);
  for (const char *line = text; *line != '\0'; line = next_line(line))
    if (strncmp(line, mark, length) == 0)
      return line;
  return NULL;
}

/*
 * The newline before the block belongs to it: it makes an empty line, or ends a last line without newline. It
 * stays only if somebody removed that empty line and added text below, to keep two lines apart.
 */
static size_t length_before(const char *text, const char *begin, const char *after) {
  const char *line_end = line_end_of(text);
  size_t length = (size_t)(begin - text);
  size_t end_length = strlen(line_end);
  if (length < end_length || strncmp(begin - end_length, line_end, end_length) != 0)
    return length;
  size_t without = length - end_length;
  bool separates = *after != '\0' && without > 0 && text[without - 1] != '\n';
  return separates ? length : without;
}

static void split(const char *text, const char *begin, const char *end, struct block *block) {
  const char *body = next_line(begin);
  const char *after = next_line(end);
  size_t before = length_before(text, begin, after);
  bool made = strncmp(begin, BEGIN_OF_NEW_FILE, strlen(BEGIN_OF_NEW_FILE)) == 0;
  block->state = BLOCK_PRESENT;
  block->body = must_copy_bytes(body, (size_t)(end - body));
  if (before > 0 || *after != '\0' || !made)
    block->rest = must_format("%.*s%s", (int)before, text, after);
}

void block_find(const char *text, struct block *ret_block) {
  *ret_block = (struct block){.state = BLOCK_ABSENT};
  if (text == NULL)
    return;
  const char *begin = find_line(text, MARK_BEGIN);
  const char *end = find_line(begin == NULL ? text : begin, END);
  bool again = end != NULL && find_line(next_line(end), MARK_BEGIN) != NULL;
  if (begin == NULL && end == NULL)
    ret_block->rest = must_copy(text);
  else if (begin == NULL || end == NULL || again)
    ret_block->state = BLOCK_DAMAGED;
  else
    split(text, begin, end, ret_block);
}

void block_clear(struct block *block) {
  free(block->rest);
  free(block->body);
  *block = (struct block){0};
}

/* Takes over the text, whose lines end in "\n". */
static char *with_line_ends(char *text, const char *line_end) {
  if (strcmp(line_end, "\n") == 0)
    return text;
  char *converted = must_alloc(2 * strlen(text) + 1, 1);
  char *to = converted;
  for (const char *from = text; *from != '\0'; from++) {
    if (*from == '\n')
      *to++ = '\r';
    *to++ = *from;
  }
  free(text);
  return converted;
}

static bool is_restored(const char *text, const char *rest) {
  struct block block;
  block_find(text, &block);
  bool same = block.state == BLOCK_PRESENT && (rest == NULL) == (block.rest == NULL) &&
              (rest == NULL || strcmp(rest, block.rest) == 0);
  block_clear(&block);
  return same;
}

char *block_add(const char *rest, const char *body) {
  const char *begin = rest == NULL ? BEGIN_OF_NEW_FILE "\n" : "\n" BEGIN "\n";
  AUTO_TEXT block =
      with_line_ends(must_format("%s%s" END "\n", begin, body), line_end_of(rest == NULL ? "" : rest));
  char *text = must_format("%s%s", rest == NULL ? "" : rest, block);
  if (is_restored(text, rest))
    return text;
  free(text);
  return NULL;
}
