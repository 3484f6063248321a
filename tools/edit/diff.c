/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/diff.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/output.h"

/*
 * Patience diff, in O(n log n): lines that occur exactly once in both texts are matched, the longest
 * ascending sequence of these matches is kept, and everything between is removed and added. The result is not
 * always the shortest diff, but patch(1) accepts it and people can read it.
 */

#define NONE ((size_t)-1)

struct line {
  const char *text;
  size_t length; /* with its newline: a last line without one differs from the same line with one */
  size_t index;  /* in its text */
};

struct lines {
  struct line *items;
  size_t count;
  size_t *match; /* for each line the index of the matching line in the other text, or NONE */
};

static struct lines lines_of(const char *text) {
  struct lines lines = {0};
  size_t room = 1;
  for (const char *at = text; at != NULL && *at != '\0'; at++)
    room += *at == '\n' ? 1 : 0;
  lines.items = must_alloc(room, sizeof *lines.items);
  lines.match = must_alloc(room, sizeof *lines.match);
  while (text != NULL && *text != '\0') {
    size_t length = strcspn(text, "\n");
    length += text[length] == '\n' ? 1 : 0;
    lines.match[lines.count] = NONE;
    lines.items[lines.count] = (struct line){.text = text, .length = length, .index = lines.count};
    lines.count++;
    text += length;
  }
  return lines;
}

static int compare_texts(const struct line *a, const struct line *b) {
  if (a->length != b->length)
    return a->length < b->length ? -1 : 1;
  return memcmp(a->text, b->text, a->length);
}

static int compare_lines(const void *a, const void *b) {
  return compare_texts(a, b);
}

/* A copy of the lines, sorted by their texts. */
static struct line *sorted(const struct lines *lines) {
  struct line *copy = must_alloc(lines->count, sizeof *copy);
  memcpy(copy, lines->items, lines->count * sizeof *copy);
  if (lines->count > 1)
    qsort(copy, lines->count, sizeof *copy, compare_lines);
  return copy;
}

/* How many sorted lines from `at` on are equal. */
static size_t same_from(const struct line *lines, size_t count, size_t at) {
  size_t end = at + 1;
  while (end < count && compare_texts(&lines[at], &lines[end]) == 0)
    end++;
  return end - at;
}

static void match_unique(struct lines *old_lines, struct lines *new_lines) {
  struct line *left = sorted(old_lines);
  struct line *right = sorted(new_lines);
  for (size_t i = 0, j = 0; i < old_lines->count && j < new_lines->count;) {
    int order = compare_texts(&left[i], &right[j]);
    size_t in_old = same_from(left, old_lines->count, i);
    size_t in_new = same_from(right, new_lines->count, j);
    if (order == 0 && in_old == 1 && in_new == 1)
      old_lines->match[left[i].index] = right[j].index;
    i += order <= 0 ? in_old : 0;
    j += order >= 0 ? in_new : 0;
  }
  free(left);
  free(right);
}

