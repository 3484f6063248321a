/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PINCTL_LOGS_LOG_JSON_H
#define PINCTL_LOGS_LOG_JSON_H

#include <json-c/json.h>

#include "logs/log_record.h"

/* Everything about a line, with advice. */
json_object *log_record_json(const struct log_record *record);

#endif
