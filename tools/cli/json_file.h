/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* JSON in files, whoever wrote it. */
#ifndef PINCTL_CLI_JSON_FILE_H
#define PINCTL_CLI_JSON_FILE_H

#include <json-c/json.h>

/*
 * Reads a file that is an object whose member `list` is an array, for json_object_put. NULL, having said why:
 * `expected` is what the file should be.
 */
json_object *json_file_read(const char *path, const char *list, const char *expected);

/* What a report has for json_file_read. */
#define SCAN_REPORT_LIST "hosts"
#define SCAN_REPORT_EXPECTED "what \"pinctl scan --json\" prints"

/* The member of this type; NULL: there is none, or `value` is no object. */
json_object *json_member(json_object *value, const char *name, enum json_type type);
/* The text of a member; "": there is none. */
const char *json_member_text(json_object *value, const char *name);

#endif
