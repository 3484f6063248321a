/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "scan/scan.h"

#include <signal.h>

#include <json-c/json.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "scan/addresses.h"
#include "scan/findings.h"
#include "scan/log_list.h"
#include "scan/questions.h"

/* Time between two checks of the resolver. */
#define RESOLVER_SECONDS 0.05

/* The progress of a host. */
struct asked {
  bool waits; /* for an answer */
  bool done;
  double not_before; /* time of the next question, at the earliest */
};

struct asking {
  struct scan *scan;
  struct asked *asked; /* one for each host */
  size_t next;         /* the host whose turn is next */
  size_t done;
};

void scan_add(struct scan *scan, const char *host, uint16_t port, enum probe_protocol protocol) {
  scan->hosts = must_grow(scan->hosts, scan->count + 1, sizeof *scan->hosts);
  scan->hosts[scan->count++] =
      (struct scan_host){.host = must_copy(host), .port = port, .protocol = protocol};
}

static void host_clear(struct scan_host *host) {
  free(host->host);
  free(host->error);
  free(host->address);
  for (int i = 0; i < SCAN_VERSIONS; i++)
    free(host->versions[i].suites.items);
  free(host->groups.items);
  free(host->signatures.items);
  objects_clear(&host->shown);
  objects_clear(&host->others);
  addresses_clear(host);
  for (size_t i = 0; host->timestamps != NULL && i < host->scts.count; i++)
    free(host->timestamps[i].log);
  free(host->timestamps);
  probe_scts_clear(&host->scts);
  chain_clear(&host->chain);
  OPENSSL_free(host->staple_bytes);
  for (size_t i = 0; i < host->finding_count; i++)
    free(host->findings[i].text);
  free(host->findings);
  questions_free(host->questions);
}

void scan_clear(struct scan *scan) {
  for (size_t i = 0; i < scan->count; i++)
    host_clear(&scan->hosts[i]);
  free(scan->hosts);
  log_list_free(scan->logs);
  json_object_put(scan->baseline);
  *scan = (struct scan){0};
}

enum scan_severity scan_host_severity(const struct scan_host *host) {
  enum scan_severity worst = SCAN_NOTE;
  for (size_t i = 0; i < host->finding_count; i++)
    if (!host->findings[i].known && host->findings[i].kind->severity > worst)
      worst = host->findings[i].kind->severity;
  return worst;
}

size_t scan_host_findings(const struct scan_host *host) {
  size_t count = 0;
  for (size_t i = 0; i < host->finding_count; i++)
    count += host->findings[i].known ? 0 : 1;
  return count;
}

/* ---- Asking ---- */

static void end_host(struct asking *asking, size_t index) {
  struct scan_host *host = &asking->scan->hosts[index];
  asking->asked[index].done = true;
  questions_free(host->questions);
  host->questions = NULL;
  bar_show(++asking->done, asking->scan->count);
}

/* The next question to a host; NULL: it waits, has to wait, or has ended. */
static const struct probe_target *question_of(struct asking *asking, size_t index, double now,
                                              double *soonest) {
  struct asked *asked = &asking->asked[index];
  if (asked->waits || asked->done)
    return NULL;
  if (asked->not_before > now) {
    *soonest = asked->not_before < *soonest ? asked->not_before : *soonest;
    return NULL;
  }
  bool later = false;
  const struct probe_target *target = questions_next(&asking->scan->hosts[index], &later);
  if (later) {
    asked->not_before = now + RESOLVER_SECONDS;
    *soonest = asked->not_before < *soonest ? asked->not_before : *soonest;
  } else if (target == NULL) {
    end_host(asking, index);
  }
  if (target == NULL)
    return NULL;
  asked->waits = true;
  asked->not_before = asking->scan->rate == 0 ? now : now + 1.0 / (double)asking->scan->rate;
  return target;
}

