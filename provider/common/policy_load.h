/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Gets one policy into memory: from its compiled form where that is current, else from its text. */
#ifndef PIN_POLICY_LOAD_H
#define PIN_POLICY_LOAD_H

#include "pinpolicy.h"

enum load_result {
  LOAD_FAILED = 0, /* nothing usable; *ret_loaded is unusable */
  LOAD_CURRENT,    /* what the administrator wrote */
  LOAD_LAST_GOOD,  /* the text is broken or large, and this is the compiled form of what it was before */
  LOAD_TOO_EARLY /* the compiled form may follow the text yet, or there is nothing and nobody has asked, or no
                  * text is to be read; *ret_loaded is unusable */
};

/* What is there before something is loaded. */
struct loading {
  const struct loaded *in_force;           /* NULL: nothing is */
  const struct pin_file_identity *damaged; /* the state of a compiled form that is not to be taken */
  bool text_is_early;                      /* the text changed a moment ago: its compiled form may follow */
  bool form_may_be_made; /* the text changed a while ago: if it is large, pinctl may be compiling it */
  bool nobody_asks;      /* it is only read in advance: what is not there need not be told yet */
  bool form_only;        /* no text is read, and a form that is not current is none */
  bool quiet, quiet_of_mistakes; /* say nothing in the log */
  struct pin_look *look;         /* at the sources of the compiled form */
};

struct loaded {
  struct pin_compiled compiled; /* its policy is the one to ask, whatever it came from */
  bool is_form;                 /* it was read from the compiled form, else from the text */
  char *path;                   /* as it was asked for; NULL: no memory for it */
  int64_t taken_at;             /* milliseconds since the epoch: when the text was read */
};

/*
 * Loads the policy at `path`: the compiled form where it is current; else the text, if that is small, since
 * no process of others is to spend much on it, or there is nothing else because the form is of another
 * version; else a compiled form that is not current, if it is later than what is in force. *ret_loaded is to
 * be given to policy_unload after LOAD_CURRENT and LOAD_LAST_GOOD.
 */
enum load_result policy_load(const char *path, const struct loading *loading, struct loaded *ret_loaded);

void policy_unload(struct loaded *loaded);

/* Says in the log that the compiled form of the policy at `path` is damaged. */
void policy_log_damage(const char *path);

#endif
