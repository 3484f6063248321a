/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* A policy read from its text, with everything that was wrong with it. */
#ifndef PINCTL_VIEW_LOADED_POLICY_H
#define PINCTL_VIEW_LOADED_POLICY_H

#include "base/must_use.h"
#include "view/diagnostics.h"

struct loaded_policy {
  enum pin_status status;
  void *image;
  size_t size;              /* of the image, in bytes */
  struct pin_policy policy; /* only where status is PIN_OK */
  struct diagnostics diagnostics;
  struct pin_compiled form; /* where by_form: a large one, which stays in its file */
  bool by_form;
};

/*
 * Reads it, from its compiled form where that is current and each file of the text is one that would be read;
 * then there are no warnings among the diagnostics. Prints nothing but its progress. To be cleared in any
 * case.
 */
void policy_load(const char *path, struct loaded_policy *ret_loaded);
/*
 * The same for whoever asks of single names, or visits the entries one by one: a large form stays in its
 * file, its parts are verified when they are read, and what points into it lives until the next visit.
 */
void policy_ask(const char *path, struct loaded_policy *ret_loaded);
/* The current form of the policy that is named so (form_policy), where each file of its text may be read.
 * False: there is none. */
MUST_USE bool policy_open_form(const char *named, struct pin_compiled *ret_form);
/* The same from the text alone, with all that is to be said about it. */
void policy_load_text(const char *path, struct loaded_policy *ret_loaded);
/* Reads all of an image, since a part that is damaged shows only when it is read. */
bool policy_is_whole(const struct pin_policy *policy);
/* Takes the whole image of a compiled form into memory. False: a part of it is damaged. */
MUST_USE bool policy_take_image(struct pin_compiled *compiled, struct loaded_policy *loaded);
void policy_clear(struct loaded_policy *loaded);

#endif
