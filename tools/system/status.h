/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Whether hosts are really enforced on this system, and what stands in the way. */
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
  time_t policy_changed;  /* the newest of its files; 0: unknown */
  struct processes processes;
  char *preload;        /* the shim that PRELOAD_FILE names; NULL: none */
  bool preload_present; /* that file exists */
  bool gnutls_missing;  /* its module for GnuTLS is not where it looks for that */
  char *policy_path;
  struct loaded_policy policy;
  size_t hosts[3];     /* by enum pin_mode */
  char *compiled_path; /* where its compiled form is kept; NULL: the path is too long */
  enum form_state compiled;
  uint32_t last_good_hosts; /* in the compiled form, where the text has errors */
  bool form_is_needed;      /* the text is more than processes read */
  bool compiled_differs;    /* it looks current, but says something else than the text */
  struct pauses pauses;     /* that hold now */
  int64_t now;              /* when all this was read */
  struct text_list problems;
  struct text_list remedies; /* one for each problem */
};

/* wanted_policy: NULL: the one that processes use. To be cleared. */
void status_read(const char *wanted_policy, struct status *ret_status);
void status_clear(struct status *status);

/* Fills in problems and remedies. Used by status_read. */
void status_judge(struct status *status);

/* Whether the compiled form stays in force while the text is broken. */
bool status_has_last_good(const struct status *status);

/* The places, and the processes that run; for "status". */
void status_print_places(const struct status *status);
void status_print_processes(const struct status *status);
json_object *status_places_json(const struct status *status);
json_object *status_processes_json(const struct status *status);

/* One line: by which way OpenSSL and GnuTLS are enforced in programs that start now. */
void status_print_libraries(const struct status *status);

/* Whether the shim is preloaded everywhere, with its module for GnuTLS beside it. */
bool status_gnutls_is_reached(const struct status *status);

/* Whether something loads pinning.so into programs. */
bool status_is_loaded(const struct status *status);

#endif
