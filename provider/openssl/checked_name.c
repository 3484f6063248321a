/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "checked_name.h"

#include "judgement.h"
#include "peer_chain.h"

bool checked_name_is_allowed(struct hook *hook, X509 *certificate, const char *name) {
  struct subject_matter matter = {
      .openssl = &hook->openssl, .crypto = openssl_crypto(&hook->openssl), .checked_name = name};
  struct judgement judgement;

  if (matter.crypto == NULL || openssl_lacks_function(&hook->openssl))
    return false;
  /* Who connects to us is no host that we talk to. */
  if (peer_chain_is_client(hook, certificate))
    return true;
  matter.evidence = peer_chain_evidence(hook, certificate);
  judge(&matter, &judgement);
  judgement_clear(&judgement);
  return judgement.allowed;
}
