/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Applies the policy to a connection of pinctl itself, even if enforcement is not enabled for pinctl: OpenSSL
 * verifies the chain as usual, then the policy judges the path that OpenSSL has proven.
 */
#include <time.h>

#include <openssl/ssl.h>

#include "base/host_port.h"
#include "keys/chain.h"
#include "notify/settings.h"
#include "notify/ways.h"

/* ---- The verdict ---- */

static bool copy_chain(X509_STORE_CTX *context, struct objects *shown) {
  const STACK_OF(X509) *stack = X509_STORE_CTX_get0_untrusted(context);
  int count = sk_X509_num(stack);
  if (count <= 0)
    return false;
  shown->items = must_alloc((size_t)count, sizeof *shown->items);
  for (int i = 0; i < count; i++) {
    X509 *certificate = sk_X509_value(stack, i);
    if (X509_up_ref(certificate) != 1 || !object_from_certificate(certificate, &shown->items[shown->count++]))
      return false;
  }
  return true;
}

/* NULL, or why the policy refuses it. */
static char *judge(const struct pinned_connection *connection, struct chain *chain) {
  struct pin_path_key keys[CHAIN_MOST_KEYS] = {0};
  const char *name = connection->host;
  struct pin_verdict verdict = {0};
  int64_t now = time(NULL);
  struct pin_peer peer = {.names = &name, .name_count = 1, .port = connection->port, .now = now};
  struct pin_path path = {
      .keys = keys, .cut = chain->cut, .vouch = chain_vouch, .vouch_arg = &chain->vouched};
  for (; path.count < chain->proven; path.count++) {
    keys[path.count].key = chain->path.items[path.count].key;
    keys[path.count].certificate = chain->path.items[path.count].fingerprint;
  }
  if (pin_select(connection->policy, &peer, &verdict) != PIN_NEEDS_NOTHING)
    pin_judge(connection->policy, &path, now, &verdict);
  return verdict.outcome == PIN_REFUSED
             ? must_format("the policy refuses its key: %s", pin_reason_text(verdict.reason))
             : NULL;
}

static int verify(X509_STORE_CTX *context, void *arg) {
  struct pinned_connection *connection = arg;
  struct objects shown = {0};
  struct chain chain = {0};
  if (X509_verify_cert(context) <= 0)
    return 0;
  free(connection->refusal);
  connection->refusal = must_copy(connection->policy == NULL ? "there is no policy to judge it by"
                                                             : "its chain could not be judged by the policy");
  if (connection->policy != NULL && copy_chain(context, &shown) &&
      chain_prove_in(X509_STORE_CTX_get0_store(context), &shown, connection->host, &chain)) {
    free(connection->refusal);
    connection->refusal = judge(connection, &chain);
  }
  chain_clear(&chain);
  objects_clear(&shown);
  if (connection->refusal == NULL)
    return 1;
  X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

/* ---- The connection ---- */

/*
 * libcurl calls this for an https:// proxy too, which is told apart by its verification: that is off. Such a
 * proxy is refused, since its chain would be judged as the server's.
 */
static CURLcode arm(CURL *handle, void *context, void *arg) {
  struct pinned_connection *connection = arg;
  (void)handle;
  if (SSL_CTX_get_verify_mode(context) == SSL_VERIFY_NONE) {
    free(connection->refusal);
    connection->refusal = must_copy("the environment names an https:// proxy, which is not supported; "
                                    "expected an http:// proxy");
    return CURLE_SSL_CONNECT_ERROR;
  }
  SSL_CTX_set_cert_verify_callback(context, verify, arg);
  return CURLE_OK;
}

/* Sets host and port of the connection. The host is canonical and without brackets, as in the policy. */
static bool read_url(const char *url, struct pinned_connection *connection) {
  CURLU *parsed = curl_url();
  char *host = NULL, *port = NULL;
  AUTO_TEXT bare = NULL;
  uint16_t ignored = 0;
  bool good = parsed != NULL && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
              curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
              port_read(port, &connection->port) && host_and_port_read(host, &bare, &ignored);
  connection->host = good ? host_as_covered(bare) : NULL;
  curl_free(host);
  curl_free(port);
  curl_url_cleanup(parsed);
  return good;
}

/* A connection to this machine does not go through the proxy of the environment. */
static bool set_proxy(CURL *handle, const struct pinned_connection *connection) {
  return settings_is_this_machine(connection->host)
             ? curl_easy_setopt(handle, CURLOPT_PROXY, "") == CURLE_OK
             : curl_easy_setopt(handle, CURLOPT_PROXY_SSL_VERIFYPEER, 0L) == CURLE_OK;
}

bool pinned_arm(CURL *handle, const char *url, const struct pin_policy *policy, const char *ca_file,
                struct pinned_connection *connection) {
  *connection = (struct pinned_connection){.policy = policy};
  return read_url(url, connection) && curl_easy_setopt(handle, CURLOPT_URL, url) == CURLE_OK &&
         set_proxy(handle, connection) &&
         curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, arm) == CURLE_OK &&
         curl_easy_setopt(handle, CURLOPT_SSL_CTX_DATA, connection) == CURLE_OK &&
         (ca_file == NULL || curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file) == CURLE_OK) &&
         curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
}

char *pinned_perform(CURL *handle, struct pinned_connection *connection) {
  char said[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, said);
  CURLcode code = curl_easy_perform(handle);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, NULL);
  if (connection->refusal != NULL)
    return must_copy(connection->refusal);
  if (code == CURLE_OK)
    return NULL;
  return must_copy(*said == '\0' ? curl_easy_strerror(code) : said);
}

void pinned_clear(struct pinned_connection *connection) {
  free(connection->host);
  free(connection->refusal);
  *connection = (struct pinned_connection){0};
}
