/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of policy_folder.h: files in a temporary folder, and the result of compiling them. */
#include "policy_folder.h"

#include "runner.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void give_up(const char *what) {
  perror(what);
  exit(1);
}

void folder_make(struct policy_folder *ret_folder) {
  strcpy(ret_folder->path, "/tmp/pinning-unit-XXXXXX");
  /* Readable by all, so that a test can read it as another user. */
  if (mkdtemp(ret_folder->path) == NULL || chmod(ret_folder->path, 0755) != 0)
    give_up(ret_folder->path);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw) {
  (void)status;
  (void)type;
  (void)ftw;
  return remove(path);
}

void folder_remove(struct policy_folder *folder) {
  if (nftw(folder->path, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
    give_up(folder->path);
}

const char *folder_path(const struct policy_folder *folder, const char *name) {
  static char paths[4][512];
  static unsigned next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder->path, name);
  return path;
}

void folder_write_bytes(const struct policy_folder *folder, const char *name, const char *bytes,
                        size_t size) {
  if (strncmp(name, "policy.d/", 9) == 0 && mkdir(folder_path(folder, "policy.d"), 0755) != 0 &&
      errno != EEXIST)
    give_up("policy.d");
  FILE *file = fopen(folder_path(folder, name), "w");
  if (file == NULL || fwrite(bytes, 1, size, file) != size || fclose(file) != 0 ||
      chmod(folder_path(folder, name), 0644) != 0)
    give_up(name);
}

void folder_write(const struct policy_folder *folder, const char *name, const char *text) {
  folder_write_bytes(folder, name, text, strlen(text));
}

/* Appends the text without the path of the folder. */
static void append(struct compiled *compiled, const char *text) {
  size_t used = strlen(compiled->report);
  size_t folder_length = strlen(compiled->folder);
  while (*text != '\0' && used + 1 < sizeof compiled->report) {
    if (folder_length > 0 && strncmp(text, compiled->folder, folder_length) == 0) {
      text += folder_length + (text[folder_length] == '/' ? 1 : 0);
      continue;
    }
    compiled->report[used++] = *text++;
  }
  compiled->report[used] = '\0';
}

static void note(const struct pin_diagnostic *diagnostic, void *arg) {
  struct compiled *compiled = arg;
  const char *severity = diagnostic->severity == PIN_ERROR ? "error" : "warning";
  char place[64] = "";
  if (diagnostic->line > 0) {
    snprintf(place, sizeof place, ":%u:%u+%u", diagnostic->line, diagnostic->column, diagnostic->width);
    CU_ASSERT_PTR_NOT_NULL(diagnostic->source_line);
    CU_ASSERT_TRUE(diagnostic->column > 0);
    CU_ASSERT_TRUE(diagnostic->source_line != NULL &&
                   diagnostic->column - 1 + diagnostic->width <= strlen(diagnostic->source_line));
  } else {
    CU_ASSERT_PTR_NULL(diagnostic->source_line);
  }
  CU_ASSERT_PTR_NULL(strchr(diagnostic->message, '\n'));
  append(compiled, diagnostic->file);
  append(compiled, place);
  append(compiled, ": ");
  append(compiled, severity);
  append(compiled, ": ");
  append(compiled, diagnostic->message);
  append(compiled, "\n");
}

void compile_path(const char *path, const char *folder, struct compiled *ret_compiled) {
  *ret_compiled = (struct compiled){.folder = folder};
  ret_compiled->status =
      pin_text_compile(path, note, ret_compiled, &ret_compiled->image, &ret_compiled->size);
  if (ret_compiled->status != PIN_OK) {
    CU_ASSERT_PTR_NULL(ret_compiled->image);
    return;
  }
  CU_ASSERT_EQUAL(pin_policy_open(ret_compiled->image, ret_compiled->size, &ret_compiled->policy), PIN_OK);
  CU_ASSERT_TRUE(pin_policy_is_fresh(&ret_compiled->policy));
}

void compile_folder(const struct policy_folder *folder, struct compiled *ret_compiled) {
  compile_path(folder_path(folder, "policy.cfg"), folder->path, ret_compiled);
}

void compiled_free(struct compiled *compiled) {
  free(compiled->image);
  compiled->image = NULL;
}

void expect_result(const struct compiled *compiled, const char *label, enum pin_status status,
                   const char *report) {
  CU_ASSERT_EQUAL(compiled->status, status);
  CU_ASSERT_STRING_EQUAL(compiled->report, report);
  if (compiled->status != status || strcmp(compiled->report, report) != 0)
    fprintf(stderr, "\n%s: expected status %d and\n%sbut got status %d and\n%s", label, status, report,
            compiled->status, compiled->report);
}
