/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Library contexts of the program's own, and providers that the program loads itself. */
#include "shared_key.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"

static enum outcome run_in(OSSL_LIB_CTX *library, const struct setup *setup) {
  SSL_CTX *client = client_context_in(library, TLS_client_method(), setup), *server = server_context(setup);
  enum outcome outcome = connect_with(setup, client, server);

  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static OSSL_LIB_CTX *new_library(void) {
  OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();

  if (library == NULL || OSSL_PROVIDER_load(library, "default") == NULL)
    broken("no library context");
  return library;
}

static enum outcome second_library(const struct setup *setup) {
  return run_in(new_library(), setup);
}

/* Made before anything else has initialised OpenSSL. */
static enum outcome default_replaced(const struct setup *setup) {
  OSSL_LIB_CTX_set0_default(new_library());
  return run_in(NULL, setup);
}

/* The same in a program that has used the first default context before. */
static enum outcome default_replaced_later(const struct setup *setup) {
  enum outcome outcome;

  SSL_CTX_free(client_context(setup));
  OSSL_LIB_CTX_set0_default(new_library());
  outcome = run_in(NULL, setup);
  return outcome;
}

/* ---- A provider that is loaded by name from a folder, without configuration ---- */

static const char *from_environment(const char *name) {
  const char *value = getenv(name);

  if (value == NULL)
    broken("%s is not set", name);
  return value;
}

static OSSL_PROVIDER *load_by_hand(void) {
  char module[512];
  OSSL_PROVIDER *provider;

  setenv("PINNING_DEBUG", "1", 1);
  setenv("PINNING_POLICY", from_environment("PATHS_POLICY"), 1);
  snprintf(module, sizeof module, "%s", from_environment("PATHS_MODULE"));
  if (OSSL_PROVIDER_set_default_search_path(NULL, dirname(module)) != 1)
    broken("no search path");
  /* Loading any provider by hand ends the implicit loading of the default one. */
  if (OSSL_PROVIDER_load(NULL, "default") == NULL)
    broken("no default provider");
  provider = OSSL_PROVIDER_load(NULL, "pinning");
  if (provider == NULL)
    broken("pinning does not load");
  return provider;
}

static enum outcome by_hand(const struct setup *setup) {
  load_by_hand();
  return connect_once(setup);
}

/* The context existed before the provider was loaded. */
static enum outcome by_hand_later(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  enum outcome outcome;

  load_by_hand();
  outcome = connect_with(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome unloaded(const struct setup *setup) {
  OSSL_PROVIDER_unload(load_by_hand());
  return connect_once(setup);
}

static enum outcome reloaded(const struct setup *setup) {
  enum outcome first, second, third;

  OSSL_PROVIDER_unload(load_by_hand());
  first = connect_once(setup);
  load_by_hand();
  second = connect_once(setup);
  for (int i = 0; i < 20; i++)
    OSSL_PROVIDER_unload(load_by_hand());
  third = connect_once(setup);
  if (first != second || second != third)
    broken("outcomes differ: %d %d %d", first, second, third);
  return third;
}

static enum outcome unloaded_halfway(const struct setup *setup) {
  OSSL_PROVIDER *provider = load_by_hand();
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  link_open(&link, setup, client, server);
  (void)SSL_do_handshake(link.client);
  OSSL_PROVIDER_unload(provider);
  return link_finish(&link, client, server);
}

/* A connection without certificates, in a context that existed before the provider was loaded. */
static enum outcome by_hand_later_psk(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  enum outcome outcome;

  load_by_hand();
  use_shared_key(client, server);
  outcome = connect_with(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* ---- The activation of the provider ---- */

static bool is_active(void) {
  return OSSL_PROVIDER_available(NULL, "pinning") == 1;
}

static void fetch_in(OSSL_LIB_CTX *library) {
  EVP_MD *digest = EVP_MD_fetch(library, "SHA2-256", NULL);

  if (digest == NULL)
    broken("no digest");
  EVP_MD_free(digest);
}

/* An activation by the configuration is visible at first, and given up at the first search for an algorithm.
 */
static enum outcome given_up(const struct setup *setup) {
  bool by_configuration = strcmp(from_environment("PATHS_WAY"), "provider") == 0 ||
                          strcmp(from_environment("PATHS_WAY"), "both") == 0;

  if (is_active() != by_configuration)
    broken("active from the start: %d", is_active());
  fetch_in(NULL);
  if (is_active())
    broken("still active, and so asked for every key");
  return connect_once(setup);
}

/* An activation by the program stays until the program unloads the provider. */
static enum outcome not_given_up(const struct setup *setup) {
  OSSL_PROVIDER *provider = load_by_hand();
  enum outcome outcome;

  fetch_in(NULL);
  outcome = connect_once(setup);
  if (!is_active())
    broken("not active any more");
  OSSL_PROVIDER_unload(provider);
  if (is_active())
    broken("active after all");
  return outcome;
}

/* A provider with a library context of its own, which has all providers of the program. */
static int holder_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                       void **provctx) {
  static const OSSL_DISPATCH nothing[] = {{0, NULL}};

  *out = nothing;
  *provctx = OSSL_LIB_CTX_new_child(handle, in);
  return *provctx != NULL;
}

static OSSL_LIB_CTX *library_of_holder(void) {
  OSSL_PROVIDER *holder;

  OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
  holder =
      OSSL_PROVIDER_add_builtin(NULL, "holder", holder_init) == 1 ? OSSL_PROVIDER_load(NULL, "holder") : NULL;
  if (holder == NULL)
    broken("the holder does not load");
  return OSSL_PROVIDER_get0_provider_ctx(holder);
}

static enum outcome child_library(const struct setup *setup) {
  OSSL_LIB_CTX *child = library_of_holder();
  enum outcome outcome;

  fetch_in(child);
  outcome = run_in(child, setup);
  if (run_in(NULL, setup) != outcome)
    broken("its parent sees it otherwise");
  OSSL_LIB_CTX_free(child);
  return outcome;
}

static enum outcome child_library_later(const struct setup *setup) {
  OSSL_LIB_CTX *child = library_of_holder();
  enum outcome outcome;

  fetch_in(NULL);
  outcome = run_in(child, setup);
  OSSL_LIB_CTX_free(child);
  return outcome;
}

/* ---- Many objects, freed in odd orders ---- */

static enum outcome contexts_freed_first(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  outcome = link_run(&link);
  link_close(&link);
  return outcome;
}

static enum outcome never_connected(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  for (int i = 0; i < 100; i++)
    SSL_free(SSL_new(client));
  SSL_CTX_free(client);
  X509_STORE_CTX_free(X509_STORE_CTX_new());
  return connect_once(setup);
}

static enum outcome cleaned_up(const struct setup *setup) {
  enum outcome outcome = connect_once(setup);

  OPENSSL_cleanup();
  return outcome;
}

#define SECOND_DEFAULT                                                                                       \
  "OpenSSL keeps its ex_data callbacks in the default library context: the provider's stay in the first one"
#define CONTEXT_BEFORE "an SSL_CTX from before the module was loaded does not tell when its handshakes start"
#define ALWAYS_REFUSED .without = REFUSED, .provider = REFUSED, .shim = REFUSED

static const struct test_case cases[] = {
    /* clang-format off */
  {"second-library/right-key", second_library, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"second-library/wrong-key", second_library, {.chain = "bad", PINNED}, WE_REFUSE},
  {"second-library/wrong-key-none", second_library, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, WE_REFUSE},
  {"default-replaced/right-key", default_replaced, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"default-replaced/wrong-key", default_replaced, {.chain = "bad", PINNED}, WE_REFUSE},
  {"default-replaced-later/wrong-key", default_replaced_later, {.chain = "bad", PINNED}, ACCEPTED, ACCEPTED, ACCEPTED, .note = SECOND_DEFAULT},
  {"by-hand/right-key", by_hand, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"by-hand/wrong-key", by_hand, {.chain = "bad", PINNED}, ALWAYS_REFUSED},
  {"by-hand/wrong-key-none", by_hand, {.chain = "bad", PINNED, .unverified = true}, ALWAYS_REFUSED},
  {"by-hand/uncovered", by_hand, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"by-hand-later/right-key", by_hand_later, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"by-hand-later/wrong-key", by_hand_later, {.chain = "bad", PINNED}, ALWAYS_REFUSED},
  {"by-hand-later/psk", by_hand_later_psk, {PINNED}, ACCEPTED, REFUSED, REFUSED, .note = CONTEXT_BEFORE},
  {"unloaded/wrong-key", unloaded, {.chain = "bad", PINNED}, ALWAYS_REFUSED},
  {"unloaded/right-key", unloaded, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"unloaded-halfway/wrong-key", unloaded_halfway, {.chain = "bad", PINNED}, ALWAYS_REFUSED},
  {"unloaded-halfway/right-key", unloaded_halfway, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"reloaded/wrong-key", reloaded, {.chain = "bad", PINNED}, ALWAYS_REFUSED},
  {"reloaded/right-key", reloaded, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"given-up/right-key", given_up, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"given-up/wrong-key", given_up, {.chain = "bad", PINNED}, WE_REFUSE},
  {"given-up/wrong-key-none", given_up, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, WE_REFUSE},
  {"given-up/uncovered", given_up, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"not-given-up/right-key", not_given_up, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"not-given-up/wrong-key", not_given_up, {.chain = "bad", PINNED}, ALWAYS_REFUSED},
  {"child-library/right-key", child_library, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"child-library/wrong-key", child_library, {.chain = "bad", PINNED}, WE_REFUSE},
  {"child-library-later/right-key", child_library_later, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"child-library-later/wrong-key", child_library_later, {.chain = "bad", PINNED}, WE_REFUSE},
  {"contexts-freed-first/right-key", contexts_freed_first, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"contexts-freed-first/wrong-key", contexts_freed_first, {.chain = "bad", PINNED}, WE_REFUSE},
  {"never-connected/wrong-key", never_connected, {.chain = "bad", PINNED}, WE_REFUSE},
  {"cleaned-up/right-key", cleaned_up, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"cleaned-up/wrong-key", cleaned_up, {.chain = "bad", PINNED}, WE_REFUSE},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
