/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What a server showed, as findings. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "base/timestamp.h"
#include "monitor/watch.h"

static int64_t seconds_of(const ASN1_TIME *time_text) {
  struct tm broken_down;
  if (ASN1_TIME_to_tm(time_text, &broken_down) != 1)
    return 0;
  return timestamp_of(&broken_down);
}

/* ---- The policy's verdict ---- */

void watch_judge(const struct pin_policy *policy, const struct watch_host *host, int64_t now,
                 struct pin_verdict *ret_verdict) {
  struct pin_path_key keys[CHAIN_MOST_KEYS] = {0};
  const char *name = host->host;
  struct pin_peer peer = {.names = &name, .name_count = 1, .port = host->port, .now = now};
  struct vouched vouched = host->vouched;
  struct pin_path path = {.keys = keys, .cut = host->cut, .vouch = chain_vouch, .vouch_arg = &vouched};
  for (; path.count < host->key_count && host->keys[path.count].proven; path.count++) {
    keys[path.count].key = host->keys[path.count].key;
    keys[path.count].certificate = host->keys[path.count].certificate;
  }
  if (pin_select(policy, &peer, ret_verdict) != PIN_NEEDS_NOTHING)
    pin_judge(policy, &path, now, ret_verdict);
}

static void check_verdict(const struct pin_verdict *verdict, struct watch_host *host) {
  host->outcome = verdict->outcome;
  host->reason = verdict->reason;
  const char *why = pin_reason_text(verdict->reason);
  bool unlisted = verdict->reason == PIN_REASON_UNLISTED;
  if (unlisted)
    watch_add_finding(host, verdict->outcome == PIN_REFUSED ? SEVERITY_CRITICAL : SEVERITY_WARNING,
                      "not-covered",
                      must_format("no entry of the policy covers it: %s",
                                  verdict->outcome == PIN_REFUSED ? "it is refused" : "it is logged"));
  if (verdict->outcome == PIN_REFUSED && !unlisted)
    watch_add_finding(host, SEVERITY_CRITICAL, "not-pinned", must_format("the policy refuses it: %s", why));
  if (verdict->outcome == PIN_AUDITED && !unlisted)
    watch_add_finding(host, SEVERITY_WARNING, "not-pinned",
                      must_format("would be refused, but is only logged: %s", why));
  if (verdict->outcome == PIN_NOT_COVERED && !host->listed)
    watch_add_finding(host, SEVERITY_WARNING, "not-covered", must_copy("no entry of the policy covers it"));
}

static void check_entry(const struct watch *watch, const struct pin_finding *found, struct watch_host *host) {
  const struct pin_entry *entry = &found->entry;
  int64_t days = entry->expires == PIN_NEVER ? INT64_MAX : days_until(watch->now, entry->expires);
  if (found->expired)
    watch_add_finding_about(
        host, SEVERITY_CRITICAL, "entry-expired", entry->name,
        must_format("the entry %s has expired; %s", entry->name,
                    entry->on_expiry == PIN_ON_EXPIRY_AUDIT ? "it only logs" : "it still enforces"));
  else if (days < watch->warning_days) {
    AUTO_TEXT left = days_text(days);
    watch_add_finding_about(host, days < watch->critical_days ? SEVERITY_CRITICAL : SEVERITY_WARNING,
                            "entry-expires", entry->name,
                            must_format("the entry %s expires in %s", entry->name, left));
  }
  if (found->depth[PIN_LIST_BACKUP_PINS] >= 0 && found->depth[PIN_LIST_PINS] < 0)
    watch_add_finding(host, SEVERITY_WARNING, "backup-in-use",
                      must_copy("a backup pin is in use: promote it, and add the next backup"));
}

/* ---- The chain ---- */

static void check_verification(const struct probe_result *result, struct watch_host *host) {
  const struct objects *shown = &result->certificates;
  int error = result->chain.error;
  host->verified = error == X509_V_OK;
  bool no_issuer = error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
                   error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
  /* check_expiry reports an expired certificate. */
  if (host->verified || error == X509_V_ERR_CERT_HAS_EXPIRED)
    return;
  if (no_issuer && shown->count == 1 && shown->items[0].role == ROLE_LEAF)
    watch_add_finding(host, SEVERITY_CRITICAL, "missing-intermediate",
                      must_copy("shows only its own certificate: the intermediate is missing"));
  else
    watch_add_finding(host, SEVERITY_CRITICAL, "not-verified",
                      must_format("the chain does not verify: %s", X509_verify_cert_error_string(error)));
}

