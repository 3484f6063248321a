/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/alarms.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/lock_file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "monitor/alarms_sql.h"

/* In one message; the next has the rest. */
#define MOST_CHANGES 500

/* How long to wait for another pinctl that is sending. */
#define PATIENCE_SECONDS 60

#define POLICY_BROKEN "policy-broken"
#define NOT_TOLD "not-told"

/* A comparison of the findings of this run with those that one way knows. */
struct comparison {
  struct history *history;
  const struct notify_settings *settings;
  enum notify_way way;
  int64_t now;
  const struct watch *watch;
  const char *code; /* compare only findings of this code: the others could not be checked now; NULL: all */
};

/* ---- What changed ---- */

/* A timeout counts as unreachable: both mean that nobody answers, and may alternate. */
static const char *code_of(const struct finding *finding) {
  return strcmp(finding->code, "timeout") == 0 ? "unreachable" : finding->code;
}

static const char *about_of(const struct finding *finding) {
  return finding->about == NULL ? "" : finding->about;
}

/* Something that happened once, and is no longer found at the next run that is recorded. */
static bool is_event(const char *code) {
  return strcmp(code, "key-changed") == 0 || strcmp(code, "issuer-changed") == 0;
}

static bool is_same(const struct finding *finding, const char *code, const char *about) {
  return strcmp(code_of(finding), code) == 0 && strcmp(about_of(finding), about) == 0;
}

static bool is_found(const struct watch_host *host, const char *code, const char *about) {
  for (size_t i = 0; i < host->finding_count; i++)
    if (is_same(&host->findings[i], code, about))
      return true;
  return false;
}

static bool is_found_anywhere(const struct watch *watch, const char *code, const char *about) {
  for (size_t i = 0; i < watch->count; i++)
    if (is_found(&watch->hosts[i], code, about))
      return true;
  return false;
}

/* Whether a finding ended because a worse one took its place: then only that is told. */
static bool is_superseded(const struct comparison *comparison, const struct watch_host *host,
                          const struct told *told) {
  return (strcmp(told->code, ISSUER_EXPIRES) == 0 &&
          is_found_anywhere(comparison->watch, "expired", told->about)) ||
         (strcmp(told->code, "expires") == 0 && is_found(host, "expired", told->about)) ||
         (strcmp(told->code, "entry-expires") == 0 && is_found(host, "entry-expired", told->about));
}

/* Whether this finding of a host is told once, for the machine. Of the host the history only keeps that it
 * was there when the host was last seen. */
static bool is_told_for_machine(const struct comparison *comparison, const struct watch_host *host,
                                const char *code) {
  return host != &comparison->watch->machine && strcmp(code, ISSUER_EXPIRES) == 0;
}

/* Whether a finding that no host of this run has may still be there: a host may be away, or not asked.
 * False: the history failed. */
static bool find_whether_possible(const struct comparison *comparison, const struct told *told,
                                  bool *ret_possible) {
  *ret_possible = false;
  return strcmp(told->code, ISSUER_EXPIRES) != 0 ||
         told_of_servers(comparison->history, comparison->way, told, ret_possible);
}

/* Several findings of one code and subject count as one, with the worst severity. False: there was one
 * before. */
static bool is_first_of_its_name(const struct watch_host *host, size_t index, enum severity *ret_worst) {
  const struct finding *finding = &host->findings[index];
  *ret_worst = SEVERITY_OK;
  for (size_t i = 0; i < host->finding_count; i++) {
    if (!is_same(&host->findings[i], code_of(finding), about_of(finding)))
      continue;
    if (i < index)
      return false;
    *ret_worst = host->findings[i].severity > *ret_worst ? host->findings[i].severity : *ret_worst;
  }
  return true;
}

/* found: as it is now, `since` and `at` not set; before: as the way knows it; NULL: it does not. */
static bool compare_finding(const struct comparison *comparison, const struct watch_host *host,
                            struct told *found, const struct told *before) {
  int64_t again = comparison->settings->renotify;
  const char *kind = NULL;
  if (is_told_for_machine(comparison, host, found->code)) {
    found->since = found->at = before == NULL ? comparison->now : before->since;
    return told_write(comparison->history, comparison->way, host, found);
  }
  /* Where the clock is wrong no key is recorded, and each run finds the same change again. */
  if (before != NULL && is_event(found->code))
    return true;
  if (before == NULL)
    kind = is_event(found->code) ? "event" : "new";
  else if (found->severity > before->severity)
    kind = "worse";
  else if (again > 0 && comparison->now - before->at >= again)
    kind = "still";
  found->since = before == NULL ? comparison->now : before->since;
  found->at = before == NULL || kind != NULL ? comparison->now : before->at;
  /* A host that is not in this run may show the worse of two certificates of this name. */
  if (before != NULL && strcmp(found->code, ISSUER_EXPIRES) == 0 && found->severity < before->severity)
    found->severity = before->severity;
  return told_write(comparison->history, comparison->way, host, found) &&
         (kind == NULL ||
          untold_add(comparison->history, comparison->way, host, kind, found, comparison->now));
}

