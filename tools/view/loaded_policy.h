/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads a policy, from its text or from a compiled form that is current, with all diagnostics. */
#ifndef PINCTL_VIEW_LOADED_POLICY_H
#define PINCTL_VIEW_LOADED_POLICY_H

#include "base/must_use.h"
#include "view/diagnostics.h"

struct loaded_policy {
  enum pin_status status;
  void *image;              /* NULL: there is none in memory */
  size_t size;              /* of the image, in bytes */
  struct pin_policy policy; /* valid only where status is PIN_OK */
  struct diagnostics diagnostics;
  struct pin_compiled form; /* open only where by_form */
  bool by_form;             /* `policy` is a large compiled form, which stays in its file */
};

/*
 * Reads a policy into memory. Where the compiled form is current and each file of the text may be read, it
 * reads the form instead of the text; then there are no warnings in the diagnostics. Prints nothing but
 * progress. To be cleared in any case.
 */
void policy_load(const char *path, struct loaded_policy *ret_loaded);
/*
 * The same for looking up single names, or visiting the entries one by one: a large form stays in its file.
 * Its parts are verified when they are read, and pointers into it are valid until the next visit.
 */
void policy_ask(const char *path, struct loaded_policy *ret_loaded);
/* Opens the compiled form where it is current and each file of the text may be read. named: see form_policy.
 * False: there is no such form. */
MUST_USE bool policy_open_form(const char *named, struct pin_compiled *ret_form);
/* policy_load that always reads the text, with all errors and warnings. */
void policy_load_text(const char *path, struct loaded_policy *ret_loaded);
/* Whether no part of an image is damaged. Reads all of it, since damage shows only when a part is read. */
bool policy_is_whole(const struct pin_policy *policy);
/* Reads the whole image of a compiled form into memory. False: a part of it is damaged. */
MUST_USE bool policy_take_image(struct pin_compiled *compiled, struct loaded_policy *loaded);
void policy_clear(struct loaded_policy *loaded);

#endif
