/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A new folder for each test of the text reader, and the result of compiling the policy in it. */
#ifndef UNIT_POLICY_FOLDER_H
#define UNIT_POLICY_FOLDER_H

#include "pinpolicy.h"

struct policy_folder {
  char path[64];
};

/* These end the program if the file system fails, because then nothing can be tested. */
void folder_make(struct policy_folder *ret_folder);
void folder_remove(struct policy_folder *folder);
/* name: relative to the folder; "policy.d" is made for the first file in it. */
void folder_write_bytes(const struct policy_folder *folder, const char *name, const char *bytes, size_t size);
void folder_write(const struct policy_folder *folder, const char *name, const char *text);
/* The full path of a name. Static, valid until the fourth call after this one. */
const char *folder_path(const struct policy_folder *folder, const char *name);

struct compiled {
  enum pin_status status;
  void *image; /* for compiled_free; NULL unless PIN_OK */
  size_t size;
  struct pin_policy policy; /* opened if PIN_OK */
  /*
   * A line for each diagnostic, "FILE:LINE:COLUMN+WIDTH: error: MESSAGE" with the path of the folder taken
   * out; without place "FILE: error: MESSAGE".
   */
  char report[16384];
  const char *folder;
};

/* Compiles `name` (absolute, or relative to the working directory). Asserts what is true of every result. */
void compile_path(const char *path, const char *folder, struct compiled *ret_compiled);
/* Compiles policy.cfg of the folder. */
void compile_folder(const struct policy_folder *folder, struct compiled *ret_compiled);
void compiled_free(struct compiled *compiled);

/* Asserts status and report, and prints what differs. */
void expect_result(const struct compiled *compiled, const char *label, enum pin_status status,
                   const char *report);

#endif
