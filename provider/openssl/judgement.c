/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "judgement.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy_store.h"
#include "common/trace.h"
#include "common/verdict_log.h"
#include "common/verdict_settings.h"
#include "peer.h"
#include "refusal.h"
#include "vouch.h"

/* A peer that shows no key cannot show a blocked one, so only an entry for it can refuse it. */
static bool shows_nothing(const struct evidence *evidence) {
  return evidence->chain == NULL && evidence->peer == NULL && evidence->raw_key == NULL;
}

/* Extends the path as far as the policy has to look. Returns whether the path is complete. */
static bool look_at_path(const struct subject_matter *matter, const struct pin_policy *policy,
                         bool with_certificates, const struct pin_verdict *verdict, struct path *path) {
  bool whole;

  if (kept_path_read(matter->kept, matter->kept_size, with_certificates, path, &whole)) {
    path->pin.cut = !whole;
    return whole;
  }
  path_begin(&matter->evidence, with_certificates, path);
  do {
    /* Mostly a pin matches near the peer, and keys above it need not be hashed. */
    whole = !path_extend(matter->crypto, path);
  } while (!whole && !pin_is_satisfied(policy, &path->pin, verdict) &&
           !verdict_log_needs_no_more(policy, verdict, &path->pin));
  return whole && !path->pin.cut;
}

/* NULL: the peer showed a raw key, or nothing. */
static X509 *peers_certificate(const struct subject_matter *matter) {
  const struct evidence *evidence = &matter->evidence;

  return evidence->chain != NULL
             ? matter->crypto->OPENSSL_sk_value((const OPENSSL_STACK *)(const void *)evidence->chain, 0)
             : evidence->peer;
}

/* Asks the policy and judges the path. *policy may be exchanged for a repaired one. *ret_proven is set
 * only if the session should keep the path. */
static void decide(const struct subject_matter *matter, const struct pin_policy **policy, struct peer *peer,
                   struct path *path, struct kept_path **ret_proven, struct pin_verdict *ret_verdict) {
  struct voucher voucher = {.crypto = matter->crypto,
                            .certificate = peers_certificate(matter),
                            .kept = matter->kept,
                            .kept_size = matter->kept_size,
                            .verified = matter->verified ? matter->param : NULL,
                            .peer = peer,
                            .path = path,
                            .verdict = ret_verdict};
  enum pin_needs needs;
  bool whole;

  if (*policy == NULL) {
    verdict_without_policy(peer->server_name, peer->port, peer->now, ret_verdict);
    return;
  }
  needs = peer_select(peer, *policy, ret_verdict);
  if (ret_verdict->reason == PIN_REASON_DAMAGED && policy_acquire_after_damage(policy))
    needs = peer_select(peer, *policy, ret_verdict);
  if (needs == PIN_NEEDS_NOTHING)
    return;
  if (ret_verdict->count == 0 && (matter->checked_name != NULL || shows_nothing(&matter->evidence))) {
    pin_judge_silent(ret_verdict);
    return;
  }
  path->pin.vouch = vouch;
  path->pin.vouch_arg = &voucher;
  whole = look_at_path(matter, *policy, needs == PIN_NEEDS_CERTIFICATES, ret_verdict, path);
  pin_judge(*policy, &path->pin, peer->now, ret_verdict);
  path->pin.vouch = NULL;
  if (matter->ssl != NULL && !matter->evidence.peer_alone && pin_allows(ret_verdict)) {
    path_note_permission(matter->crypto, path);
    *ret_proven = kept_path_new(path, whole, vouched_name(&voucher));
  }
}

static void judge_peer(const struct subject_matter *matter, struct peer *peer, struct judgement *judgement) {
  const struct pin_policy *policy = policy_acquire();
  struct pin_verdict verdict;
  struct path path;

  path_init(&path);
  decide(matter, &policy, peer, &path, &judgement->proven, &verdict);
  verdict_honour_pause(&verdict);
  judgement->allowed = pin_allows(&verdict);
  judgement->is_plain = judgement->allowed && policy != NULL && !policy->names_addresses &&
                        !verdict_log_is_due(&verdict, &path.pin);
  judgement->generation = policy != NULL ? policy->generation : 0;
  TRACE_VERDICT(verdict.name, verdict.port, pin_outcome_word(verdict.outcome),
                pin_reason_word(verdict.reason));
  if (matter->quiet) {
    if (!judgement->allowed)
      verdict_log_dropped_session(&verdict, NULL);
  } else if (verdict_log_is_due(&verdict, &path.pin) && !matter->evidence.will_tell &&
             (!matter->evidence.told || verdict.outcome == PIN_REFUSED)) {
    judgement->told = true;
    path_describe(openssl_refusal(matter->openssl), &path);
    judgement->text = verdict_log(&verdict, &path.pin, NULL);
  }
  path_clear(matter->crypto, &path);
  policy_release(policy);
}

/* Where the names of the peer are looked for. */
static struct peer_sources sources_of(const struct subject_matter *matter) {
  X509_STORE *store = matter->evidence.store;
  struct peer_sources sources = {
      matter->crypto,       matter->libssl,    {matter->param}, matter->ssl, peers_certificate(matter),
      matter->checked_name, matter->sent_name, matter->stage};

  /* A store can name a host too, for all verifications that use it. */
  if (store != NULL)
    sources.params[1] = matter->crypto->X509_STORE_get0_param(store);
  return sources;
}

void judge(const struct subject_matter *matter, struct judgement *ret_judgement) {
  int saved_errno = errno;
  struct peer_sources sources = sources_of(matter);
  struct peer peer;
  int cancel_state;

  /* A thread that is cancelled while it logs would never release the policy. */
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
  memset(ret_judgement, 0, sizeof *ret_judgement);
  matter->crypto->ERR_set_mark();
  peer_begin(&sources, &peer);
  /* A certificate outside TLS, without a host's name, belongs to no peer: a signed mail, a CA. */
  if (matter->ssl == NULL && !peer.is_named)
    ret_judgement->allowed = true;
  else
    judge_peer(matter, &peer, ret_judgement);
  peer_clear(&peer);
  matter->crypto->ERR_pop_to_mark();
  if (!ret_judgement->allowed && !matter->quiet && matter->checked_name == NULL)
    leave_errors(matter->openssl, matter->ssl != NULL, ret_judgement->text);
  pthread_setcancelstate(cancel_state, NULL);
  errno = saved_errno;
}

void judgement_clear(struct judgement *judgement) {
  free(judgement->text);
  judgement->text = NULL;
  free(judgement->proven);
  judgement->proven = NULL;
}
