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

/* Of one message; more come in the next. */
#define MOST_CHANGES 500

/* So long another pinctl that tells is waited for. */
#define PATIENCE_SECONDS 60

#define POLICY_BROKEN "policy-broken"
#define NOT_TOLD "not-told"

/* What one way is compared with. */
struct comparing {
  struct history *history;
  const struct notify_settings *settings;
  enum notify_way way;
  int64_t now;
  const struct watch *watch;
  const char *code; /* only of findings of this code it is known now whether they are there; NULL: of all */
};

/* ---- What changed ---- */

/* Both say that nobody answers, and which it is may differ from day to day. */
static const char *code_of(const struct finding *finding) {
  return strcmp(finding->code, "timeout") == 0 ? "unreachable" : finding->code;
}

static const char *about_of(const struct finding *finding) {
  return finding->about == NULL ? "" : finding->about;
}

/* It happened, and is not there any more at the next look that can be recorded. */
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

/* What ended because the worse came: that is told. */
static bool is_followed(const struct comparing *comparing, const struct watch_host *host,
                        const struct told *told) {
  return (strcmp(told->code, ISSUER_EXPIRES) == 0 &&
          is_found_anywhere(comparing->watch, "expired", told->about)) ||
         (strcmp(told->code, "expires") == 0 && is_found(host, "expired", told->about)) ||
         (strcmp(told->code, "entry-expires") == 0 && is_found(host, "entry-expired", told->about));
}

/* Told for the machine, once. Of each host it is only kept that it was there when the host was seen last. */
static bool is_told_elsewhere(const struct comparing *comparing, const struct watch_host *host,
                              const char *code) {
  return host != &comparing->watch->machine && strcmp(code, ISSUER_EXPIRES) == 0;
}

/* What no host of this look has may be behind one that is away, or was not asked. */
static bool may_be_there(const struct comparing *comparing, const struct told *told, bool *ret_may) {
  *ret_may = false;
  return strcmp(told->code, ISSUER_EXPIRES) != 0 ||
         told_of_servers(comparing->history, comparing->way, told, ret_may);
}

/* Two of one name, say two certificates of one subject, are one; the worst counts. */
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

/* found: as it is now, since and at not set; before: as the way knows it, or NULL. */
static bool compare_one(const struct comparing *comparing, const struct watch_host *host, struct told *found,
                        const struct told *before) {
  int64_t again = comparing->settings->renotify;
  const char *kind = NULL;
  if (before == NULL)
    kind = "new";
  else if (found->severity > before->severity)
    kind = "worse";
  else if (again > 0 && comparing->now - before->at >= again)
    kind = "still";
  found->since = before == NULL ? comparing->now : before->since;
  found->at = before == NULL || kind != NULL ? comparing->now : before->at;
  /* Another certificate of this name may be the worse one, of a host that this look does not have. */
  if (before != NULL && strcmp(found->code, ISSUER_EXPIRES) == 0 && found->severity < before->severity)
    found->severity = before->severity;
  return told_write(comparing->history, comparing->way, host, found) &&
         (kind == NULL || untold_add(comparing->history, comparing->way, host, kind, found, comparing->now));
}

/* Where the clock is wrong no key is recorded, and the change to it is found at each look. */
static bool compare_event(const struct comparing *comparing, const struct watch_host *host,
                          struct told *found, const struct told *before) {
  if (before != NULL)
    return true;
  found->since = found->at = comparing->now;
  return told_write(comparing->history, comparing->way, host, found) &&
         untold_add(comparing->history, comparing->way, host, "event", found, comparing->now);
}

static bool compare_elsewhere(const struct comparing *comparing, const struct watch_host *host,
                              struct told *found, const struct told *before) {
  found->since = found->at = before == NULL ? comparing->now : before->since;
  return told_write(comparing->history, comparing->way, host, found);
}

static bool compare_any(const struct comparing *comparing, const struct watch_host *host, struct told *found,
                        const struct told *before) {
  if (is_told_elsewhere(comparing, host, found->code))
    return compare_elsewhere(comparing, host, found, before);
  return is_event(found->code) ? compare_event(comparing, host, found, before)
                               : compare_one(comparing, host, found, before);
}

static const struct told *find_told(const struct told_list *told, const struct told *wanted) {
  for (size_t i = 0; i < told->count; i++)
    if (strcmp(told->items[i].code, wanted->code) == 0 && strcmp(told->items[i].about, wanted->about) == 0)
      return &told->items[i];
  return NULL;
}

static bool compare_found(const struct comparing *comparing, const struct watch_host *host,
                          const struct told_list *told) {
  bool good = true;
  for (size_t i = 0; good && i < host->finding_count; i++) {
    const struct finding *finding = &host->findings[i];
    AUTO_TEXT code = must_copy(code_of(finding));
    AUTO_TEXT about = must_copy(about_of(finding));
    struct told found = {.code = code, .about = about, .text = finding->text};
    if (!is_first_of_its_name(host, i, &found.severity) ||
        (comparing->code != NULL && strcmp(code, comparing->code) != 0))
      continue;
    /* No way is told of its own failure: it would hear of it when it is over. */
    if (strcmp(code, NOT_TOLD) == 0 && strcmp(about, notify_way_word(comparing->way)) == 0)
      continue;
    good = compare_any(comparing, host, &found, find_told(told, &found));
  }
  return good;
}