/* E.g. a root that another CA has signed, for clients that do not know the root. */
static bool is_cross_signed(const struct chain *chain, const struct object *object) {
  X509_NAME *name = X509_get_subject_name(object->certificate);
  for (size_t i = 1; i < chain->path.count; i++) {
    const struct object *on_path = &chain->path.items[i];
    if (memcmp(&on_path->key, &object->key, sizeof object->key) == 0 &&
        X509_NAME_cmp(X509_get_subject_name(on_path->certificate), name) == 0)
      return true;
  }
  return false;
}

static void check_superfluous(const struct probe_result *result, struct watch_host *host) {
  size_t others = result->shown - result->certificates.count;
  for (size_t i = 0; i < result->certificates.count; i++) {
    const struct object *object = &result->certificates.items[i];
    others += chain_holds(&result->chain, object) || is_cross_signed(&result->chain, object) ? 0 : 1;
  }
  if (others > 0)
    watch_add_finding(host, SEVERITY_WARNING, "superfluous",
                      others == 1 ? must_copy("shows a certificate that is not on the path")
                                  : must_format("shows %zu certificates that are not on the path", others));
}

static void check_expiry(const struct watch *watch, const struct object *object, bool is_issuer,
                         struct watch_host *host) {
  int64_t expires = seconds_of(X509_get0_notAfter(object->certificate));
  int64_t days = days_until(watch->now, expires);
  AUTO_TEXT left = days_text(days);
  if (days < 0)
    watch_add_finding_about(host, SEVERITY_CRITICAL, "expired", object->subject,
                            must_format("%s has expired", object_name(object)));
  else if (days < watch->warning_days)
    watch_add_finding_about(host, days < watch->critical_days ? SEVERITY_CRITICAL : SEVERITY_WARNING,
                            is_issuer ? ISSUER_EXPIRES : "expires", object->subject,
                            must_format("%s expires in %s", object_name(object), left));
}

static void check_strength(const struct object *object, struct watch_host *host) {
  EVP_PKEY *key = X509_get0_pubkey(object->certificate);
  int digest = NID_undef;
  if (key != NULL && EVP_PKEY_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_bits(key) < 2048)
    watch_add_finding_about(
        host, SEVERITY_WARNING, "small-key", object->subject,
        must_format("%s: an RSA key of %d bits; expected 2048", object_name(object), EVP_PKEY_bits(key)));
  /* Nobody relies on a root's signature of itself. */
  if (object->role == ROLE_ROOT ||
      X509_get_signature_info(object->certificate, &digest, NULL, NULL, NULL) != 1)
    return;
  if (digest == NID_md5 || digest == NID_sha1 || digest == NID_md5_sha1)
    watch_add_finding_about(host, SEVERITY_WARNING, "weak-signature", object->subject,
                            must_format("%s is signed with %s", object_name(object), OBJ_nid2sn(digest)));
}

static void check_version(struct watch_host *host) {
  static const char *const old[] = {"SSLv3", "TLSv1", "TLSv1.1"};
  for (size_t i = 0; i < COUNT_OF(old); i++)
    if (strcmp(host->version, old[i]) == 0)
      watch_add_finding(host, SEVERITY_WARNING, "old-tls",
                        must_format("speaks %s; expected TLSv1.2 or newer", host->version));
}

static void copy_keys(const struct chain *chain, struct watch_host *host) {
  size_t count = chain->path.count < CHAIN_MOST_KEYS ? chain->path.count : CHAIN_MOST_KEYS;
  host->keys = must_alloc(count, sizeof *host->keys);
  host->key_count = count;
  host->cut = chain->cut;
  host->vouched = chain->vouched;
  for (size_t i = 0; i < count; i++) {
    const struct object *object = &chain->path.items[i];
    struct watch_key *key = &host->keys[i];
    key->role = object->role;
    key->key = object->key;
    key->certificate = object->fingerprint;
    key->proven = i < chain->proven;
    key->begins = seconds_of(X509_get0_notBefore(object->certificate));
    key->expires = seconds_of(X509_get0_notAfter(object->certificate));
    snprintf(key->subject, sizeof key->subject, "%s", object->subject);
  }
}

