/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/output.h"
#include "logs/log_lines.h"

#define PAUSE_NS 200000000

struct tail {
  FILE *file;
  struct log_lines lines;
};

static void read_to_end(struct log_reading *reading, struct tail *tail) {
  for (int byte; (byte = getc(tail->file)) != EOF;)
    log_feed(reading, &tail->lines, byte);
  clearerr(tail->file);
}

/* Whether the name stands for another file by now, or the file was cut off. */
static bool is_over(const struct tail *tail, const char *path) {
  struct stat named, opened;
  if (stat(path, &named) != 0 || fstat(fileno(tail->file), &opened) != 0)
    return false;
  return named.st_ino != opened.st_ino || named.st_dev != opened.st_dev || named.st_size < ftell(tail->file);
}

static void reopen(struct log_reading *reading, struct tail *tail, const char *path) {
  FILE *next = fopen(path, "re");
  if (next == NULL)
    return;
  /* What was written to the old one before it was given up. */
  read_to_end(reading, tail);
  fclose(tail->file);
  tail->file = next;
  tail->lines = (struct log_lines){0};
}

int log_follow_file(struct log_reading *reading, const char *path) {
  struct tail tail = {.file = fopen(path, "re")};
  if (tail.file == NULL)
    return say_failure("%s: %s", path, strerror(errno));
  if (!reading->query->has_since)
    fseek(tail.file, 0, SEEK_END);
  for (;;) {
    read_to_end(reading, &tail);
    if (is_over(&tail, path))
      reopen(reading, &tail, path);
    else
      nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
  }
}