/* Takes the hosts in turn, so that all make progress. */
static const struct probe_target *next_question(void *arg, size_t *ret_index, long *ret_wait) {
  struct asking *asking = arg;
  double now = monotonic_seconds();
  double never = now + 1e6, soonest = never;
  for (size_t i = 0; i < asking->scan->count; i++) {
    size_t index = (asking->next + i) % asking->scan->count;
    const struct probe_target *target = question_of(asking, index, now, &soonest);
    if (target == NULL)
      continue;
    asking->next = index + 1;
    *ret_index = index;
    return target;
  }
  *ret_wait = soonest == never ? -1 : (long)((soonest - now) * 1000) + 1;
  return NULL;
}

static void take_answer(size_t index, struct probe_result *result, void *arg) {
  struct asking *asking = arg;
  struct scan_host *host = &asking->scan->hosts[index];
  struct asked *asked = &asking->asked[index];
  double now = monotonic_seconds();
  host->seconds += result->seconds;
  asked->waits = false;
  double not_before = now + questions_take(host, result);
  if (asked->not_before < not_before)
    asked->not_before = not_before;
}

/* ---- Findings ---- */

static void check_host(const struct scan *scan, X509_STORE *store, struct scan_host *host) {
  if (host->error != NULL)
    return;
  find_in_protocol(scan, host);
  find_in_addresses(host);
  find_no_certificate(host);
  if (host->shown.count > 0 && chain_prove_in(store, &host->shown, host->host, &host->chain)) {
    find_in_certificates(scan, host);
    find_in_status(scan, store, host);
  }
  grade_host(host);
}

static bool check_all(struct scan *scan, const struct probe_settings *settings) {
  X509_STORE *store = chain_store_new(settings->ca_file);
  for (size_t i = 0; store != NULL && i < scan->count; i++)
    check_host(scan, store, &scan->hosts[i]);
  mark_known(scan);
  X509_STORE_free(store);
  return store != NULL;
}

/* Removes hosts that were not asked everything: their findings would be incomplete. */
static void keep_done(struct asking *asking) {
  struct scan *scan = asking->scan;
  size_t kept = 0;
  scan->interrupted_of = scan->count;
  for (size_t i = 0; i < scan->count; i++) {
    if (asking->asked[i].done)
      scan->hosts[kept++] = scan->hosts[i];
    else
      host_clear(&scan->hosts[i]);
  }
  scan->count = kept;
}

static bool ask_all(struct asking *asking, const struct probe_settings *settings) {
  const struct probe_source source = {.next = next_question, .done = take_answer, .arg = asking};
  struct probe_settings until = *settings;
  until.is_over = interrupt_noted;
  interrupt_hold();
  bool good = probe_run(&source, &until);
  interrupt_release();
  if (!interrupt_noted() || asking->done == asking->scan->count)
    return good;
  if (asking->done == 0)
    raise(SIGINT);
  bar_show(1, 1);
  keep_done(asking);
  say_warning("interrupted: %zu of %zu hosts were checked", asking->scan->count,
              asking->scan->interrupted_of);
  return good;
}

bool scan_run(struct scan *scan, const struct probe_settings *settings) {
  struct registry registry;
  struct asking asking = {.scan = scan};
  double begun = monotonic_seconds();
  bool good = registry_read(&registry);
  if (!good)
    say_error("OpenSSL has no suites to offer");
  scan->public_roots = settings->ca_file == NULL;
  asking.asked = must_alloc(scan->count, sizeof *asking.asked);
  for (size_t i = 0; i < scan->count; i++)
    scan->hosts[i].questions = questions_new(&registry, settings->connect == NULL, settings->timeout);
  good = good && ask_all(&asking, settings) && check_all(scan, settings);
  for (size_t i = 0; i < scan->count; i++) {
    questions_free(scan->hosts[i].questions);
    scan->hosts[i].questions = NULL;
  }
  free(asking.asked);
  /* The hosts keep only names, which are OpenSSL's or static. */
  registry_clear(&registry);
  scan->seconds = monotonic_seconds() - begun;
  return good;
}
