/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Gets one policy into memory: from its compiled form where that is current, else from its text. */
#ifndef PIN_POLICY_LOAD_H
#define PIN_POLICY_LOAD_H

#include "pinpolicy.h"

enum load_result {
  LOAD_FAILED = 0, /* nothing usable; *ret_loaded is unusable */
  LOAD_CURRENT,    /* what the administrator wrote */
  LOAD_LAST_GOOD   /* the text is broken, and this is the compiled form of what it was before */
};

struct loaded {
  struct pin_compiled compiled; /* its policy is the one to ask, whatever it came from */
  bool is_form;                 /* it was read from the compiled form, else from the text */
  char *path;                   /* as it was asked for; NULL: no memory for it */
};

/*
 * Loads the policy at `path`. damaged: the state of a compiled form that is not to be taken. Says in the log
 * what is wrong, unless quiet. *ret_loaded is to be given to policy_unload unless LOAD_FAILED is returned.
 */
enum load_result policy_load(const char *path, const struct pin_file_identity *damaged, bool quiet,
                             struct loaded *ret_loaded);

void policy_unload(struct loaded *loaded);

/* Says in the log that the compiled form of the policy at `path` is damaged. */
void policy_log_damage(const char *path);

#endif
