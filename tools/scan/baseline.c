/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/scan.h"

#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"

static const char *text_of(json_object *object, const char *name) {
  json_object *value = NULL;
  if (!json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, json_type_string))
    return "";
  return json_object_get_string(value);
}

/* The member of a value that is a list; NULL: it has none. */
static json_object *list_of(json_object *object, const char *name) {
  json_object *value = NULL;
  if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, name, &value) ||
      !json_object_is_type(value, json_type_array))
    return NULL;
  return value;
}

static json_object *findings_of(json_object *hosts, const struct scan_host *host) {
  for (size_t i = 0; i < json_object_array_length(hosts); i++) {
    json_object *item = json_object_array_get_idx(hosts, i);
    json_object *port = NULL;
    if (json_object_is_type(item, json_type_object) && strcmp(text_of(item, "host"), host->host) == 0 &&
        json_object_object_get_ex(item, "port", &port) && json_object_get_int(port) == host->port)
      return list_of(item, "findings");
  }
  return NULL;
}

static bool holds(json_object *findings, const char *code) {
  for (size_t i = 0; findings != NULL && i < json_object_array_length(findings); i++) {
    json_object *item = json_object_array_get_idx(findings, i);
    if (json_object_is_type(item, json_type_object) && strcmp(text_of(item, "code"), code) == 0)
      return true;
  }
  return false;
}

bool scan_compare(struct scan *scan, const char *path) {
  AUTO_TEXT bytes = NULL;
  size_t length = 0;
  int error = file_read(path, &bytes, &length);
  if (error != 0) {
    say_error("%s: %s", path, strerror(error));
    return false;
  }
  json_object *report = json_tokener_parse(bytes);
  json_object *hosts = list_of(report, "hosts");
  for (size_t i = 0; hosts != NULL && i < scan->count; i++) {
    struct scan_host *host = &scan->hosts[i];
    json_object *findings = findings_of(hosts, host);
    for (size_t j = 0; j < host->finding_count; j++)
      host->findings[j].known = holds(findings, host->findings[j].kind->code);
  }
  if (hosts == NULL)
    say_error("%s: expected what \"pinctl scan --json\" prints", path);
  json_object_put(report);
  return hosts != NULL;
}
