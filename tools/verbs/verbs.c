/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verbs/verbs.h"

#include <stddef.h>

const struct verb *const verbs[] = {
    &verb_pin,     &verb_add,     &verb_remove,     &verb_rename,  &verb_edit,    &verb_changes,
    &verb_undo,    &verb_restore, &verb_list,       &verb_show,    &verb_check,   &verb_diff,
    &verb_compile, &verb_pause,   &verb_resume,     &verb_explain, &verb_graph,   &verb_scan,
    &verb_monitor, &verb_history, &verb_backup_key, &verb_rotate,  &verb_approve, &verb_reject,
    &verb_record,  &verb_test,    &verb_log,        &verb_learn,   &verb_run,     &verb_enable,
    &verb_disable, &verb_status,  &verb_coverage,   &verb_import,  &verb_export,  &verb_completion,
    &verb_help,    NULL,
};