static const struct told *find_told(const struct told_list *told, const struct told *wanted) {
  for (size_t i = 0; i < told->count; i++)
    if (strcmp(told->items[i].code, wanted->code) == 0 && strcmp(told->items[i].about, wanted->about) == 0)
      return &told->items[i];
  return NULL;
}

static bool compare_found(const struct comparison *comparison, const struct watch_host *host,
                          const struct told_list *told) {
  bool good = true;
  for (size_t i = 0; good && i < host->finding_count; i++) {
    const struct finding *finding = &host->findings[i];
    AUTO_TEXT code = must_copy(code_of(finding));
    AUTO_TEXT about = must_copy(about_of(finding));
    struct told found = {.code = code, .about = about, .text = finding->text};
    if (!is_first_of_its_name(host, i, &found.severity) ||
        (comparison->code != NULL && strcmp(code, comparison->code) != 0))
      continue;
    /* A way is not told of its own failure: the message would arrive only when it works again. */
    if (strcmp(code, NOT_TOLD) == 0 && strcmp(about, notify_way_word(comparison->way)) == 0)
      continue;
    good = compare_finding(comparison, host, &found, find_told(told, &found));
  }
  return good;
}

static bool compare_gone(const struct comparison *comparison, const struct watch_host *host,
                         const struct told_list *told) {
  bool good = true;
  for (size_t i = 0; good && i < told->count; i++) {
    const struct told *before = &told->items[i];
    bool is_quiet = is_told_for_machine(comparison, host, before->code), possible = false;
    if (is_found(host, before->code, before->about))
      continue;
    good = is_quiet || find_whether_possible(comparison, before, &possible);
    if (!good || possible)
      continue;
    good = told_remove(comparison->history, comparison->way, host, before) &&
           (is_quiet || is_event(before->code) || is_superseded(comparison, host, before) ||
            untold_add(comparison->history, comparison->way, host, "gone", before, comparison->now));
  }
  return good;
}

static bool compare(const struct comparison *comparison, const struct watch_host *host) {
  struct told_list told;
  bool good = told_read(comparison->history, comparison->way, host, comparison->code, &told) &&
              compare_found(comparison, host, &told) && compare_gone(comparison, host, &told);
  told_clear(&told);
  return good;
}

static bool compare_hosts(struct comparison *comparison, const struct watch *watch) {
  comparison->code = POLICY_BROKEN;
  if (!compare(comparison, &watch->machine))
    return false;
  for (size_t i = 0; watch->asked && i < watch->count; i++) {
    comparison->code = watch->hosts[i].seen ? NULL : "unreachable";
    if (!compare(comparison, &watch->hosts[i]))
      return false;
  }
  return true;
}

static int compare_names(const void *a, const void *b) {
  const struct watch_host *left = *(const struct watch_host *const *)a;
  const struct watch_host *right = *(const struct watch_host *const *)b;
  int order = strcmp(left->host, right->host);
  return order != 0 ? order : left->port - right->port;
}

/* To be called after compare_hosts and forget_absent. */
static bool compare_issuers(struct comparison *comparison, const struct watch *watch) {
  comparison->code = ISSUER_EXPIRES;
  return !watch->asked || compare(comparison, &watch->machine);
}

/* Forgets hosts that are not watched any more: if one comes back, all its findings are new. */
static bool forget_absent(struct history *history, enum notify_way way, const struct watch *watch) {
  const struct watch_host **names = must_alloc(watch->count, sizeof *names);
  struct watch known;
  bool good = told_hosts(history, way, &known);
  for (size_t i = 0; i < watch->count; i++)
    names[i] = &watch->hosts[i];
  if (watch->count > 0)
    qsort(names, watch->count, sizeof *names, compare_names);
  for (size_t i = 0; good && i < known.count; i++) {
    const struct watch_host *host = &known.hosts[i];
    if (bsearch(&host, names, watch->count, sizeof *names, compare_names) == NULL)
      good = told_forget(history, way, host);
  }
  watch_clear(&known);
  free(names);
  return good;
}

