/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of kit.h: files, policies, contexts, and the table of cases. */
#include "kit.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

void broken(const char *format, ...) {
  va_list arguments;

  printf("broken: ");
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf("\noutcome: broken\n");
  ERR_print_errors_fp(stdout);
  exit(2);
}

void not_applicable(const char *why) {
  printf("%s\noutcome: n.a.\n", why);
  exit(0);
}

static const char *environment(const char *name) {
  const char *value = getenv(name);

  if (value == NULL)
    broken("%s is not set", name);
  return value;
}

const char *pki(const char *kind, const char *name, const char *suffix) {
  static _Thread_local char paths[4][512];
  static _Thread_local unsigned turn;
  char *path = paths[turn++ % 4];

  snprintf(path, sizeof paths[0], "%s/%s%s%s", environment("PATHS_PKI"), kind, name, suffix);
  return path;
}

static FILE *open_pem(const char *kind, const char *name) {
  FILE *file = fopen(pki(kind, name, ".pem"), "re");

  if (file == NULL)
    broken("no file %s%s.pem", kind, name);
  return file;
}

X509 *read_certificate(const char *name) {
  FILE *file = open_pem("cert-", name);
  X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);

  if (certificate == NULL)
    broken("no certificate %s", name);
  fclose(file);
  return certificate;
}

EVP_PKEY *read_key(const char *name) {
  FILE *file = open_pem("key-", name);
  EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);

  if (key == NULL)
    broken("no key %s", name);
  fclose(file);
  return key;
}

X509_STORE *store_trusting(const char *name) {
  X509_STORE *store = X509_STORE_new();
  X509 *root = read_certificate(name);

  if (X509_STORE_add_cert(store, root) != 1)
    broken("no root");
  X509_free(root);
  return store;
}

void *optional_symbol(const char *name) {
  return dlsym(RTLD_DEFAULT, name);
}

/* ---- The policy ---- */

static void copy_file(const char *from, const char *to) {
  char buffer[16384];
  FILE *in = fopen(from, "re"), *out = fopen(to, "we");
  size_t length;

  if (in == NULL || out == NULL)
    broken("cannot copy %s to %s", from, to);
  length = fread(buffer, 1, sizeof buffer, in);
  fwrite(buffer, 1, length, out);
  fclose(in);
  if (fclose(out) != 0)
    broken("cannot write %s", to);
}

void replace_policy(const char *name) {
  const char *policy = environment("PATHS_POLICY");
  char beside[512];

  snprintf(beside, sizeof beside, "%s.new", policy);
  copy_file(pki("policy-", name, ".cfg"), beside);
  if (rename(beside, policy) != 0)
    broken("cannot replace %s", policy);
}

bool resolve_name(const char *name) {
  const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  struct addrinfo *addresses;

  if (getaddrinfo(name, "443", &hints, &addresses) != 0)
    return false;
  freeaddrinfo(addresses);
  return true;
}

void use_policy(const char *name) {
  replace_policy(name);
  wait_for_look();
}

void wait_for_look(void) {
  if (strcmp(environment("PATHS_WAY"), "without") != 0)
    nanosleep(&(struct timespec){.tv_nsec = 600000000}, NULL);
}

/* ---- Contexts ---- */

static void set_version(SSL_CTX *context, const struct setup *setup) {
  int version = setup->version != 0 ? setup->version : TLS1_3_VERSION;

  if (SSL_CTX_set_min_proto_version(context, version) != 1 ||
      SSL_CTX_set_max_proto_version(context, version) != 1)
    broken("no such version");
}

SSL_CTX *client_context_in(OSSL_LIB_CTX *library, const SSL_METHOD *method, const struct setup *setup) {
  SSL_CTX *context = SSL_CTX_new_ex(library, NULL, method);

  if (context == NULL)
    broken("no context for the client");
  set_version(context, setup);
  SSL_CTX_set_verify(context, setup->unverified ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
  if (!setup->untrusting && SSL_CTX_load_verify_file(context, pki("cert-", "root", ".pem")) != 1)
    broken("no root");
  return context;
}

SSL_CTX *client_context(const struct setup *setup) {
  return client_context_in(NULL, TLS_client_method(), setup);
}

void load_chain(SSL_CTX *context, const char *chain) {
  if (SSL_CTX_use_certificate_chain_file(context, pki("chain-", chain, ".pem")) != 1)
    broken("no chain %s", chain);
  /* A stuffed chain has certificates around the leaf, whose key is in another file. */
  if (SSL_CTX_use_PrivateKey_file(context, pki("key-", strcmp(chain, "stuffed") == 0 ? "bad" : chain, ".pem"),
                                  SSL_FILETYPE_PEM) != 1)
    broken("no key %s", chain);
}

SSL_CTX *server_context(const struct setup *setup) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());

  if (context == NULL)
    broken("no context for the server");
  set_version(context, setup);
  SSL_CTX_set_session_id_context(context, (const unsigned char *)"paths", 5);
  if (setup->chain != NULL)
    load_chain(context, setup->chain);
  return context;
}

SSL_SESSION *newest_session;

static int keep_session(SSL *ssl, SSL_SESSION *session) {
  (void)ssl;
  SSL_SESSION_free(newest_session);
  newest_session = session;
  return 1;
}

SSL_CTX *caching_client(const struct setup *setup) {
  SSL_CTX *client = client_context(setup);

  SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(client, keep_session);
  return client;
}

/* ---- Processes ---- */

enum outcome in_child(enum outcome (*run)(const struct setup *setup), const struct setup *setup) {
  int status;
  pid_t child;

  fflush(stdout);
  child = fork();
  if (child < 0)
    broken("no child");
  if (child == 0) {
    enum outcome outcome = run(setup);

    fflush(stdout);
    _exit(10 + (int)outcome);
  }
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) < 10)
    broken("the child ends with status %#x", (unsigned)status);
  return (enum outcome)(WEXITSTATUS(status) - 10);
}

/* ---- Cases ---- */

static const char *const outcome_words[] = {"accepted", "refused", "rejected", "n.a.", "broken"};

static int list(const struct test_case *cases, size_t count) {
  for (size_t i = 0; i < count; i++)
    printf("%s\t%s\t%s\t%s\t%d\t%s\n", cases[i].name, outcome_words[cases[i].without],
           outcome_words[cases[i].provider], outcome_words[cases[i].shim], cases[i].same_output,
           cases[i].note != NULL ? cases[i].note : "");
  return 0;
}

int cases_main(int argc, char **argv, const struct test_case *cases, size_t count) {
  enum outcome outcome;

  if (argc != 2)
    broken("usage: %s --list | CASE", argv[0]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (strcmp(argv[1], "--list") == 0)
    return list(cases, count);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(argv[1], cases[i].name) != 0)
      continue;
    outcome = cases[i].run(&cases[i].setup);
    printf("outcome: %s\n", outcome_words[outcome]);
    return outcome == BROKEN ? 2 : 0;
  }
  broken("no case %s", argv[1]);
}
