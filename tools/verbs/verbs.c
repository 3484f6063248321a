/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verbs/verbs.h"
#include "cli/verb.h"

#include <string.h>

const struct verb *const verbs[] = {
    &verb_pin,        &verb_add,        &verb_remove,  &verb_edit,   &verb_changes, &verb_undo,
    &verb_restore,    &verb_list,       &verb_show,    &verb_check,  &verb_compile, &verb_pause,
    &verb_resume,     &verb_explain,    &verb_graph,   &verb_scan,   &verb_monitor, &verb_history,
    &verb_backup_key, &verb_rotate,     &verb_approve, &verb_reject, &verb_record,  &verb_test,
    &verb_log,        &verb_learn,      &verb_run,     &verb_enable, &verb_disable, &verb_status,
    &verb_coverage,   &verb_completion, &verb_import,  &verb_export, NULL,
};

const struct verb *verb_find(const char *name) {
  for (size_t i = 0; verbs[i] != NULL; i++)
    if (strcmp(verbs[i]->name, name) == 0)
      return verbs[i];
  return NULL;
}

/* No verb is as long; bounds the row below. */
#define LONGEST_WORD 32

static size_t least(size_t a, size_t b, size_t c) {
  size_t smaller = a < b ? a : b;
  return smaller < c ? smaller : c;
}

/* The number of letters to insert, drop or change (Levenshtein), keeping one row of the matrix. */
static size_t distance(const char *from, const char *to) {
  size_t row[LONGEST_WORD + 1];
  size_t width = strlen(to);
  for (size_t i = 0; i <= width; i++)
    row[i] = i;
  for (size_t i = 1; *from != '\0'; i++, from++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= width; j++) {
      size_t above = row[j];
      row[j] = least(above + 1, row[j - 1] + 1, diagonal + (*from != to[j - 1] ? 1 : 0));
      diagonal = above;
    }
  }
  return row[width];
}

const struct verb *verb_nearest(const char *name) {
  const struct verb *nearest = NULL;
  size_t best = 3;
  for (size_t i = 0; verbs[i] != NULL; i++) {
    size_t length = strlen(verbs[i]->name);
    size_t far = length > LONGEST_WORD ? best : distance(name, verbs[i]->name);
    if (far < best && far < length) {
      best = far;
      nearest = verbs[i];
    }
  }
  return nearest;
}
