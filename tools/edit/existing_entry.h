/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The entries that a policy already has for a name, whether pinctl wrote them, and changing them. */
#ifndef PINCTL_EDIT_EXISTING_ENTRY_H
#define PINCTL_EDIT_EXISTING_ENTRY_H

#include "base/must_use.h"
#include "edit/dropin.h"
#include "edit/policy_change.h"
#include "view/entry_text.h"

/*
 * The path of a file of the policy in the directory of `change`: an entry may name it by another spelling of
 * that directory. For free(3).
 */
char *policy_file_path(const struct change *change, const char *file);

struct existing_entry {
  struct pin_entry entry;
  char *path;            /* of its file */
  char *text;            /* of that file; NULL: it was not read */
  struct dropin *dropin; /* NULL: somebody wrote or edited the entry by hand */
};

struct existing_entries {
  struct existing_entry *items;
  size_t count;
  struct entries entries; /* own the memory of the items' entries */
  struct loaded_policy loaded;
};

/*
 * Reads the policy, with the main file that `change` may have staged, and its entries for a host, whose name
 * must be canonical. Returns an exit status, having printed the errors of the policy; *ret_existing is to be
 * cleared in any case.
 */
MUST_USE int existing_entries_read(const struct change *change, const char *host,
                                   struct existing_entries *ret_existing);
/*
 * The entry for exactly these ports; where no ports are given, the only entry. Returns an exit status, having
 * said which entries there are instead.
 */
MUST_USE int existing_entries_choose(const struct existing_entries *existing, const char *host,
                                     const uint16_t *ports, uint32_t port_count,
                                     struct existing_entry **ret_entry);

/*
 * The entry that decides about a server; it may be for a wildcard or a parent of the host. Pointers to
 * entries of earlier calls are no longer valid, but their drop-ins are. Returns an exit status, having said
 * that there is no entry.
 */
MUST_USE int existing_entries_covering(const struct change *change, struct existing_entries *existing,
                                       const char *host, uint16_t port, struct existing_entry **ret_entry);
void existing_entries_clear(struct existing_entries *existing);

/* Warns where the changed drop-in has no backup pin: then a lost key locks everybody out. */
void warn_without_backup(const struct existing_entry *item);

/* Whether an entry accepts only backup keys, which no server uses yet. */
bool accepts_backup_alone(const struct dropin *dropin);

/*
 * Refuses a change after which a backup is the only key that the entry accepts, and says what to do. That
 * happens to an entry that so far only restricts who may issue the certificates, since its first key is then
 * required of every server. later: the entry after the change, which may be item->dropin; NULL: only a backup
 * is added. Returns an exit status.
 */
MUST_USE int refuse_backup_alone(const struct existing_entry *item, const struct dropin *later);

/* Refuses to change an entry that was written by hand or belongs to an imported list. Returns EXIT_FAILED. */
MUST_USE int refuse_foreign(const struct existing_entry *item);
/* The same, with advice what to do in the file, e.g. "change it there". */
MUST_USE int refuse_foreign_saying(const struct existing_entry *item, const char *what);
/* The same, with the line that adds a pin to one of the entry's lists. */
MUST_USE int refuse_foreign_adding(const struct existing_entry *item, enum pin_list list, const char *pin);

/*
 * Stages the file of a new entry. A file of this name that exists all the same was written by hand, and is
 * not overwritten. Returns an exit status, having said so.
 */
MUST_USE int stage_new_entry(struct change *change, const struct dropin *dropin);

/* ---- A change to existing entries, from taking the lock to the commit ---- */

struct edit {
  struct change *change; /* NULL: it could not be begun */
  struct existing_entries existing;
};

/*
 * Takes the lock and reads the entries for a host, whose name must be canonical. Returns an exit status,
 * having said why; edit_end is to be called in any case.
 */
MUST_USE int edit_begin(const char *policy, bool dry_run, const char *host, struct edit *ret_edit);

/* Stages every drop-in that differs from its file. Returns how many. To be called once, before the commit. */
size_t edit_stage(struct edit *edit);

/* Releases the lock and frees everything. What was not committed is dropped. */
void edit_end(struct edit *edit);

#endif
