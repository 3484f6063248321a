/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "cli/result.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "cli/output.h"

static struct result {
  bool begun;
  int standard_output;           /* a copy of the real one */
  json_object *files, *messages; /* what was written and said so far */
  int64_t change;                /* its number in the record of changes; 0: none */
} result;

static void hear(const char *severity, const char *text) {
  json_object *message = json_object_new_object();
  json_object_object_add(message, "severity", json_text(severity));
  json_object_object_add(message, "text", json_text(text));
  json_object_array_add(result.messages, message);
}

bool result_begin(void) {
  /* Before any file is opened: where standard output is closed, a file would get its number. */
  result.standard_output = dup(STDOUT_FILENO);
  int instead = result.standard_output < 0 ? -1 : memfd_create("output", MFD_CLOEXEC);
  if (instead < 0 || result.standard_output < 0 || dup2(instead, STDOUT_FILENO) < 0)
    return say_error("standard output: %s", strerror(errno));
  close(instead);
  result.files = json_object_new_array();
  result.messages = json_object_new_array();
  result.begun = true;
  output_hide_notes(true);
  output_listen(hear);
  end_postpone(true);
  return true;
}

void result_file(const char *path, const char *action) {
  if (!result.begun)
    return;
  json_object *file = json_object_new_object();
  json_object_object_add(file, "file", json_text(path));
  json_object_object_add(file, "action", json_text(action));
  json_object_array_add(result.files, file);
}

void result_change(int64_t number) {
  result.change = number;
}

bool result_write_file(const char *path, const char *text) {
  bool existed = access(path, F_OK) == 0;
  int error = file_replace(path, text);
  if (error != 0)
    return say_error("%s: %s%s", path, strerror(error), root_remedy(error));
  result_file(path, existed ? "changed" : "made");
  return true;
}

/* What was printed to stdout since result_begin; NULL: nothing. For free(3). */
static char *take_output(void) {
  off_t size = fflush(stdout) == 0 ? lseek(STDOUT_FILENO, 0, SEEK_END) : -1;
  char *text = size > 0 ? must_alloc((size_t)size + 1, 1) : NULL;
  if (text != NULL && pread(STDOUT_FILENO, text, (size_t)size, 0) == size)
    return text;
  free(text);
  return NULL;
}

int result_end(const char *command, bool dry_run, int status) {
  if (!result.begun)
    return status;
  AUTO_TEXT output = take_output();
  dup2(result.standard_output, STDOUT_FILENO);
  close(result.standard_output);
  result.begun = false;
  output_listen(NULL);
  json_object *json = json_object_new_object();
  json_object_object_add(json, "command", json_text(command));
  json_object_object_add(json, "exit_status", json_object_new_int(status));
  json_object_object_add(json, "dry_run", json_object_new_boolean(dry_run));
  json_object_object_add(json, "change", result.change == 0 ? NULL : json_object_new_int64(result.change));
  json_object_object_add(json, "files", result.files);
  json_object_object_add(json, "messages", result.messages);
  json_object_object_add(json, "output", json_text_or_null(output));
  json_print(json);
  return status;
}
