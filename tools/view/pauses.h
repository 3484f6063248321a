/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The pauses of a policy: hosts whose refusals are only logged for a while. */
#ifndef PINCTL_VIEW_PAUSES_H
#define PINCTL_VIEW_PAUSES_H

#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "base/arena.h"
#include "pinpolicy.h"

struct pauses {
  struct pin_pause *items; /* those in force, in the order of the file; their names are in `texts` */
  size_t count;
  enum pin_status status; /* of reading the file; PIN_OK where there is none */
  struct arena texts;
};

/* The path of the file of pauses. NULL, having said so: the path is too long. For free(3). */
char *pauses_path(const char *policy);

/* Reads the pauses in force at `now`. To be cleared in any case. */
void pauses_read(const char *path, int64_t now, struct pauses *ret_pauses);
/* pauses_read of pauses_path. */
void pauses_of(const char *policy, int64_t now, struct pauses *ret_pauses);
void pauses_clear(struct pauses *pauses);
/* Adds a copy. */
void pauses_add(struct pauses *pauses, const struct pin_pause *pause);

/* Until when a name is paused; 0: it is not. */
int64_t pauses_until(const struct pauses *pauses, const char *name);

/* What is paused, e.g. "the whole machine" or "example.com and all below it". For free(3). */
char *pause_subject(const struct pin_pause *pause);

/* "until 2026-11-28 04:10:00 (39 minutes more)". For free(3). */
char *pause_rest(int64_t until, int64_t now);

/* Prints a note for each pause. */
void pauses_tell(const struct pauses *pauses, int64_t now);

/* An array of objects. */
json_object *pauses_json(const struct pauses *pauses);

/* Turns a refusal that is paused into an audited verdict, as processes do. */
void pauses_apply(const char *policy, struct pin_verdict *verdict);

#endif
