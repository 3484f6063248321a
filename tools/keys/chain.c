/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "keys/chain.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/host_port.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/output.h"
#include "proof/proof.h"

/* The lowest broken link that the tolerant verification found. It explains a failure, and decides nothing. */
struct tolerance {
  size_t proven; /* SIZE_MAX: no broken link */
  int broken_by;
};

/* Errors that do not concern whether the key of one certificate, as a CA that may sign, signed another. */
static bool leaves_links_proven(int error) {
  switch (error) {
  case X509_V_OK:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_CERT_UNTRUSTED:
  case X509_V_ERR_CERT_REJECTED:
  case X509_V_ERR_CERT_NOT_YET_VALID:
  case X509_V_ERR_CERT_HAS_EXPIRED:
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
  case X509_V_ERR_EE_KEY_TOO_SMALL:
  case X509_V_ERR_CA_KEY_TOO_SMALL:
  case X509_V_ERR_CA_MD_TOO_WEAK:
    return true;
  default:
    return false;
  }
}

/*
 * A bad signature is reported for the certificate that carries it: the links below still prove that
 * certificate's own key. All other errors are about the certificate at their depth, whose key then does
 * not count.
 */
static int tolerate(int ok, X509_STORE_CTX *context) {
  struct tolerance *tolerance = X509_STORE_CTX_get_app_data(context);
  int error = X509_STORE_CTX_get_error(context);
  int depth = X509_STORE_CTX_get_error_depth(context);
  if (ok == 1 || leaves_links_proven(error))
    return 1;
  /* look_at_peer checks the purpose of the peer's certificate, which does not concern its signature. */
  if (depth == 0 && error == X509_V_ERR_INVALID_PURPOSE)
    return 1;
  size_t proven = depth < 0 ? 0 : (size_t)depth + (error == X509_V_ERR_CERT_SIGNATURE_FAILURE ? 1 : 0);
  /* The peer proves its own key in the handshake. */
  proven = proven == 0 ? 1 : proven;
  if (proven < tolerance->proven) {
    tolerance->proven = proven;
    tolerance->broken_by = error;
  }
  return 1;
}

/* The default security level of libssl, for small keys and weak digests. */
static int default_security_level(void) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  int level = context == NULL ? 1 : SSL_CTX_get_security_level(context);
  SSL_CTX_free(context);
  return level;
}

/*
 * check_name checks the name: if an enforcing module is preloaded into pinctl itself, a verification
 * without a name does not concern it.
 */
static X509_STORE_CTX *start(X509_STORE *store, const struct objects *shown, STACK_OF(X509) * others) {
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  if (context != NULL && X509_STORE_CTX_init(context, store, shown->items[0].certificate, others) == 1 &&
      X509_STORE_CTX_set_default(context, "ssl_server") == 1) {
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context), default_security_level());
    return context;
  }
  X509_STORE_CTX_free(context);
  return NULL;
}

static bool add_certificates(X509_STORE *store, const char *ca_file) {
  struct objects authorities;
  if (!objects_read(ca_file, &authorities))
    return false;
  size_t added = 0;
  for (size_t i = 0; i < authorities.count; i++)
    if (authorities.items[i].certificate != NULL)
      added += X509_STORE_add_cert(store, authorities.items[i].certificate) == 1 ? 1 : 0;
  objects_clear(&authorities);
  if (added == 0)
    say_error("%s: expected a certificate", ca_file);
  return added > 0;
}

X509_STORE *chain_store_new(const char *ca_file) {
  X509_STORE *store = X509_STORE_new();
  bool good = store != NULL;
  if (good && ca_file == NULL && X509_STORE_set_default_paths(store) != 1) {
    say_error("the certificates that OpenSSL trusts by default cannot be read");
    good = false;
  } else if (good && ca_file != NULL) {
    good = add_certificates(store, ca_file);
  }
  if (good)
    return store;
  X509_STORE_free(store);
  return NULL;
}

static int check_name(X509 *certificate, const char *host) {
  if (host_is_address(host))
    return X509_check_ip_asc(certificate, host, 0) == 1 ? X509_V_OK : X509_V_ERR_IP_ADDRESS_MISMATCH;
  return X509_check_host(certificate, host, 0, 0, NULL) == 1 ? X509_V_OK : X509_V_ERR_HOSTNAME_MISMATCH;
}

/* ---- Whether a pinned CA may vouch for the peer, as in provider/openssl/vouch.c ---- */

static bool is_within_dates(const X509 *certificate) {
  time_t now = time(NULL);
  return ASN1_TIME_cmp_time_t(X509_get0_notBefore(certificate), now) <= 0 &&
         ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate), now) >= 0;
}

