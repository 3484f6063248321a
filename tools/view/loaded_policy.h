/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* A policy read from its text, with everything that was wrong with it. */
#ifndef PINCTL_VIEW_LOADED_POLICY_H
#define PINCTL_VIEW_LOADED_POLICY_H

#include "view/diagnostics.h"

struct loaded_policy {
  enum pin_status status;
  void *image;
  size_t size;              /* of the image, in bytes */
  struct pin_policy policy; /* only where status is PIN_OK */
  struct diagnostics diagnostics;
};

/* Reads it; prints nothing but its progress. To be cleared in any case. */
void policy_load(const char *path, struct loaded_policy *ret_loaded);
void policy_clear(struct loaded_policy *loaded);

/*
 * The same for verbs that need a valid policy: returns false, having printed the errors to stderr, when it
 * is not.
 */
bool policy_load_sound(const char *path, struct loaded_policy *ret_loaded);

#endif
