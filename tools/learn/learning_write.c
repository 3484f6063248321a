/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "learn/learning.h"

#include <string.h>

#include "base/file.h"
#include "base/host_port.h"
#include "base/memory.h"
#include "cli/output.h"
#include "edit/existing_entry.h"
#include "probe/probe_options.h"
#include "view/entry_text.h"

#define USUAL_PORT 443

static char *comment_for(const struct candidates *candidates, const struct candidate *candidate) {
  int64_t since = candidates->now;
  for (size_t i = 0; i < candidate->key_count; i++)
    if (candidate->keys[i].shown && candidate->keys[i].first < since)
      since = candidate->keys[i].first;
  AUTO_TEXT today = expiry_text(candidates->now);
  AUTO_TEXT first = expiry_text(since);
  return must_format("learned on %.10s, seen since %.10s", today, first);
}

/* Whether the host was seen on one port only. Those of one host stand side by side. */
static bool has_one_port(const struct candidates *candidates, size_t at) {
  const char *host = candidates->items[at].host;
  return (at == 0 || strcmp(candidates->items[at - 1].host, host) != 0) &&
         (at + 1 == candidates->count || strcmp(candidates->items[at + 1].host, host) != 0);
}

/* For every port where there is no other, as a proxy would hide it. */
static struct dropin *entry_for(const struct candidates *candidates, size_t at, const char *mode) {
  const struct candidate *candidate = &candidates->items[at];
  struct dropin *dropin = dropin_new(candidate->host, &candidate->port, has_one_port(candidates, at) ? 0 : 1);
  for (size_t i = 0; i < candidate->key_count; i++) {
    char digest[PIN_DIGEST_TEXT_SIZE];
    if (!candidate->keys[i].shown)
      continue;
    pin_digest_format(&candidate->keys[i].key, digest);
    text_list_add(&dropin->lists[pin_choice_list(candidates->choice)], must_copy(digest));
  }
  dropin->settings[DROPIN_MODE] = mode == NULL ? NULL : must_copy(mode);
  dropin->settings[DROPIN_COMMENT] = comment_for(candidates, candidate);
  return dropin;
}

static int stage_all(struct change *change, const struct candidates *candidates, const char *mode) {
  int status = EXIT_DONE;
  for (size_t i = 0; i < candidates->count && status == EXIT_DONE; i++) {
    if (candidates->items[i].state != CANDIDATE_PROPOSED)
      continue;
    struct dropin *dropin = entry_for(candidates, i, mode);
    status = standing_stage_new(change, dropin);
    dropin_free(dropin);
  }
  return status;
}

int learning_write(const struct candidates *candidates, const char *policy, const char *mode, bool dry_run) {
  struct change *change = change_new(policy, dry_run);
  if (change == NULL)
    return EXIT_FAILED;
  int status = stage_all(change, candidates, mode);
  if (status == EXIT_DONE)
    status = change_commit(change);
  change_free(change);
  return status;
}

/* ---- The list of hosts ---- */

/* One line, without its comment and the blanks around it. */
static bool read_host(char *line, struct candidates *candidates) {
  static const char blanks[] = " \t\r";
  AUTO_TEXT host = NULL;
  uint16_t port = 0;
  line[strcspn(line, "#")] = '\0';
  line += strspn(line, blanks);
  size_t length = strlen(line);
  while (length > 0 && strchr(blanks, line[length - 1]) != NULL)
    line[--length] = '\0';
  if (length == 0)
    return true;
  if (!host_and_port_read(line, &host, &port) || !host_can_be_asked(host))
    return false;
  candidates_get(candidates, host, port == 0 ? USUAL_PORT : port);
  return true;
}

int learning_read_hosts(const char *path, struct candidates *candidates) {
  AUTO_TEXT text = NULL;
  size_t length = 0;
  int error = file_read(path, &text, &length);
  if (error != 0)
    return say_failure("%s: %s", path, strerror(error));
  int status = EXIT_DONE;
  unsigned number = 1;
  for (char *line = text; line < text + length; number++) {
    size_t line_length = strcspn(line, "\n");
    bool is_text = line + line_length == text + length || line[line_length] == '\n';
    line[line_length] = '\0';
    AUTO_TEXT shown = must_copy(line);
    if (!is_text || !read_host(line, candidates)) {
      say_error("%s:%u: \"%s\": expected HOST or HOST:PORT", path, number, shown);
      status = EXIT_FAILED;
    }
    line += line_length + 1;
  }
  return status;
}
