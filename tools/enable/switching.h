/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Switches enforcement on and off: shared by "enable" and "disable". Each place has a file of its own. */
#ifndef PINCTL_ENABLE_SWITCHING_H
#define PINCTL_ENABLE_SWITCHING_H

#include "base/must_use.h"
#include "cli/arguments.h"
#include "config/conf_plan.h"
#include "config/system_file.h"
#include "enable/managed_block.h"

/* The place to change. A folder given by --root is the root directory by then. */
enum place { PLACE_OPENSSL, PLACE_PRELOAD, PLACE_UNIT, PLACE_ALL /* the first two */ };

struct switching {
  const struct arguments *arguments;
  bool on; /* false: switch off */
  enum place place;
  bool dry_run;
  bool in_image;             /* --root: nothing can be tested */
  const char *root;          /* the folder of the image, for messages; "": no image */
  char *path;                /* owned; the file to change; PLACE_ALL: openssl.cnf */
  char *unit;                /* owned; with its suffix; NULL: not PLACE_UNIT */
  bool by_all;               /* this place is part of PLACE_ALL */
  const char *configuration; /* test the shim under this text of openssl.cnf; NULL: under none */
  long confirm_seconds;      /* 0: the change need not be confirmed */
};

/* Reads the options and enters --root. An exit status: EXIT_DONE: go on. switch_end is to be called in any
 * case. */
MUST_USE int switch_begin(const struct arguments *arguments, bool on, struct switching *ret_switching);
/* Frees the switching. After a failure in an image, says where its paths are. Returns `status`, of the run.
 */
MUST_USE int switch_end(struct switching *switching, int status);

/*
 * If no place is named and the shim is not preloaded yet: asks on a terminal whether both places are wanted,
 * which makes it PLACE_ALL; without a terminal says what openssl.cnf does not reach.
 */
void switch_ask_for_both(struct switching *switching);

/* Each returns an exit status, having said what was done or why not. */
MUST_USE int switch_openssl_on(const struct switching *switching);
MUST_USE int switch_preload_on(const struct switching *switching);
/* Both places or neither: if the second fails, the first is undone. */
MUST_USE int switch_all_on(const struct switching *switching);
MUST_USE int switch_unit_on(const struct switching *switching);
MUST_USE int switch_unit_off(const struct switching *switching);

/* Whether an option or the environment names the file to change. */
bool switch_names_a_file(const struct arguments *arguments);

/* The absolute path of the module (the shim) to name; for free(3). False, having said so: there is none. */
MUST_USE bool switch_find_module(const struct switching *switching, char **ret_module);
MUST_USE bool switch_find_shim(const struct switching *switching, char **ret_shim);

/* The absolute path of the policy that an option names, for free(3); NULL: none is named. False, having said
 * so: there is no such file. */
MUST_USE bool switch_find_policy(const struct switching *switching, char **ret_path);

/* Checks that the policy of these settings is valid, or may be missing (on_policy_error). An exit status. */
MUST_USE int switch_check_policy(const struct openssl_settings *settings);

/*
 * Checks whether a configuration that was written by hand enforces: its module, its policy, and a test. text:
 * of the file. An exit status, having said what is wrong.
 */
MUST_USE int switch_check_by_hand(const struct switching *switching, const char *path, const char *text);

enum owner { OWNER_THIS, OWNER_ANOTHER, OWNER_UNKNOWN };

/*
 * For --own: which installation a file belongs to. OWNER_ANOTHER: it names only libraries of another one.
 * Says so if it is not OWNER_THIS, since the file then stays. text NULL: there is no file. Without the option
 * OWNER_THIS.
 */
MUST_USE enum owner switch_find_owner(const struct switching *switching, const char *path, const char *text);

/* Records in the change log that the verb has changed this file; not for a dry run or an image. */
void switch_record(const struct switching *switching, const char *path);

/*
 * Opens the file to change and calls `on`, unless an earlier change of the file waits to be confirmed. named:
 * the option for the file with a blank before it, or "". An exit status, having said why.
 */
typedef int switch_target_fn(const struct switching *switching, const struct target *target);
MUST_USE int switch_file_on(const struct switching *switching, const char *named, switch_target_fn *on);

/* Writes the new text of a file, with a diff and --confirm. new_text NULL: removes the file. An exit status.
 */
MUST_USE int switch_put(const struct switching *switching, const struct target *target, const char *new_text);

/* Says that pinctl's lines were edited by hand, and which to remove. EXIT_FAILED. */
int switch_refuse_damaged(const struct target *target);

/* Whether programs (nodejs) have the provider "default" under this configuration. False for an image. */
bool switch_has_default(const struct switching *switching, const char *configuration, bool nodejs);

/* Tests a configuration, also for providers that the one before had. before NULL: there is none. False,
 * having said why. */
MUST_USE bool switch_try(const char *before, const char *after, const char *preload);

/* The same without one before, where it can be tested: for an image says that it is not. An exit status. */
MUST_USE int switch_try_here(const struct switching *switching, const char *configuration,
                             const char *preload);

/* Warns, with the reason, if a plan does not reach nodejs. */
void say_without_nodejs(const struct openssl_plan *plan);

/*
 * Tests the configuration with all lines of a plan, and if only nodejs fails, the one without its lines.
 * Returns the one that works, or NULL; having said what is left out, or why not. An image is not tested.
 */
MUST_USE const char *switch_try_plan(const struct switching *switching, const struct openssl_plan *plan,
                                     const char *before, const char *with, const char *without);

/* ---- The options for the place, of "enable" and "disable" ---- */

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
