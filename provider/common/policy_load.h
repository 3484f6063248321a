/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Loads a policy: from its compiled form if that is current, or else from its text. */
#ifndef PIN_POLICY_LOAD_H
#define PIN_POLICY_LOAD_H

#include "pinpolicy.h"

enum load_result {
  LOAD_FAILED = 0, /* no policy can be used; *ret_loaded is unusable */
  LOAD_CURRENT,    /* the policy as the administrator wrote it */
  LOAD_LAST_GOOD,  /* the text is broken or large; this is the compiled form of an earlier state */
  /* Nothing was loaded, and this is no failure: the compiled form may still follow the text, or there is
   * no policy and nobody has asked for one, or no text may be read. *ret_loaded is unusable. */
  LOAD_TOO_EARLY
};

/* How to load, and what is known before. */
struct loading {
  const struct loaded *in_force;           /* the policy in force; NULL: none */
  const struct pin_file_identity *damaged; /* the state of a compiled form that must not be used */
  bool text_is_early;    /* the text changed a moment ago, so its compiled form may follow */
  bool form_may_be_made; /* the text changed a while ago; if it is large, pinctl may be compiling it */
  bool nobody_asks;      /* reading in advance: a missing policy need not be logged yet */
  bool form_only;        /* read no text; a form that is not current does not count */
  bool quiet, quiet_of_mistakes; /* log nothing at all; do not log mistakes in the text */
  struct pin_look *look;         /* state of looking at the sources of the compiled form */
};

/* A loaded policy. Owned; freed by policy_unload. */
struct loaded {
  struct pin_compiled compiled; /* its policy is the one to ask, also if it was read from text */
  bool is_form;                 /* read from the compiled form, not from text */
  char *path;                   /* path of the policy; owned; NULL: no memory for it */
  int64_t taken_at;             /* when the text was read, in milliseconds since the epoch */
};

/*
 * Loads the policy at `path`. Uses the compiled form if it is current. If not, reads the text if it is small
 * (other programs must not spend long on it), or if the form is of another version and there is no other
 * policy. If that fails, uses a compiled form that is not current, if it is later than the policy in force.
 * After LOAD_CURRENT and LOAD_LAST_GOOD the caller passes *ret_loaded to policy_unload. Only for the thread
 * that has the turn (reading_turn.h).
 */
enum load_result policy_load(const char *path, const struct loading *loading, struct loaded *ret_loaded);

/* Frees what the struct owns. */
void policy_unload(struct loaded *loaded);

/* Logs that the compiled form of the policy at `path` is damaged. */
void policy_log_damage(const char *path);

#endif