static void note_lists(const struct chain *chain, struct watch_host *host) {
  for (size_t i = 0; i < host->key_count; i++) {
    struct watch_key *key = &host->keys[i];
    for (int list = 0; list < PIN_LIST_COUNT && *key->entry_list == '\0'; list++)
      if (object_is_listed(&host->entry, (enum pin_list)list, &chain->path.items[i]))
        snprintf(key->entry_list, sizeof key->entry_list, "%s", pin_list_name((enum pin_list)list));
  }
}

void watch_examine(const struct watch *watch, const struct pin_policy *policy, struct probe_result *result,
                   struct watch_host *host) {
  struct pin_verdict verdict;
  host->seconds = result->seconds;
  if (result->error != NULL) {
    watch_add_finding(host, SEVERITY_CRITICAL, result->timed_out ? "timeout" : "unreachable",
                      must_copy(result->error));
    return;
  }
  host->seen = true;
  host->staple = result->staple;
  memcpy(host->version, result->version, sizeof host->version);
  memcpy(host->cipher, result->cipher, sizeof host->cipher);
  copy_keys(&result->chain, host);
  watch_judge(policy, host, watch->now, &verdict);
  check_verdict(&verdict, host);
  host->covered = verdict.count > 0;
  if (host->covered) {
    host->entry = verdict.findings[0].entry;
    note_lists(&result->chain, host);
  }
  for (size_t i = 0; i < verdict.count; i++)
    check_entry(watch, &verdict.findings[i], host);
  check_verification(result, host);
  check_superfluous(result, host);
  check_version(host);
  for (size_t i = 0; i < result->chain.path.count; i++) {
    check_expiry(watch, &result->chain.path.items[i], i > 0, host);
    check_strength(&result->chain.path.items[i], host);
  }
}

/* ---- Certificates of CAs that will expire: one finding each, however many hosts show it ---- */

#define MOST_NAMED 3

struct expiring {
  const struct finding *finding; /* of the first host that shows the certificate */
  const struct watch_host *last; /* the last such host so far */
  size_t hosts;
  char *names; /* owned; of the first MOST_NAMED hosts */
};

struct expiring_list {
  struct expiring *items;
  size_t count;
};

/* Two certificates of one subject differ in the text, which says when they expire. */
static struct expiring *find_or_add(struct expiring_list *list, const struct finding *finding) {
  for (size_t i = 0; i < list->count; i++)
    if (strcmp(list->items[i].finding->text, finding->text) == 0)
      return &list->items[i];
  list->items = must_room(list->items, list->count, sizeof *list->items);
  list->items[list->count] = (struct expiring){.finding = finding};
  return &list->items[list->count++];
}

static void count_host(struct expiring_list *list, const struct watch_host *host,
                       const struct finding *finding) {
  struct expiring *expiring = find_or_add(list, finding);
  if (expiring->last == host)
    return;
  expiring->last = host;
  if (expiring->hosts++ >= MOST_NAMED)
    return;
  AUTO_TEXT name = watch_host_name(host);
  text_append(&expiring->names, ", ", name);
}

static void add_group_finding(struct watch *watch, const struct expiring *expiring) {
  const struct finding *finding = expiring->finding;
  AUTO_TEXT more = expiring->hosts <= MOST_NAMED ? must_copy("")
                                                 : must_format(" and %zu more", expiring->hosts - MOST_NAMED);
  watch_add_finding_about(&watch->machine, finding->severity, ISSUER_EXPIRES, finding->about,
                          must_format("%s: in the chain%s of %zu host%s (%s%s)", finding->text,
                                      expiring->hosts == 1 ? "" : "s", expiring->hosts,
                                      expiring->hosts == 1 ? "" : "s", expiring->names, more));
}

void watch_group_issuers(struct watch *watch) {
  struct expiring_list list = {0};
  for (size_t i = 0; i < watch->count; i++)
    for (size_t j = 0; j < watch->hosts[i].finding_count; j++)
      if (strcmp(watch->hosts[i].findings[j].code, ISSUER_EXPIRES) == 0)
        count_host(&list, &watch->hosts[i], &watch->hosts[i].findings[j]);
  for (size_t i = 0; i < list.count; i++) {
    add_group_finding(watch, &list.items[i]);
    free(list.items[i].names);
  }
  free(list.items);
}
