/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Warnings about a policy that refuses hosts without an entry. The hosts of apt are known beforehand; a log
 * with "observe" shows the others.
 */
#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "explain/lint.h"
#include "explain/lint_warning.h"

#define APT_FILE "/etc/apt/sources.list"
#define APT_FOLDER "/etc/apt/sources.list.d"
#define HTTPS "https://"

/* The hosts in apt's sources that no entry covers. */
struct sources {
  const struct pin_policy *policy;
  struct text_list unlisted;
};

static void warn(const char *file, char *message, struct diagnostics *diagnostics) {
  struct pin_diagnostic warning = {.severity = PIN_WARNING, .file = file, .message = message};
  diagnostics_add(&warning, diagnostics);
  free(message);
}

/* url: the part behind the scheme; ends at white space. */
static void check_url(struct sources *sources, const char *url) {
  size_t length = strcspn(url, "/?# \t\r\n");
  AUTO_TEXT authority = must_copy_bytes(url, length);
  const char *at = strrchr(authority, '@');
  AUTO_TEXT host = NULL;
  uint16_t port = 0;
  if (!host_and_port_read(at == NULL ? authority : at + 1, &host, &port) ||
      pin_covers(sources->policy, host, port == 0 ? HTTPS_PORT : port) != PIN_SELECTED_NOTHING)
    return;
  if (text_list_find(&sources->unlisted, host) == sources->unlisted.count)
    text_list_add(&sources->unlisted, must_copy(host));
}

/* For the one-line form and deb822: in both a comment ends with its line. */
static void check_file(struct sources *sources, const char *path) {
  char *text = NULL;
  size_t length = 0;
  if (file_read(path, &text, &length) != 0)
    return;
  char *rest = text;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
    line[strcspn(line, "#")] = '\0';
    for (const char *found = line; (found = strstr(found, HTTPS)) != NULL; found += strlen(HTTPS))
      check_url(sources, found + strlen(HTTPS));
  }
  free(text);
}

static void check_folder(struct sources *sources, const char *folder) {
  DIR *stream = opendir(folder);
  if (stream == NULL)
    return;
  for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
    AUTO_TEXT path = must_format("%s/%s", folder, entry->d_name);
    if (fnmatch("*.list", entry->d_name, FNM_PERIOD) == 0 ||
        fnmatch("*.sources", entry->d_name, FNM_PERIOD) == 0)
      check_file(sources, path);
  }
  closedir(stream);
}

static void lint_apt(const struct pin_policy *policy, const char *path, struct diagnostics *diagnostics) {
  struct sources sources = {.policy = policy};
  check_file(&sources, APT_FILE);
  check_folder(&sources, APT_FOLDER);
  if (sources.unlisted.count > 0) {
    AUTO_TEXT names = NULL;
    for (size_t i = 0; i < sources.unlisted.count; i++)
      text_append(&names, ", ", sources.unlisted.items[i]);
    warn(path,
         must_format(
             "hosts that no entry covers are refused, and apt's sources name %s: there will be no updates "
             "from there",
             names),
         diagnostics);
  }
  text_list_clear(&sources.unlisted);
}

/* An entry that exempts some ports does not apply to a program whose port is unknown. */
static void lint_ports(const struct entries *entries, struct diagnostics *diagnostics) {
  for (size_t i = 0; i < entries->count; i++) {
    const struct pin_entry *entry = &entries->items[i];
    if (entry->mode == PIN_MODE_OFF && entry->port_count > 0)
      lint_warn(diagnostics, entry,
                "\"%s\" is listed for some ports only: a program that does not show its port is refused",
                entry->name);
  }
}

void lint_unlisted(const char *path, const struct pin_policy *policy, const struct entries *entries,
                   struct diagnostics *diagnostics) {
  if (policy->unlisted == PIN_UNLISTED_IGNORE)
    return;
  if (policy->mode == PIN_MODE_OFF)
    warn(
        path,
        must_format("unlisted = \"%s\" has no effect while mode is \"off\"", unlisted_word(policy->unlisted)),
        diagnostics);
  if (policy->unlisted != PIN_UNLISTED_REFUSE || policy->mode != PIN_MODE_ENFORCE)
    return;
  if (entries->count == 0)
    warn(path, must_copy("unlisted = \"refuse\" and no entry: every host is refused"), diagnostics);
  lint_ports(entries, diagnostics);
  lint_apt(policy, path, diagnostics);
}
