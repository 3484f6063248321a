/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The entries that a policy already has for one name, and whose they are. */
#ifndef PINCTL_EDIT_EXISTING_ENTRY_H
#define PINCTL_EDIT_EXISTING_ENTRY_H

#include "base/must_use.h"
#include "edit/dropin.h"
#include "edit/policy_change.h"
#include "view/entry_text.h"

/*
 * Where a file of the policy really is: one that was read by change_check is named by the directory it was
 * laid out in. For free(3).
 */
char *standing_path(const struct change *change, const char *file);

struct standing {
  struct pin_entry entry;
  char *path;            /* of the file it stands in */
  char *text;            /* of that file; NULL where dropin is */
  struct dropin *dropin; /* NULL: a person wrote it, or edited it since */
};

struct standings {
  struct standing *items;
  size_t count;
  struct entries entries; /* what the items' entries point to */
  struct loaded_policy loaded;
};

/*
 * Reads the policy as it is (with the main file that `change` may have staged). host must be canonical.
 * Returns an exit status, having printed the diagnostics of a policy that has errors; *ret_standings is
 * to be cleared in any case.
 */
MUST_USE int standings_read(const struct change *change, const char *host, struct standings *ret_standings);
/*
 * The entry for exactly these ports, or, where none are given, the only one. Returns an exit status, having
 * said which entries there are.
 */
MUST_USE int standings_choose(const struct standings *standings, const char *host, const uint16_t *ports,
                              uint32_t port_count, struct standing **ret_standing);

/*
 * The entry that decides about a server, be it for a wildcard or a parent of its name; earlier results are no
 * longer valid, their drop-ins are. Returns an exit status, having said that there is none.
 */
MUST_USE int standings_covering(const struct change *change, struct standings *standings, const char *host,
                                uint16_t port, struct standing **ret_standing);
void standings_clear(struct standings *standings);

/* After a change of its drop-in: without a backup pin the next lost key locks everybody out. */
void warn_without_backup(const struct standing *standing);

/* Whether a server is accepted only with a key that is not in use yet. */
bool accepts_backup_alone(const struct dropin *dropin);

/*
 * Where an entry only says who may issue, or of every chain what else must be in it, a first key would be
 * demanded of every server from then on: refuses a change after which a backup is the only key that the entry
 * accepts, and says what to do. later: the entry after the change, which standing->dropin may be already;
 * NULL: only a backup is added. Returns an exit status.
 */
MUST_USE int refuse_backup_alone(const struct standing *standing, const struct dropin *later);

/* "pinctl: FILE:LINE: ...": a person wrote it, or it is of an imported list. Returns EXIT_FAILED. */
MUST_USE int refuse_foreign(const struct standing *standing);
/* The same, saying what is to be done there, e.g. "change it there". */
MUST_USE int refuse_foreign_saying(const struct standing *standing, const char *what);
/* The same, with the line that would add a pin to one of its lists. */
MUST_USE int refuse_foreign_adding(const struct standing *standing, enum pin_list list, const char *pin);

/*
 * Stages the file of an entry for which none is standing. A file of this name is somebody's all the same, and
 * not written over. Returns an exit status, having said so.
 */
MUST_USE int standing_stage_new(struct change *change, const struct dropin *dropin);

/* ---- A change to entries that the policy already has, from the lock to the commit ---- */

struct edit {
  struct change *change; /* NULL: it could not be begun */
  struct standings standings;
};

/*
 * Waits for the lock and reads the entries for `host` (canonical). Returns an exit status, having said why;
 * to be ended in any case.
 */
MUST_USE int edit_begin(const char *policy, bool dry_run, const char *host, struct edit *ret_edit);

/* Stages every drop-in that no longer says what its file says. Returns how many. Once, before the commit. */
size_t edit_stage(struct edit *edit);

/* Releases the lock. What was not committed never happened. */
void edit_end(struct edit *edit);

#endif
