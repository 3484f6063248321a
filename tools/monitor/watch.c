/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/watch.h"

#include <search.h>
#include <string.h>

#include <json-c/json.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "monitor/history_drawing.h"

const char *severity_word(enum severity severity) {
  static const char *const words[] = {"ok", "warning", "critical"};
  return words[severity];
}

void watch_add_finding(struct watch_host *host, enum severity severity, const char *code, char *text) {
  host->findings = must_grow(host->findings, host->finding_count + 1, sizeof *host->findings);
  host->findings[host->finding_count++] = (struct finding){.severity = severity, .code = code, .text = text};
  if (severity > host->severity)
    host->severity = severity;
}

void watch_add_finding_about(struct watch_host *host, enum severity severity, const char *code,
                             const char *about, char *text) {
  watch_add_finding(host, severity, code, text);
  host->findings[host->finding_count - 1].about = must_copy(about);
}

void watch_add(struct watch *watch, const char *host, uint16_t port, enum probe_protocol protocol) {
  watch->hosts = must_room(watch->hosts, watch->count, sizeof *watch->hosts);
  watch->hosts[watch->count++] =
      (struct watch_host){.host = must_copy(host), .port = port, .protocol = protocol};
}

/* Has a copy of the name, since hosts that were not asked are freed earlier. */
struct listed_name {
  char *host;
  uint16_t port;
};

static int compare_listed(const void *a, const void *b) {
  const struct listed_name *left = a;
  const struct listed_name *right = b;
  int order = left->port - right->port;
  return order != 0 ? order : strcmp(left->host, right->host);
}

bool watch_is_listed(const struct watch *watch, const char *host, uint16_t port) {
  if (watch->listed == 0)
    return false;
  AUTO_TEXT copy = must_copy(host);
  const struct listed_name name = {.host = copy, .port = port};
  return tfind(&name, &watch->listed_names, compare_listed) != NULL;
}

void watch_add_listed(struct watch *watch, const char *host, uint16_t port, enum probe_protocol protocol) {
  if (watch_is_listed(watch, host, port))
    return;
  struct listed_name *name = must_alloc(1, sizeof *name);
  watch_add(watch, host, port, protocol);
  watch->hosts[watch->count - 1].listed = true;
  watch->listed = watch->count;
  *name = (struct listed_name){.host = must_copy(host), .port = port};
  if (tsearch(name, &watch->listed_names, compare_listed) == NULL)
    memory_exhausted();
}

static void listed_free(void *node) {
  struct listed_name *name = node;
  free(name->host);
  free(name);
}

void watch_host_clear(struct watch_host *host) {
  for (size_t i = 0; i < host->finding_count; i++) {
    free(host->findings[i].about);
    free(host->findings[i].text);
  }
  free(host->findings);
  drawing_free(host->drawing);
  free(host->keys);
  free(host->host);
  *host = (struct watch_host){0};
}

void watch_clear(struct watch *watch) {
  for (size_t i = 0; i < watch->count; i++)
    watch_host_clear(&watch->hosts[i]);
  watch_host_clear(&watch->machine);
  tdestroy(watch->listed_names, listed_free);
  json_object_put(watch->scan);
  free(watch->hosts);
  *watch = (struct watch){0};
}

char *watch_host_name(const struct watch_host *host) {
  return host_and_port_format(host->host, host->port);
}

static bool is_own_finding(const struct finding *finding) {
  return strcmp(finding->code, ISSUER_EXPIRES) != 0;
}

const char *watch_text(const struct watch_host *host, size_t index) {
  if (index < host->finding_count)
    return is_own_finding(&host->findings[index]) ? host->findings[index].text : NULL;
  if (host->finding_count == 0)
    return "all well";
  for (size_t i = 0; i < host->finding_count; i++)
    if (is_own_finding(&host->findings[i]) && host->findings[i].severity == host->severity)
      return NULL;
  return "a CA's certificate expires, reported once for all hosts";
}

bool watch_is_reported_once(const struct watch_host *host) {
  for (size_t i = 0; i < host->finding_count; i++)
    if (is_own_finding(&host->findings[i]))
      return false;
  return host->finding_count > 0;
}

char *watch_findings_text(const struct watch_host *host) {
  char *text = must_copy("");
  for (size_t i = 0; i <= host->finding_count; i++) {
    const char *more = watch_text(host, i);
    if (more != NULL)
      text_append(&text, "; ", more);
  }
  return text;
}

enum severity watch_severity(const struct watch *watch) {
  enum severity worst = watch->trouble == NULL ? SEVERITY_OK : SEVERITY_WARNING;
  worst = watch->machine.severity > worst ? watch->machine.severity : worst;
  for (size_t i = 0; i < watch->count; i++)
    worst = watch->hosts[i].severity > worst ? watch->hosts[i].severity : worst;
  return worst;
}

size_t watch_count(const struct watch *watch, enum severity severity) {
  size_t count = 0;
  for (size_t i = 0; i < watch->count; i++)
    count += watch->hosts[i].severity == severity ? 1 : 0;
  return count + (severity == SEVERITY_OK ? watch->well_left_out : 0);
}

int64_t watch_expires(const struct watch_host *host) {
  int64_t first = 0;
  for (size_t i = 0; i < host->key_count; i++)
    if (first == 0 || host->keys[i].expires < first)
      first = host->keys[i].expires;
  return first;
}