/* The host without trailing dots, which no certificate has. */
static int check_plain_name(X509 *certificate, const char *host) {
  AUTO_TEXT plain = must_copy(host);
  for (size_t length = strlen(plain); length > 0 && plain[length - 1] == '.'; length--)
    plain[length - 1] = '\0';
  return check_name(certificate, plain);
}

static enum pin_reason look_at_peer(X509 *certificate, const char *host) {
  if (check_plain_name(certificate, host) != X509_V_OK)
    return PIN_REASON_WRONG_NAME;
  if (!is_within_dates(certificate))
    return PIN_REASON_OUT_OF_DATE;
  if (X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) != 1 ||
      (X509_get_extension_flags(certificate) & EXFLAG_CRITICAL) != 0)
    return PIN_REASON_NOT_A_SERVER;
  return PIN_REASON_MATCHED;
}

enum pin_reason chain_vouch(void *arg, const struct pin_finding *finding, size_t depth) {
  const struct vouched *vouched = arg;
  (void)finding;
  if (vouched->peer != PIN_REASON_MATCHED || depth < vouched->permitted)
    return vouched->peer;
  return vouched->above;
}

static bool take_path(const STACK_OF(X509) * built, struct chain *chain) {
  int length = sk_X509_num(built);
  chain->path.items = must_alloc(length < 0 ? 0 : (size_t)length, sizeof *chain->path.items);
  for (int i = 0; i < length; i++) {
    X509 *certificate = sk_X509_value(built, i);
    X509_up_ref(certificate);
    if (!object_from_certificate(certificate, &chain->path.items[chain->path.count++]))
      return false;
  }
  return chain->path.count > 0;
}

/* The verdict of OpenSSL itself. *ret_verified: on everything but the name. Returns false if the
 * verification could not be run. */
static bool verify_strictly(X509_STORE *store, const struct objects *shown, STACK_OF(X509) * others,
                            const char *host, struct chain *chain, bool *ret_verified) {
  X509_STORE_CTX *context = start(store, shown, others);
  if (context == NULL)
    return false;
  int good = X509_verify_cert(context);
  chain->error = X509_STORE_CTX_get_error(context);
  chain->error_depth = X509_STORE_CTX_get_error_depth(context);
  X509_STORE_CTX_free(context);
  ERR_clear_error();
  /* reported by an enforcing module in this process, not by OpenSSL */
  if (chain->error == X509_V_ERR_APPLICATION_VERIFICATION)
    chain->error = X509_V_OK;
  else if (good != 1 && chain->error == X509_V_OK)
    chain->error = X509_V_ERR_UNSPECIFIED;
  *ret_verified = chain->error == X509_V_OK;
  if (*ret_verified) {
    chain->error = check_name(shown->items[0].certificate, host);
    chain->error_depth = 0;
  }
  return true;
}

/* Finds the path that OpenSSL would build, and where it breaks. Returns false if this could not be tried. */
static bool verify_tolerantly(X509_STORE *store, const struct objects *shown, STACK_OF(X509) * others,
                              struct chain *chain) {
  struct tolerance tolerance = {.proven = SIZE_MAX, .broken_by = X509_V_OK};
  X509_STORE_CTX *context = start(store, shown, others);
  if (context == NULL)
    return false;
  X509_STORE_CTX_set_app_data(context, &tolerance);
  X509_STORE_CTX_set_verify_cb(context, tolerate);
  (void)X509_verify_cert(context);
  bool good = take_path(X509_STORE_CTX_get0_chain(context), chain);
  chain->broken_by = tolerance.broken_by;
  X509_STORE_CTX_free(context);
  ERR_clear_error();
  return good;
}

static bool begins_with(const struct objects *path, const struct proof *proof) {
  bool same = path->count >= proof->count;
  for (size_t i = 0; same && i < proof->count; i++)
    same = X509_cmp(path->items[i].certificate, proof->certificates[i]) == 0;
  return same;
}

/* If they differ, the proven path replaces the one that OpenSSL would build. */
static bool replace_path(const struct proof *proof, struct chain *chain) {
  STACK_OF(X509) *proven = sk_X509_new_null();
  bool good = proven != NULL;
  for (size_t i = 0; good && i < proof->count; i++)
    good = sk_X509_push(proven, proof->certificates[i]) > 0;
  objects_clear(&chain->path);
  chain->path = (struct objects){0};
  good = good && take_path(proven, chain);
  sk_X509_free(proven);
  return good;
}