/* The index of the first end whose match is not below the value; the ends are ascending. */
static size_t place_of(const struct lines *old_lines, const size_t *ends, size_t count, size_t value) {
  size_t low = 0;
  for (size_t high = count; low < high;) {
    size_t middle = low + (high - low) / 2;
    if (old_lines->match[ends[middle]] < value)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Keeps the longest ascending sequence of matches (patience sorting), and enters it in both texts. */
static void keep_ascending(struct lines *old_lines, struct lines *new_lines) {
  /* For each length the old line in which a sequence of that length ends. */
  size_t *ends = must_alloc(old_lines->count, sizeof *ends);
  /* For each old line the line before it in its sequence. */
  size_t *before = must_alloc(old_lines->count, sizeof *before);
  size_t length = 0;
  for (size_t i = 0; i < old_lines->count; i++) {
    if (old_lines->match[i] == NONE)
      continue;
    size_t place = place_of(old_lines, ends, length, old_lines->match[i]);
    before[i] = place == 0 ? NONE : ends[place - 1];
    ends[place] = i;
    length = place == length ? length + 1 : length;
  }
  for (size_t at = length == 0 ? NONE : ends[length - 1]; at != NONE; at = before[at])
    new_lines->match[old_lines->match[at]] = at;
  for (size_t i = 0; i < old_lines->count; i++)
    if (old_lines->match[i] != NONE && new_lines->match[old_lines->match[i]] != i)
      old_lines->match[i] = NONE;
  free(ends);
  free(before);
}

/* Also keeps equal lines next to matched ones, unique or not. */
static void extend(struct lines *old_lines, struct lines *new_lines) {
  size_t i = 0;
  size_t j = 0;
  while (i < old_lines->count && j < new_lines->count) {
    if (old_lines->match[i] == NONE && new_lines->match[j] == NONE &&
        compare_texts(&old_lines->items[i], &new_lines->items[j]) == 0) {
      old_lines->match[i] = j;
      new_lines->match[j] = i;
    }
    bool both = old_lines->match[i] == j;
    bool old_waits = !both && old_lines->match[i] != NONE;
    bool new_waits = !both && new_lines->match[j] != NONE;
    i += both || !old_waits ? 1 : 0;
    j += both || !new_waits ? 1 : 0;
  }
}

static void print_line(enum colour colour, char mark, const struct line *line) {
  put(stdout, colour, "%c%.*s\n", mark, (int)strcspn(line->text, "\r\n"), line->text);
  if (line->text[line->length - 1] != '\n')
    put(stdout, PLAIN, "\\ No newline at end of file\n");
}

/* The lines [from, to) of both texts that a hunk of the diff covers. */
struct hunk {
  size_t old_from, old_to, new_from, new_to;
};

static void print_hunk(const struct lines *old_lines, const struct lines *new_lines,
                       const struct hunk *hunk) {
  size_t old_count = hunk->old_to - hunk->old_from;
  size_t new_count = hunk->new_to - hunk->new_from;
  put(stdout, CYAN, "@@ -%zu,%zu +%zu,%zu @@\n", hunk->old_from + (old_count == 0 ? 0 : 1), old_count,
      hunk->new_from + (new_count == 0 ? 0 : 1), new_count);
  for (size_t i = hunk->old_from, j = hunk->new_from; i < hunk->old_to || j < hunk->new_to;) {
    if (i < hunk->old_to && old_lines->match[i] == NONE)
      print_line(RED, '-', &old_lines->items[i++]);
    else if (j < hunk->new_to && new_lines->match[j] == NONE)
      print_line(GREEN, '+', &new_lines->items[j++]);
    else {
      print_line(PLAIN, ' ', &old_lines->items[i++]);
      j++;
    }
  }
}

/* The hunk that begins with the change at lines i and j. It includes further changes that are so near that
 * their context overlaps. */
static struct hunk take_hunk(const struct lines *old_lines, const struct lines *new_lines, size_t i, size_t j,
                             size_t around) {
  size_t before = i < around ? i : around;
  struct hunk hunk = {.old_from = i - before, .new_from = j - before};
  size_t kept = 0;
  while ((i < old_lines->count || j < new_lines->count) && kept < 2 * around) {
    bool old_changed = i < old_lines->count && old_lines->match[i] == NONE;
    bool new_changed = j < new_lines->count && new_lines->match[j] == NONE;
    kept = old_changed || new_changed ? 0 : kept + 1;
    i += old_changed || !new_changed ? 1 : 0;
    j += new_changed || !old_changed ? 1 : 0;
  }
  size_t behind = kept > around ? kept - around : 0;
  hunk.old_to = i - behind;
  hunk.new_to = j - behind;
  return hunk;
}

void diff_print(const char *path, const char *old_text, const char *new_text, size_t around) {
  struct lines old_lines = lines_of(old_text);
  struct lines new_lines = lines_of(new_text);
  bool begun = false;
  match_unique(&old_lines, &new_lines);
  keep_ascending(&old_lines, &new_lines);
  extend(&old_lines, &new_lines);
  for (size_t i = 0, j = 0; i < old_lines.count || j < new_lines.count;) {
    if (i < old_lines.count && j < new_lines.count && old_lines.match[i] == j) {
      i++;
      j++;
      continue;
    }
    if (!begun) {
      put(stdout, BOLD, "--- %s\n", old_text == NULL ? "/dev/null" : path);
      put(stdout, BOLD, "+++ %s\n", new_text == NULL ? "/dev/null" : path);
    }
    begun = true;
    struct hunk hunk = take_hunk(&old_lines, &new_lines, i, j, around);
    print_hunk(&old_lines, &new_lines, &hunk);
    i = hunk.old_to;
    j = hunk.new_to;
  }
  free(old_lines.items);
  free(old_lines.match);
  free(new_lines.items);
  free(new_lines.match);
}
