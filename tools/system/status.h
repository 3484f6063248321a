/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* `pinctl status`: whether pins are enforced on this system, and what prevents it. */
#ifndef PINCTL_SYSTEM_STATUS_H
#define PINCTL_SYSTEM_STATUS_H

#include <time.h>

#include <json-c/json.h>

#include "base/memory.h"
#include "config/conf_state.h"
#include "system/processes.h"
#include "view/compiled_form.h"
#include "view/loaded_policy.h"
#include "view/pauses.h"

struct status {
  struct openssl_state openssl;
  struct text_list units; /* drop-ins of "pinctl enable --systemd" */
  bool unconfirmed;       /* a change of the configuration waits to be confirmed */
  time_t policy_changed;  /* when the newest file of the policy was changed; 0: unknown */
  struct processes processes;
  char *preload;        /* owned; the shim that PRELOAD_FILE names; NULL: none */
  bool preload_present; /* the shim exists */
  bool gnutls_missing;  /* the shim exists, but its module for GnuTLS does not */
  char *policy_path;    /* owned */
  struct loaded_policy policy;
  size_t hosts[3];     /* by enum pin_mode */
  char *compiled_path; /* owned; the compiled form; NULL: the path is too long */
  enum form_state compiled;
  uint32_t last_good_hosts; /* hosts in the compiled form, if the text has errors */
  bool form_is_needed;      /* the text is larger than processes read */
  bool compiled_differs;    /* the compiled form looks current, but differs from the text */
  struct pauses pauses;     /* in force now */
  int64_t now;              /* when all this was read */
  struct text_list problems;
  struct text_list remedies; /* one for each problem */
};

/* Reads everything. wanted_policy: a path; NULL: the policy that processes use. To be cleared. */
void status_read(const char *wanted_policy, struct status *ret_status);
void status_clear(struct status *status);

/* Fills in problems and remedies. Used by status_read. */
void status_judge(struct status *status);

/* Whether the compiled form is enforced while the text has errors. */
bool status_has_last_good(const struct status *status);

/* The places where pinning is enabled, and the running processes. */
void status_print_places(const struct status *status);
void status_print_processes(const struct status *status);
json_object *status_places_json(const struct status *status);
json_object *status_processes_json(const struct status *status);

/* One line: how OpenSSL and GnuTLS are enforced in programs that start now. */
void status_print_libraries(const struct status *status);

/* Whether the shim is in ld.so.preload, and its module for GnuTLS exists. */
bool status_gnutls_is_reached(const struct status *status);

/* Whether something loads pinning.so into programs. */
bool status_is_loaded(const struct status *status);

#endif
