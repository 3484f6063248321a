/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* How pinning treats the program that it runs in: errno, the error queue, descriptors, threads, memory,
 * output. */
#include "kit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"

/* ---- A refusal ---- */

static enum outcome refusal_names(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  outcome = link_run(&link);
  if (outcome == REFUSED && !link.names_host)
    broken("the error does not name the host");
  if (outcome == REFUSED && link.verify_result != X509_V_ERR_APPLICATION_VERIFICATION)
    broken("the verification's result is %ld", link.verify_result);
  link_free(&link, client, server);
  return outcome;
}

static int say_yes(int ok, X509_STORE_CTX *ctx) {
  (void)ok;
  X509_STORE_CTX_set_error(ctx, X509_V_OK);
  return 1;
}

static enum outcome overridden_refusal_names(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;

  SSL_CTX_set_verify(client, SSL_VERIFY_PEER, say_yes);
  link_open(&link, setup, client, server);
  outcome = link_run(&link);
  if (outcome == REFUSED && (!link.names_host || link.verify_result != X509_V_ERR_APPLICATION_VERIFICATION))
    broken("names the host: %d, result %ld", link.names_host, link.verify_result);
  link_free(&link, client, server);
  return outcome;
}

/* ---- errno and the queue ---- */

static void step(SSL *ssl, const char *who) {
  int result;

  errno = 4242;
  result = SSL_do_handshake(ssl);
  printf("%s result=%d error=%d errno=%d queue=%lx\n", who, result, SSL_get_error(ssl, result), errno,
         ERR_peek_error());
}

static enum outcome errno_kept(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  link_open(&link, setup, client, server);
  for (int turn = 0; turn < 3; turn++) {
    step(link.client, "client");
    step(link.server, "server");
  }
  return link_finish(&link, client, server);
}

/* The program has left an error of its own in the queue, and marked it. */
static enum outcome queue_kept(const struct setup *setup) {
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();
  X509_STORE *store = X509_STORE_new();

  ERR_raise(ERR_LIB_USER, 77);
  ERR_set_mark();
  ERR_raise(ERR_LIB_USER, 78);
  errno = 4242;
  X509_STORE_CTX_init(ctx, store, NULL, NULL);
  printf("init: errno=%d last=%lx\n", errno, ERR_peek_last_error());
  X509_STORE_CTX_free(ctx);
  X509_STORE_free(store);
  SSL_CTX_free(client_context(setup));
  printf("errno=%d last=%lx\n", errno, ERR_peek_last_error());
  printf("mark=%d last=%lx\n", ERR_pop_to_mark(), ERR_peek_last_error());
  return connect_once(setup);
}

/* ---- Descriptors, threads, output ---- */