bool alarms_record(struct history *history, struct watch *watch, const struct notify_settings *settings) {
  if (!database_begin(history->database))
    return false;
  if (watch->policy_broken && watch->trouble != NULL)
    watch_add_finding(&watch->machine, watch->asked ? SEVERITY_WARNING : SEVERITY_CRITICAL, POLICY_BROKEN,
                      must_copy(watch->trouble));
  bool good = history_record_hosts(history, watch);
  bool all = watch->whole && watch->asked && watch->interrupted_of == 0;
  for (int way = 0; good && way < NOTIFY_WAYS; way++) {
    struct comparison comparison = {.history = history,
                                    .settings = settings,
                                    .way = (enum notify_way)way,
                                    .now = watch->now,
                                    .watch = watch};
    good = !settings->used[way] ||
           (compare_hosts(&comparison, watch) && (!all || forget_absent(history, comparison.way, watch)) &&
            compare_issuers(&comparison, watch) && untold_drop(history, comparison.way, watch->now));
  }
  return database_end(history->database, good);
}

/* ---- Sending ---- */

struct delivery {
  struct history *history;
  struct watch *watch;
  const struct notify_settings *settings;
  const struct pin_policy *policy;
  bool failed[NOTIFY_WAYS]; /* in this run: not tried again */
};

static void note_failure(struct delivery *delivery, enum notify_way way, char *why) {
  int64_t waiting = untold_count(delivery->history, way);
  delivery->failed[way] = true;
  delivery->watch->not_told = true;
  say_warning("cannot notify by %s: %s", notify_way_word(way), why);
  watch_add_finding_about(&delivery->watch->machine, SEVERITY_CRITICAL, NOT_TOLD, notify_way_word(way),
                          must_format("cannot notify by %s, %lld change%s wait%s: %s", notify_way_word(way),
                                      (long long)waiting, waiting == 1 ? "" : "s", waiting == 1 ? "s" : "",
                                      why));
  free(why);
}

/* False: the history failed. */
static bool send_batch(struct delivery *delivery, enum notify_way way, const struct notify_message *message) {
  char *why = notify_send(delivery->settings, way, message, delivery->policy);
  if (!untold_end(delivery->history, way, why == NULL)) {
    free(why);
    return false;
  }
  if (why != NULL)
    note_failure(delivery, way, why);
  else
    say_note("sent %zu change%s by %s", message->count, message->count == 1 ? "" : "s", notify_way_word(way));
  return true;
}

/* Sends until nothing waits for a way. A batch that is claimed already was left by a process that was killed.
 */
static bool send_by_way(struct delivery *delivery, enum notify_way way) {
  bool good = true, more = true;
  while (good && more && !delivery->failed[way]) {
    struct notify_message message;
    good = untold_read(delivery->history, way, &message);
    message.again = message.count > 0;
    if (good && message.count == 0)
      good =
          untold_claim(delivery->history, way, MOST_CHANGES) && untold_read(delivery->history, way, &message);
    more = message.count > 0;
    if (good && more)
      good = send_batch(delivery, way, &message);
    notify_message_clear(&message);
  }
  return good;
}

static bool send_all(struct delivery *delivery) {
  for (int way = 0; way < NOTIFY_WAYS; way++)
    if (delivery->settings->used[way] && !delivery->failed[way] &&
        !send_by_way(delivery, (enum notify_way)way))
      return false;
  return true;
}

/* Records the ways that failed, for the ways that work. */
static bool record_failures(const struct delivery *delivery) {
  bool good = database_begin(delivery->history->database);
  if (!good)
    return false;
  for (int way = 0; good && way < NOTIFY_WAYS; way++) {
    struct comparison comparison = {.history = delivery->history,
                                    .settings = delivery->settings,
                                    .way = (enum notify_way)way,
                                    .now = delivery->watch->now,
                                    .watch = delivery->watch,
                                    .code = NOT_TOLD};
    good = !delivery->settings->used[way] || compare(&comparison, &delivery->watch->machine);
  }
  return database_end(delivery->history->database, good);
}

static int lock_patiently(const char *path, int *ret_fd) {
  static const struct timespec pause = {.tv_nsec = 100000000};
  int error = lock_file_try(path, ret_fd);
  for (int i = 0; error == EWOULDBLOCK && i < PATIENCE_SECONDS * 10; i++) {
    nanosleep(&pause, NULL);
    error = lock_file_try(path, ret_fd);
  }
  return error;
}

bool alarms_tell(struct history *history, struct watch *watch, const struct notify_settings *settings,
                 const struct pin_policy *policy) {
  struct delivery delivery = {.history = history, .watch = watch, .settings = settings, .policy = policy};
  AUTO_TEXT path = must_format("%s-telling", database_path(history->database));
  int lock = -1;
  int error = lock_patiently(path, &lock);
  if (error == EWOULDBLOCK) {
    watch->not_told = true;
    say_note("another pinctl is sending notifications; the next run sends what it leaves");
    return true;
  }
  if (error != 0)
    return say_error("%s: %s", path, strerror(error));
  bool good = send_all(&delivery) && record_failures(&delivery) && send_all(&delivery);
  lock_file_remove(path, lock);
  return good;
}
