/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/findings.h"

#include <string.h>

#include "cli/json_file.h"

static json_object *findings_of(json_object *hosts, const struct scan_host *host) {
  for (size_t i = 0; i < json_object_array_length(hosts); i++) {
    json_object *item = json_object_array_get_idx(hosts, i);
    json_object *port = NULL;
    if (strcmp(json_member_text(item, "host"), host->host) == 0 &&
        json_object_object_get_ex(item, "port", &port) && json_object_get_int(port) == host->port)
      return json_member(item, "findings", json_type_array);
  }
  return NULL;
}

static bool holds(json_object *findings, const char *code) {
  for (size_t i = 0; findings != NULL && i < json_object_array_length(findings); i++) {
    json_object *item = json_object_array_get_idx(findings, i);
    if (strcmp(json_member_text(item, "code"), code) == 0)
      return true;
  }
  return false;
}

bool scan_read_baseline(struct scan *scan, const char *path) {
  scan->baseline = json_file_read(path, SCAN_REPORT_LIST, SCAN_REPORT_EXPECTED);
  return scan->baseline != NULL;
}

void mark_known(struct scan *scan) {
  json_object *hosts = json_member(scan->baseline, SCAN_REPORT_LIST, json_type_array);
  for (size_t i = 0; hosts != NULL && i < scan->count; i++) {
    struct scan_host *host = &scan->hosts[i];
    json_object *findings = findings_of(hosts, host);
    for (size_t j = 0; j < host->finding_count; j++)
      host->findings[j].known = holds(findings, host->findings[j].kind->code);
  }
}
