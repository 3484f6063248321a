/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The record of changes: who changed what, when, by which command, and the texts before and after. Each
 * change is one line in the system log and one row in a SQLite database beside the compiled form. A change
 * that cannot be recorded is made all the same, with a warning.
 */
#ifndef PINCTL_EDIT_CHANGE_LOG_H
#define PINCTL_EDIT_CHANGE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/must_use.h"
#include "database/database.h"
#include "edit/policy_change.h"

/* The limits of the record: the number of changes, their age in days, and the size of all texts. */
#define CHANGES_KEPT 500
#define CHANGES_DAYS 400
/* So many of the latest changes are ignored when the age is computed, since the clock may have been wrong. */
#define CHANGES_AGELESS 20
#define CHANGES_BYTES ((int64_t)64 << 20)

/*
 * Records a change of a policy. what: one line in words; NULL: it is made from the files. files: none where
 * no file of the policy was changed; then "pinctl undo" cannot take the change back. Returns the number for
 * "pinctl undo"; 0: the texts were not recorded.
 */
int64_t change_record(const char *policy, const char *what, const struct file_change *files, size_t count);

/* Opens the record, for database_close. NULL, having said why, or with *ret_absent: nothing was recorded yet,
 * which is not said. */
struct database *change_log_open(const char *policy, bool *ret_absent);

/* One row; the texts live during the call. */
struct change_row {
  int64_t id, time;
  const char *who, *command, *what;
  bool has_files; /* the texts were recorded, so that the change can be taken back */
  int64_t undone; /* the number of the change that took this one back; 0: none did */
};
typedef void change_row_fn(const struct change_row *row, void *arg);

/* Calls `each` for all changes, the newest first. The database is not locked meanwhile, so `each` may block.
 * False, having said why. */
MUST_USE bool change_log_each(struct database *log, change_row_fn *each, void *arg);

/* The number of the latest change that can be taken back and was not; 0: there is none; -1, having said why.
 */
int64_t change_log_latest(struct database *log);

/*
 * Whether the files of the policy are as the latest recorded change left them, or no such change is recorded.
 * *ret_last: that change. False with *ret_last 0, having said why: the record cannot be read.
 */
MUST_USE bool change_log_is_current(struct database *log, const char *policy, int64_t *ret_last);

/* The files of a change, or of that change and all later ones, the latest first. *ret_files is for
 * change_files_free. False, having said why. */
MUST_USE bool change_log_files(struct database *log, int64_t id, bool and_later,
                               struct file_change **ret_files, size_t *ret_count);
/* Says why change_log_files found none. */
void change_log_say_no_files(struct database *log, int64_t id);

/* Notes that the latest change took back this change, or this and all later ones. False, having said why. */
MUST_USE bool change_log_mark(struct database *log, int64_t id, bool and_later);

#endif
