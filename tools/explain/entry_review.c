/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "explain/entry_review.h"

#include <string.h>
#include <time.h>

#include "base/file.h"
#include "cli/output.h"
#include "explain/lint.h"
#include "keys/certificate_names.h"
#include "view/entry_text.h"
#include "view/name_match.h"

/* Certificates of CAs stand where they belong in the other lists. */
void doubt_certificate(const char *given, const struct pin_argument *argument, enum pin_list list,
                       const char *name, bool include_subdomains, struct text_list *doubts) {
  if (argument->certificate == NULL || list == PIN_LIST_INTERMEDIATES || list == PIN_LIST_ANCHORS ||
      certificate_fits_entry(argument->certificate, name, include_subdomains))
    return;
  AUTO_TEXT names = certificate_names_text(argument->certificate);
  const char *where = pin_list_name(list);
  if (argument->role == ROLE_LEAF)
    text_list_add(doubts, must_format("%s: is the certificate of another host: it is for %s, not for %s",
                                      given, names, name));
  else
    text_list_add(doubts,
                  must_format("%s: is the certificate of a CA (%s); in %s belongs the key of %s itself, "
                              "and \"--intermediate %s\" accepts what the CA issues",
                              given, names, where, name, given));
}

/* Leaves those that say something of the name. */
static void keep_related(struct entries *entries, const char *name) {
  size_t kept = 0;
  for (size_t i = 0; i < entries->count; i++)
    if (relation_of(&entries->items[i], name) != RELATION_NONE)
      entries->items[kept++] = entries->items[i];
  entries->count = kept;
}

bool entry_review(const struct pin_policy *policy, const char *name, const char *file,
                  struct text_list *ret_grave, struct text_list *ret_others) {
  struct entries entries = {0};
  struct diagnostics diagnostics = {0};
  *ret_grave = (struct text_list){0};
  *ret_others = (struct text_list){0};
  bool good = entries_related(policy, name + (strncmp(name, "*.", 2) == 0 ? 2 : 0), &entries);
  if (!good)
    say_error("the policy's image is damaged");
  keep_related(&entries, name);
  if (good)
    lint_policy(policy, &entries, time(NULL), &diagnostics);
  for (size_t i = 0; i < diagnostics.count; i++) {
    const struct pin_diagnostic *found = &diagnostics.items[i];
    bool grave = text_list_find(&diagnostics.grave, found->message) < diagnostics.grave.count;
    if (strcmp(path_base(found->file), file) == 0)
      text_list_add(grave ? ret_grave : ret_others, must_copy(found->message));
  }
  diagnostics_clear(&diagnostics);
  entries_clear(&entries);
  return good;
}
