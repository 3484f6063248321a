/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "unbound.h"

#include <errno.h>
#include <string.h>

#include "common/policy_store.h"
#include "common/settings.h"

#define CRYPTO_FUNCTIONS(X)                                                                                  \
  X(CRYPTO_set_ex_data)                                                                                      \
  X(X509_STORE_CTX_get0_param)                                                                               \
  X(X509_STORE_CTX_get_ex_data)                                                                              \
  X(X509_STORE_CTX_get_verify)                                                                               \
  X(X509_STORE_CTX_set_error)                                                                                \
  X(X509_STORE_CTX_set_verify)                                                                               \
  X(X509_VERIFY_PARAM_get0_host)

#define SSL_FUNCTIONS(X)                                                                                     \
  X(SSL_get_ex_data_X509_STORE_CTX_idx)                                                                      \
  X(SSL_is_server)                                                                                           \
  X(SSL_set0_rbio)                                                                                           \
  X(SSL_set0_wbio)                                                                                           \
  X(SSL_set_shutdown)                                                                                        \
  X(SSL_set_verify)                                                                                          \
  X(SSL_set_verify_result)

/* Each of them may be NULL. */
struct functions {
#define X(name) __typeof__(name) *name;
  CRYPTO_FUNCTIONS(X)
  SSL_FUNCTIONS(X)
#undef X
};

/* Binds the functions at every call: a refusal need not be fast. */
static struct functions bind_functions(struct openssl *openssl) {
  struct functions found;
  void *symbol;

#define X(name)                                                                                              \
  symbol = openssl_symbol(openssl, #name);                                                                   \
  memcpy(&found.name, &symbol, sizeof symbol);
  CRYPTO_FUNCTIONS(X)
#undef X
#define X(name)                                                                                              \
  symbol = openssl_ssl_symbol(openssl, #name);                                                               \
  memcpy(&found.name, &symbol, sizeof symbol);
  SSL_FUNCTIONS(X)
#undef X
  return found;
}

/* Whether the policy could refuse anybody. */
static bool policy_could_refuse(void) {
  const struct pin_policy *policy = policy_acquire();
  bool could = policy != NULL
                   ? policy->entry_count > 0 || policy->blocked_keys.count > 0 ||
                         (policy->unlisted == PIN_UNLISTED_REFUSE && policy->mode == PIN_MODE_ENFORCE)
                   : !settings_allow_without_policy();

  policy_release(policy);
  return could;
}

static void refuse_connection(const struct functions *openssl, SSL *ssl) {
  if (openssl->SSL_set_verify_result != NULL)
    openssl->SSL_set_verify_result(ssl, X509_V_ERR_APPLICATION_VERIFICATION);
  if (openssl->SSL_set_verify != NULL)
    openssl->SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
  if (openssl->SSL_set0_rbio != NULL)
    openssl->SSL_set0_rbio(ssl, NULL);
  if (openssl->SSL_set0_wbio != NULL)
    openssl->SSL_set0_wbio(ssl, NULL);
  if (openssl->SSL_set_shutdown != NULL)
    openssl->SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

static bool is_client(const struct functions *openssl, const SSL *ssl) {
  return openssl->SSL_is_server == NULL || !openssl->SSL_is_server(ssl);
}

/* Finds the connection that a context verifies for; *ret_ssl is NULL if there is none. False: cannot be
 * found out. */
static bool find_connection(const struct functions *openssl, X509_STORE_CTX *ctx, SSL **ret_ssl) {
  *ret_ssl = NULL;
  if (openssl->SSL_get_ex_data_X509_STORE_CTX_idx == NULL || openssl->X509_STORE_CTX_get_ex_data == NULL)
    return false;
  *ret_ssl = openssl->X509_STORE_CTX_get_ex_data(ctx, openssl->SSL_get_ex_data_X509_STORE_CTX_idx());
  return true;
}

static bool names_host(const struct functions *openssl, X509_STORE_CTX *ctx) {
  return openssl->X509_STORE_CTX_get0_param == NULL || openssl->X509_VERIFY_PARAM_get0_host == NULL ||
         openssl->X509_VERIFY_PARAM_get0_host(openssl->X509_STORE_CTX_get0_param(ctx), 0) != NULL;
}

/* Whether this may be about a host: true also if that cannot be found out. */
static bool is_about_host(const struct functions *openssl, X509_STORE_CTX *ctx) {
  SSL *ssl;

  if (!find_connection(openssl, ctx, &ssl))
    return true;
  return ssl != NULL ? is_client(openssl, ssl) : names_host(openssl, ctx);
}

void unbound_context_new(struct hook *hook, X509_STORE_CTX *ctx, CRYPTO_EX_DATA *ad, int index) {
  struct functions openssl = bind_functions(&hook->openssl);
  X509_STORE_CTX_verify_fn original;
  void *kept;

  if (openssl.X509_STORE_CTX_set_verify == NULL)
    return;
  if (openssl.X509_STORE_CTX_get_verify != NULL && openssl.CRYPTO_set_ex_data != NULL) {
    original = openssl.X509_STORE_CTX_get_verify(ctx);
    memcpy(&kept, &original, sizeof kept);
    openssl.CRYPTO_set_ex_data(ad, index, kept);
  }
  openssl.X509_STORE_CTX_set_verify(ctx, hook->functions.verify);
}

int unbound_verify(struct hook *hook, X509_STORE_CTX *ctx, X509_STORE_CTX_verify_fn original) {
  struct functions openssl = bind_functions(&hook->openssl);
  void *kept = NULL;

  if (original == NULL && openssl.X509_STORE_CTX_get_ex_data != NULL) {
    kept = openssl.X509_STORE_CTX_get_ex_data(ctx, hook->store_ctx_index);
    memcpy(&original, &kept, sizeof original);
  }
  if (original != NULL && (!is_about_host(&openssl, ctx) || !policy_could_refuse()))
    return original(ctx);
  if (openssl.X509_STORE_CTX_set_error != NULL)
    openssl.X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

void unbound_gate(struct hook *hook, X509_STORE_CTX *ctx) {
  struct functions openssl = bind_functions(&hook->openssl);
  SSL *ssl;

  if (find_connection(&openssl, ctx, &ssl) && ssl != NULL && is_client(&openssl, ssl) &&
      policy_could_refuse())
    refuse_connection(&openssl, ssl);
}

void unbound_connection(struct hook *hook, SSL *ssl) {
  int saved_errno = errno;
  struct functions openssl = bind_functions(&hook->openssl);

  if (is_client(&openssl, ssl) && policy_could_refuse())
    refuse_connection(&openssl, ssl);
  errno = saved_errno;
}