static void print_descriptors(void) {
  DIR *folder = opendir("/proc/self/fd");
  const struct dirent *entry;
  int open_ones = 0, inherited = 0;

  while (folder != NULL && (entry = readdir(folder)) != NULL) {
    int fd = atoi(entry->d_name);

    if (entry->d_name[0] == '.' || fd == dirfd(folder))
      continue;
    open_ones++;
    inherited += (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
  }
  printf("descriptors=%d inherited by exec=%d\n", open_ones, inherited);
  closedir(folder);
}

static void print_threads(void) {
  DIR *folder = opendir("/proc/self/task");
  int count = -2;

  while (folder != NULL && readdir(folder) != NULL)
    count++;
  printf("threads=%d\n", count);
  closedir(folder);
}

static enum outcome descriptors(const struct setup *setup) {
  enum outcome outcome = connect_once(setup);

  print_descriptors();
  print_threads();
  return outcome;
}

static void connect_without_words(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  link_open(&link, setup, client, server);
  for (int turn = 0; turn < 6; turn++) {
    (void)SSL_do_handshake(link.client);
    (void)SSL_do_handshake(link.server);
  }
  link_free(&link, client, server);
}

/*
 * Sends standard output and error to a file meanwhile: without PINNING_DEBUG nothing may be written. In a
 * child, because the environment is read only once.
 */
static enum outcome silent(const struct setup *setup) {
  FILE *file = tmpfile();
  pid_t child;
  int status;
  long written;

  fflush(stdout);
  child = fork();
  if (child == 0) {
    unsetenv("PINNING_DEBUG");
    dup2(fileno(file), 1);
    dup2(fileno(file), 2);
    connect_without_words(setup);
    fflush(stdout);
    _exit(0);
  }
  if (waitpid(child, &status, 0) != child || status != 0)
    broken("the child ends with status %#x", (unsigned)status);
  written = (long)lseek(fileno(file), 0, SEEK_END);
  fclose(file);
  if (written != 0)
    broken("%ld bytes of output", written);
  return connect_once(setup);
}

/* ---- Memory ---- */

/*
 * A leak in each handshake shows in each round, with at least the smallest size of malloc. Caches of OpenSSL
 * and malloc may grow at any time, but not in every round.
 */
#define WARM_UP 1000
#define ROUNDS 4
#define ROUND 500
#define LEAST_LOSS (ROUND * 4 * sizeof(size_t))

static size_t in_use(void) {
  struct mallinfo2 info = mallinfo2();

  return info.uordblks + info.hblkhd;
}

static enum outcome connect_quietly(const struct setup *setup, SSL_CTX *client, SSL_CTX *server, int times) {
  enum outcome outcome = BROKEN;

  for (int i = 0; i < times; i++) {
    outcome = connect_with(setup, client, server);
    ERR_clear_error();
  }
  return outcome;
}

/* The sessions in a server's cache are not ours. */
static enum outcome memory(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  size_t before, after, least = SIZE_MAX;
  enum outcome outcome = BROKEN;

  /* One line in the log shows which module refused. */
  connect_quietly(setup, client, server, 1);
  unsetenv("PINNING_DEBUG");
  SSL_CTX_set_session_cache_mode(server, SSL_SESS_CACHE_OFF);
  connect_quietly(setup, client, server, WARM_UP);
  for (int i = 0; i < ROUNDS && least > LEAST_LOSS / 8 * 7; i++) {
    before = in_use();
    outcome = connect_quietly(setup, client, server, ROUND);
    after = in_use();
    least = after < before ? 0 : after - before < least ? after - before : least;
  }
  if (least > LEAST_LOSS / 8 * 7)
    broken("at least %zu bytes more after each %d handshakes", least, ROUND);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"refusal/names-host", refusal_names, {.chain = "bad", PINNED}, WE_REFUSE},
  {"refusal/names-host-none", refusal_names, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"refusal/names-host-untrusted", refusal_names, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, WE_REFUSE},
  {"refusal/names-host-tls1.2", refusal_names, {.chain = "bad", PINNED, .version = TLS1_2_VERSION}, WE_REFUSE},
  {"refusal/names-host-overridden", overridden_refusal_names, {.chain = "bad", PINNED}, WE_REFUSE},
  {"refusal/names-host-socket", refusal_names, {.chain = "bad", PINNED, .transport = SOCKET}, WE_REFUSE},
  {"errno/accepted", errno_kept, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true},
  {"errno/accepted-none", errno_kept, {.chain = "good", PINNED, .unverified = true, .untrusting = true}, ALL_ACCEPT, .same_output = true},
  {"errno/uncovered", errno_kept, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true},
  {"errno/uncovered-untrusted", errno_kept, {.chain = "bad", OTHER, .untrusting = true}, OPENSSL_REJECTS, .same_output = true},
  {"queue/kept", queue_kept, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true},
  {"descriptors/accepted", descriptors, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true},
  {"descriptors/uncovered", descriptors, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true},
  {"descriptors/refused", descriptors, {.chain = "bad", PINNED}, WE_REFUSE},
  {"silent/accepted", silent, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"silent/refused", silent, {.chain = "bad", PINNED}, WE_REFUSE},
  {"memory/accepted", memory, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"memory/refused", memory, {.chain = "bad", PINNED}, WE_REFUSE},
  {"memory/uncovered", memory, {.chain = "bad", OTHER}, ALL_ACCEPT},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
