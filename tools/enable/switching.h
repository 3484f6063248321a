/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Switching enforcement on and off: what "enable" and "disable" share, one file for each place. */
#ifndef PINCTL_ENABLE_SWITCHING_H
#define PINCTL_ENABLE_SWITCHING_H

#include "base/must_use.h"
#include "cli/arguments.h"
#include "config/conf_plan.h"
#include "config/system_file.h"
#include "enable/managed_block.h"

/* Where it is switched. A folder given by --root has become the root directory by then. */
enum place { PLACE_OPENSSL, PLACE_PRELOAD, PLACE_UNIT, PLACE_ALL /* the first two */ };

struct switching {
  const struct arguments *arguments;
  bool on; /* else it is switched off */
  enum place place;
  bool dry_run;
  bool in_image;             /* --root: nothing can be tried */
  const char *root;          /* of the image, before what a path in it is; "" outside of one */
  char *path;                /* of the file that is changed; PLACE_ALL: of openssl.cnf */
  char *unit;                /* with its suffix; PLACE_UNIT only */
  bool by_all;               /* this place is one of those of PLACE_ALL */
  const char *configuration; /* the shim is tried under this text of openssl.cnf; NULL: under none */
  long confirm_seconds;      /* 0: the change need not be confirmed */
};

/* Reads the options and enters --root. An exit status: EXIT_DONE to go on. To be ended in any case. */
MUST_USE int switch_begin(const struct arguments *arguments, bool on, struct switching *ret_switching);
/* Where it failed in an image, says so of its paths; frees. status: of the run; returns it. */
MUST_USE int switch_end(struct switching *switching, int status);

/*
 * Where no place is named and the shim is not preloaded yet: asks on a terminal whether both are wanted,
 * which makes it PLACE_ALL, and says elsewhere what openssl.cnf does not reach.
 */
void switch_ask_for_both(struct switching *switching);

/* Each returns an exit status, having said what was done or why not. */
MUST_USE int switch_openssl_on(const struct switching *switching);
MUST_USE int switch_preload_on(const struct switching *switching);
/* Both places or neither: where the second fails, the first is taken back. */
MUST_USE int switch_all_on(const struct switching *switching);
MUST_USE int switch_unit_on(const struct switching *switching);
MUST_USE int switch_unit_off(const struct switching *switching);

/* Whether an option or the environment says which file is meant:
 * openssl.cnf, one like it, or ld.so.preload. */
bool switch_names_a_file(const struct arguments *arguments);

/* The whole path of the module to name. False, having said so: there is none. */
MUST_USE bool switch_find_module(const struct switching *switching, char **ret_module);
MUST_USE bool switch_find_shim(const struct switching *switching, char **ret_shim);

/* The whole path of the policy that an option names; NULL: none. For free(3). False, having said so: there is
 * no such file. */
MUST_USE bool switch_find_policy(const struct switching *switching, char **ret_path);

/* The policy that these settings lead to is valid, or may be missing (on_policy_error). An exit status. */
MUST_USE int switch_check_policy(const struct openssl_settings *settings);

/*
 * Whether a configuration that somebody else has written enforces: its module, its policy, and a trial. The
 * text is that of the file. An exit status, having said what is wrong.
 */
MUST_USE int switch_check_by_hand(const struct switching *switching, const char *path, const char *text);

enum owner { OWNER_THIS, OWNER_ANOTHER, OWNER_UNKNOWN };

/*
 * --own: whose the file is that is to be switched off; another's where it names only another installation's
 * libraries. What is not OWNER_THIS stays; said. text NULL: there is no file. OWNER_THIS without the option.
 */
MUST_USE enum owner switch_find_owner(const struct switching *switching, const char *path, const char *text);

/* Records that the verb has changed this file, unless nothing was written, or only in an image. */
void switch_record(const struct switching *switching, const char *path);

/*
 * Opens the file that is to be changed and hands it to `on`, unless an earlier change of it waits to be
 * confirmed. named: the option that names it, behind a blank, or "". An exit status, having said why.
 */
typedef int switch_target_fn(const struct switching *switching, const struct target *target);
MUST_USE int switch_file_on(const struct switching *switching, const char *named, switch_target_fn *on);

/* For a file whose block is found: puts the block in or leaves it out, with diff and --confirm. */
MUST_USE int switch_put(const struct switching *switching, const struct target *target, const char *new_text);

/* Says which of pinctl's lines were edited by hand. EXIT_FAILED. */
int switch_refuse_damaged(const struct target *target);

/* Whether programs under this configuration, or nodejs, have the provider default now. Of an image nobody
 * knows. */
bool switch_has_default(const struct switching *switching, const char *configuration, bool nodejs);

/* Tries a configuration against the one before; said why not: false. before NULL: nothing to compare with. */
MUST_USE bool switch_try(const char *before, const char *after, const char *preload);

/* Where a plan does not reach nodejs, a warning that says why. */
void say_without_nodejs(const struct openssl_plan *plan);

/*
 * Tries the configuration with all lines of a plan, and if only nodejs fails, `without` those for nodejs.
 * Returns the one that holds, or NULL; having said what is left out, or why not. In an image nothing is
 * tried.
 */
MUST_USE const char *switch_try_plan(const struct switching *switching, const struct openssl_plan *plan,
                                     const char *before, const char *with, const char *without);

/* ---- The options that say where "enable" and "disable" work, spelled once ---- */

#define SWITCH_OPENSSL_CONF                                                                                  \
  OPTION(OPENSSL_CONF, "openssl-conf", "FILE",                                                               \
         "work on this file instead of OpenSSL's own (links\nare followed)")
#define SWITCH_PRELOAD                                                                                       \
  FLAG(PRELOAD, "preload", "only /etc/ld.so.preload, for programs that never\nread openssl.cnf")
#define SWITCH_ALL                                                                                           \
  FLAG(ALL, "all", "both openssl.cnf and /etc/ld.so.preload, which\nalso reaches programs with GnuTLS")
#define SWITCH_SYSTEMD OPTION(SYSTEMD, "systemd", "UNIT", "only this service of systemd, by a drop-in")
#define SWITCH_ROOT                                                                                          \
  OPTION(ROOT, "root", "DIR",                                                                                \
         "work on the system in this folder, such as an\nimage, where nothing can be tried")

#endif
