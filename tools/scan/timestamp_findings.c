/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Timestamps of Certificate Transparency, judged as Chrome's and Firefox's policies do: those in the
 * certificate by themselves, and those that the server delivers by themselves.
 */
#include "scan/findings.h"

#include <string.h>

#include "base/memory.h"
#include "scan/log_list.h"

/* A certificate of more days is to be in three logs, others in two. */
#define SHORT_LIFE 180

/* What the timestamps of one way are worth. */
struct worth {
  size_t logs;      /* different ones */
  size_t operators; /* of these, different ones; without a list not known */
  bool now;         /* the new ones of a log among them count, too */
};

static bool counts(const struct scan *scan, const struct scan_host *host, size_t index) {
  return scan->logs == NULL || host->timestamps[index].status == SCAN_TIMESTAMP_VALID;
}

static bool same_log(const struct scan_host *host, size_t a, size_t b) {
  return memcmp(host->scts.items[a].log, host->scts.items[b].log, sizeof host->scts.items[a].log) == 0;
}

static bool same_operator(const struct scan_host *host, size_t a, size_t b) {
  return host->timestamps[a].operator== host->timestamps[b].operator;
}

/* Adds up those in the certificate, or those that the server delivers. */
static struct worth worth_of(const struct scan *scan, const struct scan_host *host, bool embedded) {
  struct worth worth = {0};
  for (size_t i = 0; i < host->scts.count; i++) {
    bool new_log = true, new_operator = true;
    if (host->scts.items[i].embedded != embedded || !counts(scan, host, i))
      continue;
    for (size_t j = 0; j < i; j++) {
      bool before = host->scts.items[j].embedded == embedded && counts(scan, host, j);
      new_log = new_log && !(before && same_log(host, i, j));
      new_operator = new_operator && !(before && same_operator(host, i, j));
    }
    worth.logs += new_log ? 1 : 0;
    worth.operators += new_operator ? 1 : 0;
    worth.now = worth.now || host->timestamps[i].counts_now;
  }
  return worth;
}

/* Why browsers would not take them; NULL: they would. */
static char *lack_of(const struct scan *scan, const struct worth *worth, size_t wanted) {
  if (worth->logs < wanted)
    return must_format("timestamps of %zu log%s of Certificate Transparency%s; browsers want %zu",
                       worth->logs, worth->logs == 1 ? "" : "s",
                       scan->logs == NULL ? ""
                       : worth->logs == 1 ? " that counts"
                                          : " that count",
                       wanted);
  if (scan->logs == NULL)
    return NULL;
  if (!worth->now)
    return must_copy("all timestamps that count are of logs that are retired by now; browsers want one of a "
                     "log that is not");
  return worth->operators > 1
             ? NULL
             : must_copy("all timestamps that count are of logs of one operator; browsers want two");
}

static bool lives_long(X509 *certificate) {
  int days = 0, seconds = 0;
  return ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(certificate), X509_get0_notAfter(certificate)) !=
             1 ||
         days > SHORT_LIFE || (days == SHORT_LIFE && seconds > 0);
}

/* Either way is enough. Most servers deliver none: then it is the certificate that lacks some. */
static void look_at_number(const struct scan *scan, struct scan_host *host) {
  struct worth embedded = worth_of(scan, host, true), delivered = worth_of(scan, host, false);
  AUTO_TEXT in_certificate = lack_of(scan, &embedded, lives_long(host->shown.items[0].certificate) ? 3 : 2);
  AUTO_TEXT by_server = lack_of(scan, &delivered, 2);
  if (in_certificate != NULL && by_server != NULL)
    finding_add(host, "few-timestamps",
                must_copy(delivered.logs > embedded.logs ? by_server : in_certificate));
}

static bool adds_a_log(const struct scan *scan, const struct scan_host *host, size_t index) {
  for (size_t i = 0; i < index; i++)
    if (counts(scan, host, i) && same_log(host, i, index))
      return false;
  return counts(scan, host, index);
}

void find_in_timestamps(const struct scan *scan, X509 *issuer, struct scan_host *host) {
  X509 *leaf = host->shown.items[0].certificate;
  size_t invalid = 0, unknown = 0;
  host->timestamps = must_alloc(host->scts.count, sizeof *host->timestamps);
  for (size_t i = 0; i < host->scts.count; i++) {
    struct scan_timestamp *timestamp = &host->timestamps[i];
    timestamp->at = (int64_t)host->scts.items[i].at;
    if (scan->logs != NULL)
      log_list_look_at(scan->logs, &host->scts.items[i], leaf, issuer, scan->now, timestamp);
    invalid += timestamp->status == SCAN_TIMESTAMP_INVALID ? 1 : 0;
    unknown +=
        timestamp->status == SCAN_TIMESTAMP_UNKNOWN_LOG || timestamp->status == SCAN_TIMESTAMP_NOT_COUNTED
            ? 1
            : 0;
    host->sct_logs += adds_a_log(scan, host, i) ? 1 : 0;
  }
  if (invalid > 0)
    finding_add(host, "timestamp-invalid",
                must_format("%zu of its %zu timestamps: the signature does not hold, or it is of the future",
                            invalid, host->scts.count));
  if (unknown > 0)
    finding_add(host, "timestamp-unknown",
                must_format("%zu of its %zu timestamps: of a log that the list lacks, or does not count",
                            unknown, host->scts.count));
  bool wanted = scan->public_roots || scan->logs != NULL;
  if (wanted && host->chain.error == X509_V_OK)
    look_at_number(scan, host);
}
