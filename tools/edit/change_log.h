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

#include "base/must_use.h"
#include "database/database.h"
#include "edit/policy_change.h"

/* So many changes are kept, no older than so many days, with so many bytes of texts at most. */
#define CHANGES_KEPT 500
#define CHANGES_DAYS 400
/* As many of the latest, by whatever clock, have no say in how old the others are. */
#define CHANGES_AGELESS 20
#define CHANGES_BYTES ((int64_t)64 << 20)

/*
 * Records a change of a policy. what: one line in words; NULL: made from the files. files: none where no text
 * of the policy was changed; then it cannot be undone from here. Returns the number by which "pinctl undo"
 * takes it back, 0 where that does not know its files.
 */
int64_t change_record(const char *policy, const char *what, const struct file_change *files, size_t count);

/* For database_close. NULL, having said why; *ret_absent: because nothing was recorded yet, which is not
 * said. */
struct database *change_log_open(const char *policy, bool *ret_absent);

/* One row; the texts live during the call. */
struct change_row {
  int64_t id, time;
  const char *who, *command, *what;
  bool has_files; /* with their texts, so that it can be taken back */
  int64_t undone; /* the change that took it back; 0: none */
};
typedef void change_row_fn(const struct change_row *row, void *arg);

/* Newest first, with the record no longer held: `each` may wait. False, having said why. */
MUST_USE bool change_log_each(struct database *log, change_row_fn *each, void *arg);

/* The latest change that can be taken back and was not; 0: there is none, or -1, having said why. */
int64_t change_log_latest(struct database *log);

/*
 * Whether the files of the policy are as the latest change of them left them, which is *ret_last, or where
 * nothing is recorded of that. False with 0 in *ret_last: it cannot be read, having said why.
 */
MUST_USE bool change_log_is_left(struct database *log, const char *policy, int64_t *ret_last);

/* The files of a change, or of all from it on, the latest first. *ret_files and their texts are the caller's:
 * change_files_free. False, having said why. */
MUST_USE bool change_log_files(struct database *log, int64_t id, bool and_later,
                               struct file_change **ret_files, size_t *ret_count);
/* Says why change_log_files found none. */
void change_log_say_no_files(struct database *log, int64_t id);
void change_files_free(struct file_change *files, size_t count);

/* Notes that a change, or all from it on, was taken back by the latest one. False, having said why. */
MUST_USE bool change_log_mark(struct database *log, int64_t id, bool and_later);

#endif
