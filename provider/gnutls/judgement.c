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
#include "vouch.h"

#define LIBRARY "gnutls"

/* The first name that the program gave the host; NULL: none. */
static const char *first_name(const struct peer *peer) {
  for (int i = 0; i < PEER_GIVEN; i++) {
    if (peer->given[i] != NULL)
      return peer->given[i];
  }
  return NULL;
}

static void look_at_path(const struct pin_policy *policy, const struct pin_verdict *verdict,
                         struct path *path) {
  /* Mostly a pin matches near the peer, and signatures above it need not be checked. */
  while (path_extend(path)) {
    if (pin_is_satisfied(policy, &path->pin, verdict) ||
        verdict_log_needs_no_more(policy, verdict, &path->pin))
      return;
  }
}

static void decide(const struct subject_matter *matter, const struct pin_policy **policy, struct peer *peer,
                   struct path *path, struct judgement *judgement, struct pin_verdict *ret_verdict) {
  struct voucher voucher = {
      .library = matter->library, .path = path, .now = peer->now, .verdict = ret_verdict};
  enum pin_needs needs;

  if (*policy == NULL) {
    verdict_without_policy(first_name(peer), peer->port, peer->now, ret_verdict);
    return;
  }
  needs = peer_select(peer, *policy, ret_verdict);
  if (ret_verdict->reason == PIN_REASON_DAMAGED && policy_acquire_after_damage(policy))
    needs = peer_select(peer, *policy, ret_verdict);
  if (needs == PIN_NEEDS_NOTHING)
    return;
  /* A peer that shows no key cannot show a blocked one, so only an entry for it can refuse it. But it is
   * not known what a stored session keeps. */
  if (ret_verdict->count == 0 && matter->evidence.count == 0 && !matter->is_stored &&
      matter->library->gnutls_session_is_resumed(matter->session) == 0) {
    pin_judge_silent(ret_verdict);
    return;
  }
  judgement->covered = true;
  path->with_certificates = needs == PIN_NEEDS_CERTIFICATES;
  path->pin.vouch = vouch;
  path->pin.vouch_arg = &voucher;
  look_at_path(*policy, ret_verdict, path);
  pin_judge(*policy, &path->pin, peer->now, ret_verdict);
  path->pin.vouch = NULL;
}

static void report(const struct subject_matter *matter, const struct pin_verdict *verdict,
                   struct path *path) {
  TRACE_VERDICT(verdict->name, verdict->port, pin_outcome_word(verdict->outcome),
                pin_reason_word(verdict->reason));
  if (matter->quiet && verdict->outcome == PIN_REFUSED) {
    verdict_log_dropped_session(verdict, LIBRARY);
  } else if (!matter->quiet && verdict_log_is_due(verdict, &path->pin)) {
    path_describe(path);
    free(verdict_log(verdict, &path->pin, LIBRARY));
  }
}

/* A transport of the program's own never tells where it goes, but other sockets may (question.c). */
static enum question_stage stage_of(const struct subject_matter *matter, const struct peer *peer) {
  if (matter->leaves_now && peer->fd >= 0)
    return QUESTION_EARLY_DATA;
  return matter->is_stored ? QUESTION_OFFER : QUESTION_ANSWERED;
}

struct judgement judge(const struct subject_matter *matter) {
  struct judgement judgement = {false, false};
  int saved_errno = errno, cancel_state;
  const struct pin_policy *policy;
  struct pin_verdict verdict;
  struct peer peer;
  struct path path;

  /* A thread that is cancelled while it logs would never release the policy. */
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
  policy = policy_acquire();
  path_begin(matter->library, matter->session, &matter->evidence, &path);
  memcpy(peer.given, matter->given, sizeof peer.given);
  peer.name_lost = matter->name_lost;
  peer.is_media = matter->is_media;
  peer.path = &path;
  peer_look(matter->library, matter->session, &peer);
  peer.stage = stage_of(matter, &peer);
  decide(matter, &policy, &peer, &path, &judgement, &verdict);
  verdict_honour_pause(&verdict);
  judgement.allowed = pin_allows(&verdict);
  report(matter, &verdict, &path);
  path_clear(&path);
  peer_clear(&peer);
  policy_release(policy);
  pthread_setcancelstate(cancel_state, NULL);
  errno = saved_errno;
  return judgement;
}
