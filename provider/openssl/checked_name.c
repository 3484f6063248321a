/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "checked_name.h"

#include <pthread.h>

#include "certificate_names.h"
#include "common/host_part.h"
#include "common/policy_store.h"
#include "common/settings.h"
#include "connection.h"
#include "judgement.h"
#include "peer_chain.h"
#include "session.h"

bool checked_name_is_allowed(struct hook *hook, X509 *certificate, const char *name) {
  struct subject_matter matter = {
      .openssl = &hook->openssl, .crypto = openssl_crypto(&hook->openssl), .checked_name = name};
  struct judgement judgement;

  if (matter.crypto == NULL || openssl_lacks_function(&hook->openssl))
    return false;
  /* A client that connects to us is not a host that we connect to. */
  if (peer_chain_is_client(hook, certificate))
    return true;
  matter.evidence = peer_chain_evidence(hook, certificate);
  matter.kept = peer_chain_from_session(hook, certificate, &matter.kept_size);
  judge(&matter, &judgement);
  judgement_clear(&judgement);
  return judgement.allowed;
}

/* How many names of one certificate are looked up for a session that may be offered. */
#define MOST_NAMES 256

/* Whether the certificate's own key is allowed for all its names. */
struct session_question {
  struct hook *hook;
  X509 *certificate;
  const struct pin_policy *policy;
  int names;
  bool allowed;
};

static bool key_is_allowed_for(const struct session_question *question, const char *name) {
  struct subject_matter matter = {.openssl = &question->hook->openssl,
                                  .crypto = openssl_crypto(&question->hook->openssl),
                                  .evidence = {.peer = question->certificate, .peer_alone = true},
                                  .checked_name = name,
                                  .quiet = true};
  struct judgement judgement;

  judge(&matter, &judgement);
  judgement_clear(&judgement);
  return judgement.allowed;
}

/* Looking a name up is cheap and judging is not, so only names that an entry covers are judged. */
static bool ask_for_name(const char *name, void *arg) {
  struct session_question *question = arg;

  question->allowed =
      question->names++ < MOST_NAMES &&
      (pin_covers(question->policy, name, 0) == PIN_SELECTED_NOTHING || key_is_allowed_for(question, name));
  return question->allowed;
}

static bool ask_for_each_name(struct session_question *question) {
  const struct libcrypto *crypto = openssl_crypto(&question->hook->openssl);
  bool seen;

  if (question->policy == NULL)
    return settings_allow_without_policy();
  crypto->ERR_set_mark();
  seen = certificate_names_visit(crypto, question->certificate, true, ask_for_name, question);
  crypto->ERR_pop_to_mark();
  return seen && question->allowed;
}

/*
 * Whether the policy allows the certificate's own key for each of its names. A wildcard name is looked up as
 * such: only entries that cover every host it stands for are found. False also if the certificate has more
 * than MOST_NAMES names.
 */
static bool is_allowed_by_key(struct hook *hook, X509 *certificate) {
  struct session_question question = {.hook = hook, .certificate = certificate, .allowed = true};
  bool allowed;
  int cancel_state;

  /* A thread that is cancelled while it logs would never release the policy. */
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
  question.policy = policy_acquire();
  allowed = ask_for_each_name(&question);
  policy_release(question.policy);
  pthread_setcancelstate(cancel_state, NULL);
  return allowed;
}

/* An address that is sent in place of a name may stand for any name. */
static bool sends_a_name(const struct libssl *libssl, SSL *ssl) {
  const char *name = libssl->SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

  return name != NULL && !host_part_is_address(name) && !connection_tells_sessions_name(libssl, ssl);
}

static bool gives_a_name(const struct libssl *libssl, const struct libcrypto *crypto, SSL *ssl) {
  return sends_a_name(libssl, ssl) ||
         crypto->X509_VERIFY_PARAM_get0_host(libssl->SSL_get0_param(ssl), 0) != NULL;
}

bool checked_name_may_follow(struct hook *hook, SSL *ssl, SSL_SESSION *session) {
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  X509 *peer = peer_chain_is_kept(hook) ? libssl->SSL_SESSION_get0_peer(session) : NULL;
  const unsigned char *kept;
  size_t size;

  if (peer == NULL || peer_chain_is_known(hook, peer))
    return true;
  kept = session_kept(hook, session, &size);
  if (kept != NULL)
    return peer_chain_keep_from_session(hook, peer, kept, size);
  return gives_a_name(libssl, openssl_crypto(&hook->openssl), ssl) || is_allowed_by_key(hook, peer);
}
