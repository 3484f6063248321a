/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/edit_distance.h"

#include <string.h>

/* The size of the rows below. No host name is longer. */
#define LONGEST_WORD 255

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/*
 * The number of letters to insert, drop, change or swap with their neighbour (optimal string alignment,
 * keeping three rows of the matrix). FAR or more: the words are not similar. That also holds where every
 * letter would have to change.
 */
static size_t edit_distance(const char *from, const char *to) {
  size_t rows[3][LONGEST_WORD + 1];
  size_t height = strlen(from);
  size_t width = strlen(to);
  if (height > LONGEST_WORD || width > LONGEST_WORD || height >= width + FAR || width >= height + FAR)
    return FAR;
  for (size_t j = 0; j <= width; j++)
    rows[0][j] = j;
  for (size_t i = 1; i <= height; i++) {
    size_t *row = rows[i % 3];
    const size_t *before = rows[(i + 2) % 3];
    row[0] = i;
    for (size_t j = 1; j <= width; j++) {
      row[j] = least(before[j], row[j - 1]) + 1;
      row[j] = least(row[j], before[j - 1] + (from[i - 1] != to[j - 1] ? 1 : 0));
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        row[j] = least(row[j], rows[(i + 1) % 3][j - 2] + 1);
    }
  }
  size_t distance = rows[height % 3][width];
  return distance < height ? distance : FAR;
}

bool is_nearer(const char *from, const char *to, size_t *best) {
  size_t distance = edit_distance(from, to);
  if (distance >= *best)
    return false;
  *best = distance;
  return true;
}