static bool compare_gone(const struct comparing *comparing, const struct watch_host *host,
                         const struct told_list *told) {
  bool good = true;
  for (size_t i = 0; good && i < told->count; i++) {
    const struct told *before = &told->items[i];
    bool elsewhere = is_told_elsewhere(comparing, host, before->code), may_be = false;
    if (is_found(host, before->code, before->about))
      continue;
    good = elsewhere || may_be_there(comparing, before, &may_be);
    if (!good || may_be)
      continue;
    good = told_remove(comparing->history, comparing->way, host, before) &&
           (elsewhere || is_event(before->code) || is_followed(comparing, host, before) ||
            untold_add(comparing->history, comparing->way, host, "gone", before, comparing->now));
  }
  return good;
}

static bool compare(const struct comparing *comparing, const struct watch_host *host) {
  struct told_list told;
  bool good = told_read(comparing->history, comparing->way, host, comparing->code, &told) &&
              compare_found(comparing, host, &told) && compare_gone(comparing, host, &told);
  told_clear(&told);
  return good;
}

static bool compare_hosts(struct comparing *comparing, const struct watch *watch) {
  comparing->code = POLICY_BROKEN;
  if (!compare(comparing, &watch->machine))
    return false;
  for (size_t i = 0; watch->asked && i < watch->count; i++) {
    comparing->code = watch->hosts[i].seen ? NULL : "unreachable";
    if (!compare(comparing, &watch->hosts[i]))
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

/* After the hosts were compared, and those forgotten that are not watched any more. */
static bool compare_issuers(struct comparing *comparing, const struct watch *watch) {
  comparing->code = ISSUER_EXPIRES;
  return !watch->asked || compare(comparing, &watch->machine);
}

/* What is not watched any more: when it comes back, all that is found at it is new. */
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
    watch_find(&watch->machine, watch->asked ? SEVERITY_WARNING : SEVERITY_CRITICAL, POLICY_BROKEN,
               must_copy(watch->trouble));
  bool good = history_record_hosts(history, watch);
  bool all = watch->whole && watch->asked && watch->interrupted_of == 0;
  for (int way = 0; good && way < NOTIFY_WAYS; way++) {
    struct comparing comparing = {.history = history,
                                  .settings = settings,
                                  .way = (enum notify_way)way,
                                  .now = watch->now,
                                  .watch = watch};
    good = !settings->used[way] ||
           (compare_hosts(&comparing, watch) && (!all || forget_absent(history, comparing.way, watch)) &&
            compare_issuers(&comparing, watch) && untold_drop(history, comparing.way, watch->now));
  }
  return database_end(history->database, good);
}

/* ---- Telling ---- */

struct telling {
  struct history *history;
  struct watch *watch;
  const struct notify_settings *settings;
  const struct pin_policy *policy;
  bool failed[NOTIFY_WAYS];
};

static void note_failure(struct telling *telling, enum notify_way way, char *why) {
  int64_t waiting = untold_count(telling->history, way);
  telling->failed[way] = true;
  telling->watch->not_told = true;
  say_warning("cannot tell by %s: %s", notify_way_word(way), why);
  watch_find_about(&telling->watch->machine, SEVERITY_CRITICAL, NOT_TOLD, notify_way_word(way),
                   must_format("cannot tell by %s, %lld change%s wait%s: %s", notify_way_word(way),
                               (long long)waiting, waiting == 1 ? "" : "s", waiting == 1 ? "s" : "", why));
  free(why);
}

/* False: the history failed. */
static bool tell_batch(struct telling *telling, enum notify_way way, const struct notify_message *message) {
  char *why = notify_send(telling->settings, way, message, telling->policy);
  if (!untold_end(telling->history, way, why == NULL)) {
    free(why);
    return false;
  }
  if (why != NULL)
    note_failure(telling, way, why);
  else
    say_note("told %zu change%s by %s", message->count, message->count == 1 ? "" : "s", notify_way_word(way));
  return true;
}

/* Until nothing waits for a way. What is claimed already was left by a process that was killed. */
static bool tell_way(struct telling *telling, enum notify_way way) {
  bool good = true, more = true;
  while (good && more && !telling->failed[way]) {
    struct notify_message message;
    good = untold_read(telling->history, way, &message);
    message.again = message.count > 0;
    if (good && message.count == 0)
      good =
          untold_claim(telling->history, way, MOST_CHANGES) && untold_read(telling->history, way, &message);
    more = message.count > 0;
    if (good && more)
      good = tell_batch(telling, way, &message);
    notify_message_clear(&message);
  }
  return good;
}

static bool tell_all(struct telling *telling) {
  for (int way = 0; way < NOTIFY_WAYS; way++)
    if (telling->settings->used[way] && !telling->failed[way] && !tell_way(telling, (enum notify_way)way))
      return false;
  return true;
}

/* The ways that work hear which do not. */
static bool record_failures(const struct telling *telling) {
  bool good = database_begin(telling->history->database);
  if (!good)
    return false;
  for (int way = 0; good && way < NOTIFY_WAYS; way++) {
    struct comparing comparing = {.history = telling->history,
                                  .settings = telling->settings,
                                  .way = (enum notify_way)way,
                                  .now = telling->watch->now,
                                  .watch = telling->watch,
                                  .code = NOT_TOLD};
    good = !telling->settings->used[way] || compare(&comparing, &telling->watch->machine);
  }
  return database_end(telling->history->database, good);
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
  struct telling telling = {.history = history, .watch = watch, .settings = settings, .policy = policy};
  AUTO_TEXT path = must_format("%s-telling", database_path(history->database));
  int lock = -1;
  int error = lock_patiently(path, &lock);
  if (error == EWOULDBLOCK) {
    watch->not_told = true;
    say_note("another pinctl is telling; what it leaves is told by the next run");
    return true;
  }
  if (error != 0)
    return say_error("%s: %s", path, strerror(error));
  bool good = tell_all(&telling) && record_failures(&telling) && tell_all(&telling);
  lock_file_remove(path, lock);
  return good;
}
