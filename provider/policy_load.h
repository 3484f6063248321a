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
  bool is_mapped;               /* else the image is on the heap */
  char *path;                   /* as it was asked for; NULL: no memory for it */
};

/*
 * Loads the policy at `path`. with_compiled: false where the compiled form has turned out damaged. Says in
 * the log what is wrong, unless quiet. *ret_loaded is to be given to policy_unload unless LOAD_FAILED is
 * returned.
 */
enum load_result policy_load(const char *path, bool with_compiled, bool quiet, struct loaded *ret_loaded);

void policy_unload(struct loaded *loaded);

/* Says in the log that the compiled form of the policy at `path` is damaged. */
void policy_log_damage(const char *path);

#endif