/* Proves a chain that OpenSSL has not verified in the way of pinning.so. */
static bool prove(X509_STORE *store, const struct objects *shown, STACK_OF(X509) * others,
                  struct chain *chain) {
  struct proof proof;
  proof_make(shown->items[0].certificate, others, store, &proof);
  bool good = proof.count > 0 && (begins_with(&chain->path, &proof) || replace_path(&proof, chain));
  chain->proven = proof.count;
  chain->cut = proof.cut;
  chain->vouched.permitted = proof.permitted;
  chain->vouched.above = proof.permission;
  if (good && chain->proven == chain->path.count)
    chain->broken_by = X509_V_OK;
  else if (chain->cut)
    chain->broken_by = X509_V_ERR_CERT_CHAIN_TOO_LONG;
  else if (chain->broken_by == X509_V_OK)
    chain->broken_by = X509_V_ERR_UNSPECIFIED;
  proof_clear(&proof);
  return good;
}

bool chain_prove_in(X509_STORE *store, const struct objects *shown, const char *host,
                    struct chain *ret_chain) {
  *ret_chain = (struct chain){0};
  STACK_OF(X509) *others = sk_X509_new_null();
  bool good = others != NULL, verified = false;
  for (size_t i = 0; good && i < shown->count; i++)
    if (shown->items[i].certificate != NULL)
      good = sk_X509_push(others, shown->items[i].certificate) > 0;
  good = good && verify_strictly(store, shown, others, host, ret_chain, &verified) &&
         verify_tolerantly(store, shown, others, ret_chain);
  if (good && verified) {
    ret_chain->cut = ret_chain->path.count > CHAIN_MOST_KEYS;
    ret_chain->proven = ret_chain->cut ? CHAIN_MOST_KEYS : ret_chain->path.count;
    ret_chain->vouched.permitted = SIZE_MAX;
  } else if (good) {
    good = prove(store, shown, others, ret_chain);
  }
  if (good)
    ret_chain->vouched.peer = look_at_peer(shown->items[0].certificate, host);
  sk_X509_free(others);
  return good;
}

bool chain_prove(const struct objects *shown, const char *ca_file, const char *host,
                 struct chain *ret_chain) {
  *ret_chain = (struct chain){0};
  X509_STORE *store = chain_store_new(ca_file);
  if (store == NULL)
    return false;
  bool good = chain_prove_in(store, shown, host, ret_chain);
  if (!good)
    say_error("OpenSSL could not build a chain from these certificates");
  X509_STORE_free(store);
  return good;
}

bool chain_holds(const struct chain *chain, const struct object *object) {
  for (size_t i = 0; i < chain->path.count; i++)
    if (memcmp(&chain->path.items[i].fingerprint, &object->fingerprint, sizeof object->fingerprint) == 0)
      return true;
  return false;
}

void chain_clear(struct chain *chain) {
  objects_clear(&chain->path);
  *chain = (struct chain){0};
}

/* Rounds down below zero too: less than a day ago is -1. */
static int whole_days(const ASN1_TIME *from, const ASN1_TIME *to) {
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, from, to) != 1)
    return -1;
  return seconds < 0 ? days - 1 : days;
}

int days_left(const X509 *certificate) {
  return whole_days(NULL, X509_get0_notAfter(certificate));
}

int days_of_life(const X509 *certificate) {
  return whole_days(X509_get0_notBefore(certificate), X509_get0_notAfter(certificate));
}

static void print_times(const X509 *certificate) {
  int days = days_left(certificate);
  AUTO_TEXT left = days_text(days);
  if (days < 0)
    put(stderr, RED, ", expired\n");
  else
    put(stderr, days < 30 ? YELLOW : PLAIN, ", %s left\n", left);
}

void chain_tree_print(const struct chain *chain) {
  size_t count = chain->path.count < chain->proven ? chain->path.count : chain->proven;
  for (size_t i = 0; i < count; i++) {
    const struct object *object = &chain->path.items[count - 1 - i];
    char digest[PIN_DIGEST_TEXT_SIZE];
    pin_digest_format(&object->key, digest);
    AUTO_TEXT branch = i == 0 ? must_copy("") : must_format("%*s`- ", (int)(i - 1) * 3, "");
    put(stderr, PLAIN, "%s", branch);
    put(stderr, BOLD, "%s", *object->subject == '\0' ? "(no subject)" : object->subject);
    fputc('\n', stderr);
    put(stderr, PLAIN, "%*s%s, %s", (int)i * 3 + 2, "", role_word(object->role), object->key_type);
    print_times(object->certificate);
    put(stderr, PLAIN, "%*s%s\n", (int)i * 3 + 2, "", digest);
  }
}
