/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The record of changes: who changed what, when, by which command, and what was there before. Each change is
 * one line in the system log and one row in a SQLite database beside the compiled form. The record never
 * stands in the way: a change that cannot be recorded stands, with a warning.
 */
#ifndef PINCTL_EDIT_CHANGE_LOG_H
#define PINCTL_EDIT_CHANGE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edit/policy_change.h"

/* So many changes are kept, no older than so many days, with so many bytes of texts at most. */
#define CHANGES_KEPT 500
#define CHANGES_DAYS 400
#define CHANGES_BYTES ((int64_t)64 << 20)

/*
 * Records a change of a policy. what: one line in words; NULL: made from the files. files: none where no text
 * of the policy was changed; then it cannot be undone from here.
 */
void change_record(const char *policy, const char *what, const struct file_change *files, size_t count);

struct change_log;

/* NULL, having said why; *ret_absent: because nothing was recorded yet, which is not said. */
struct change_log *change_log_open(const char *policy, bool *ret_absent);
/* Takes NULL. */
void change_log_close(struct change_log *log);

/* One row; the texts live during the call. */
struct change_row {
  int64_t id, time;
  const char *who, *command, *what;
  bool has_files; /* with their texts, so that it can be taken back */
  int64_t undone; /* the change that took it back; 0: none */
};
typedef void change_row_fn(const struct change_row *row, void *arg);

/* Newest first. False, having said why. */
bool change_log_each(struct change_log *log, change_row_fn *each, void *arg);

/* The latest change that can be taken back and was not; 0: there is none, or -1, having said why. */
int64_t change_log_latest(struct change_log *log);

/* The files of a change, or of all from it on, the latest first. *ret_files and their texts are the caller's:
 * change_files_free. False, having said why. */
bool change_log_files(struct change_log *log, int64_t id, bool and_later, struct file_change **ret_files,
                      size_t *ret_count);
void change_files_free(struct file_change *files, size_t count);

/* Notes that a change, or all from it on, was taken back by the latest one. False, having said why. */
bool change_log_mark(struct change_log *log, int64_t id, bool and_later);

#endif
