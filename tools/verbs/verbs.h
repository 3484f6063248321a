/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The table of all verbs, and each verb. */
#ifndef PINCTL_VERBS_VERBS_H
#define PINCTL_VERBS_VERBS_H

#include "cli/verb.h"

/* All verbs in the order of the help, ended by NULL. */
extern const struct verb *const verbs[];

extern const struct verb verb_pin;
extern const struct verb verb_add;
extern const struct verb verb_remove;
extern const struct verb verb_rename;
extern const struct verb verb_list;
extern const struct verb verb_show;
extern const struct verb verb_check;
extern const struct verb verb_diff;
extern const struct verb verb_compile;
extern const struct verb verb_explain;
extern const struct verb verb_graph;
extern const struct verb verb_scan;
extern const struct verb verb_monitor;
extern const struct verb verb_history;
extern const struct verb verb_backup_key;
extern const struct verb verb_rotate;
extern const struct verb verb_approve;
extern const struct verb verb_reject;
extern const struct verb verb_record;
extern const struct verb verb_log;
extern const struct verb verb_learn;
extern const struct verb verb_test;
extern const struct verb verb_run;
extern const struct verb verb_enable;
extern const struct verb verb_disable;
extern const struct verb verb_edit;
extern const struct verb verb_changes;
extern const struct verb verb_undo;
extern const struct verb verb_restore;
extern const struct verb verb_pause;
extern const struct verb verb_resume;
extern const struct verb verb_status;
extern const struct verb verb_coverage;
extern const struct verb verb_completion;
extern const struct verb verb_help;
extern const struct verb verb_import;
extern const struct verb verb_export;

#endif
