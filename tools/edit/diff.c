/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/output.h"

static struct text_list lines_of(const char *text) {
  struct text_list lines = {0};
  while (text != NULL && *text != '\0') {
    size_t length = strcspn(text, "\n");
    text_list_add(&lines, must_copy_bytes(text, length));
    text += length + (text[length] == '\n' ? 1 : 0);
  }
  return lines;
}

/* common[i][j]: the length of the longest common subsequence of old_lines[i..] and new_lines[j..]. */
static size_t *common_lengths(const struct text_list *old_lines, const struct text_list *new_lines,
                              size_t width) {
  size_t *common = must_alloc((old_lines->count + 1) * width, sizeof *common);
  for (size_t i = old_lines->count; i-- > 0;) {
    for (size_t j = new_lines->count; j-- > 0;) {
      size_t down = common[(i + 1) * width + j];
      size_t right = common[i * width + j + 1];
      common[i * width + j] = strcmp(old_lines->items[i], new_lines->items[j]) == 0
                                  ? common[(i + 1) * width + j + 1] + 1
                                  : (down > right ? down : right);
    }
  }
  return common;
}

static void print_lines(const struct text_list *old_lines, const struct text_list *new_lines) {
  size_t width = new_lines->count + 1;
  size_t *common = common_lengths(old_lines, new_lines, width);
  size_t i = 0;
  size_t j = 0;
  while (i < old_lines->count || j < new_lines->count) {
    if (i < old_lines->count && j < new_lines->count &&
        strcmp(old_lines->items[i], new_lines->items[j]) == 0) {
      put(stdout, PLAIN, " %s\n", old_lines->items[i]);
      i++;
      j++;
    } else if (j == new_lines->count ||
               (i < old_lines->count && common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      put(stdout, RED, "-%s\n", old_lines->items[i++]);
    } else {
      put(stdout, GREEN, "+%s\n", new_lines->items[j++]);
    }
  }
  free(common);
}

void diff_print(const char *path, const char *old_text, const char *new_text) {
  if (old_text != NULL && new_text != NULL && strcmp(old_text, new_text) == 0)
    return;
  struct text_list old_lines = lines_of(old_text);
  struct text_list new_lines = lines_of(new_text);
  put(stdout, BOLD, "--- %s\n", old_text == NULL ? "/dev/null" : path);
  put(stdout, BOLD, "+++ %s\n", new_text == NULL ? "/dev/null" : path);
  put(stdout, CYAN, "@@ -%d,%zu +%d,%zu @@\n", old_lines.count == 0 ? 0 : 1, old_lines.count,
      new_lines.count == 0 ? 0 : 1, new_lines.count);
  print_lines(&old_lines, &new_lines);
  text_list_clear(&old_lines);
  text_list_clear(&new_lines);
}

/* Lines with their ends, so that a last line without one is another line. */
static struct text_list whole_lines_of(const char *text) {
  struct text_list lines = {0};
  while (text != NULL && *text != '\0') {
    size_t length = strcspn(text, "\n");
    length += text[length] == '\n' ? 1 : 0;
    text_list_add(&lines, must_copy_bytes(text, length));
    text += length;
  }
  return lines;
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

static size_t same_at_start(const struct text_list *old_lines, const struct text_list *new_lines) {
  size_t most = smaller(old_lines->count, new_lines->count);
  size_t same = 0;
  while (same < most && strcmp(old_lines->items[same], new_lines->items[same]) == 0)
    same++;
  return same;
}

static size_t same_at_end(const struct text_list *old_lines, const struct text_list *new_lines,
                          size_t at_start) {
  size_t most = smaller(old_lines->count, new_lines->count) - at_start;
  size_t same = 0;
  while (same < most && strcmp(old_lines->items[old_lines->count - 1 - same],
                               new_lines->items[new_lines->count - 1 - same]) == 0)
    same++;
  return same;
}

static void print_whole(enum colour colour, char mark, const struct text_list *lines, size_t from,
                        size_t to) {
  for (size_t i = from; i < to; i++) {
    size_t length = strcspn(lines->items[i], "\r\n");
    put(stdout, colour, "%c%.*s\n", mark, (int)length, lines->items[i]);
    if (strchr(lines->items[i], '\n') == NULL)
      put(stdout, PLAIN, "\\ No newline at end of file\n");
  }
}

#define LINES_AROUND ((size_t)3)

static void print_hunk(const struct text_list *old_lines, const struct text_list *new_lines) {
  size_t start = same_at_start(old_lines, new_lines);
  size_t end = same_at_end(old_lines, new_lines, start);
  size_t from = start - smaller(start, LINES_AROUND);
  size_t after = smaller(end, LINES_AROUND);
  size_t old_count = old_lines->count - end + after - from;
  size_t new_count = new_lines->count - end + after - from;
  put(stdout, CYAN, "@@ -%zu,%zu +%zu,%zu @@\n", from + (old_count == 0 ? 0 : 1), old_count,
      from + (new_count == 0 ? 0 : 1), new_count);
  print_whole(PLAIN, ' ', old_lines, from, start);
  print_whole(RED, '-', old_lines, start, old_lines->count - end);
  print_whole(GREEN, '+', new_lines, start, new_lines->count - end);
  print_whole(PLAIN, ' ', new_lines, new_lines->count - end, new_lines->count - end + after);
}

void diff_print_near(const char *path, const char *old_text, const char *new_text) {
  if (old_text != NULL && new_text != NULL && strcmp(old_text, new_text) == 0)
    return;
  struct text_list old_lines = whole_lines_of(old_text);
  struct text_list new_lines = whole_lines_of(new_text);
  put(stdout, BOLD, "--- %s\n", old_text == NULL ? "/dev/null" : path);
  put(stdout, BOLD, "+++ %s\n", new_text == NULL ? "/dev/null" : path);
  print_hunk(&old_lines, &new_lines);
  text_list_clear(&old_lines);
  text_list_clear(&new_lines);
}
