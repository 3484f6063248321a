/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Programs that read info callbacks and set them again, elsewhere, or from within one. Runs every sequence of
 * a few operations, and prints the events that each callback saw: with pinning they must be the same, no more
 * and no fewer. A case is one operation in the middle of a handshake, with all sequences before it.
 */
#include "shared_key.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define V12 .version = TLS1_2_VERSION

typedef void info_fn(const SSL *ssl, int where, int ret);

/* The objects that the operations work on. */
static struct {
  SSL_CTX *context, *second;
  SSL *ssl, *other;
  info_fn *saved;
} all;

/* ---- The program's callbacks ---- */

typedef void operation(void);

static operation *inner; /* the operation that the acting callback does; NULL: none */
static int inner_at;     /* at which of its events */
static int acting_calls;
static bool wrapped;          /* whether the wrapping callback wraps another one, or none */
static info_fn *found_before; /* the callback that it calls */

static void note(char name, const SSL *ssl, int where) {
  if (SSL_is_server(ssl))
    return;
  printf("%c%x%s", name, (unsigned)where, ssl == all.other ? "' " : " ");
}

static void plain(const SSL *ssl, int where, int ret) {
  (void)ret;
  note('p', ssl, where);
}

static void acting(const SSL *ssl, int where, int ret) {
  (void)ret;
  note('a', ssl, where);
  if (!SSL_is_server(ssl) && ++acting_calls == inner_at && inner != NULL)
    inner();
}

/* Calls the callback that was set before, as a well-behaved library does. */
static void wrapping(const SSL *ssl, int where, int ret) {
  note('w', ssl, where);
  if (found_before != NULL && found_before != wrapping)
    found_before(ssl, where, ret);
}

/* ---- The operations ---- */

static void nothing(void) {
}

static void set_plain(void) {
  SSL_set_info_callback(all.ssl, plain);
}

static void set_acting(void) {
  SSL_set_info_callback(all.ssl, acting);
}

static void set_none(void) {
  SSL_set_info_callback(all.ssl, NULL);
}

static void set_in_context(void) {
  SSL_CTX_set_info_callback(all.context, acting);
}

static void set_plain_in_context(void) {
  SSL_CTX_set_info_callback(all.context, plain);
}

static void set_none_in_context(void) {
  SSL_CTX_set_info_callback(all.context, NULL);
}

/*
 * Wraps once, like libraries that remember it. A library that asks the getter instead finds our callback in
 * place of its own and wraps itself. If libssl had read its own callback before, it is called twice for the
 * event in which it does so, because the callback that it then calls looks the same as before.
 */
static void wrap(void) {
  if (wrapped)
    return;
  wrapped = true;
  found_before = SSL_get_info_callback(all.ssl);
  SSL_set_info_callback(all.ssl, wrapping);
}

static void wrap_in_context(void) {
  if (wrapped)
    return;
  wrapped = true;
  found_before = SSL_CTX_get_info_callback(all.context);
  SSL_CTX_set_info_callback(all.context, wrapping);
}

static void save(void) {
  all.saved = SSL_get_info_callback(all.ssl);
}

static void save_of_context(void) {
  all.saved = SSL_CTX_get_info_callback(all.context);
}

static void set_saved(void) {
  SSL_set_info_callback(all.ssl, all.saved);
}

static void set_saved_in_context(void) {
  SSL_CTX_set_info_callback(all.context, all.saved);
}

static void set_saved_in_second(void) {
  SSL_CTX_set_info_callback(all.second, all.saved);
}

static void set_saved_in_other(void) {
  SSL_set_info_callback(all.other, all.saved);
}

static void change_context(void) {
  SSL_set_SSL_CTX(all.ssl, all.second);
}

static void duplicate(void) {
  SSL *copy = SSL_dup(all.ssl);

  SSL_free(all.ssl);
  all.ssl = copy;
}

static void clear(void) {
  if (SSL_in_before(all.ssl))
    SSL_clear(all.ssl);
}

static operation *const before[] = {nothing,
                                    set_plain,
                                    set_acting,
                                    set_none,
                                    set_in_context,
                                    set_plain_in_context,
                                    set_none_in_context,
                                    wrap,
                                    wrap_in_context,
                                    save,
                                    save_of_context,
                                    set_saved,
                                    set_saved_in_context,
                                    set_saved_in_second,
                                    set_saved_in_other,
                                    change_context,
                                    duplicate,
                                    clear};
#define BEFORE (sizeof before / sizeof *before)

/* Acts after the first connection, before that is closed and the other one is made. */
static operation *const after[] = {nothing,  set_none, set_saved, set_none_in_context, set_saved_in_context,
                                   set_plain};
#define AFTER (sizeof after / sizeof *after)

/* ---- One sequence ---- */

static SSL_CTX *server;

/* Uses a key agreed elsewhere, because that takes a tenth of the time of certificates. */
static SSL_CTX *new_context(const SSL_METHOD *method, const struct setup *setup) {
  int version = setup->version != 0 ? setup->version : TLS1_3_VERSION;
  SSL_CTX *context = SSL_CTX_new(method);

  if (context == NULL || SSL_CTX_set_min_proto_version(context, version) != 1 ||
      SSL_CTX_set_max_proto_version(context, version) != 1 ||
      SSL_CTX_set_cipher_list(context, "PSK-AES128-GCM-SHA256") != 1 ||
      SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") != 1)
    broken("no context");
  use_shared_key(context, context);
  return context;
}

static SSL_CTX *new_client(const struct setup *setup) {
  return setup->chain != NULL ? client_context(setup) : new_context(TLS_client_method(), setup);
}

static void join(SSL *client, SSL *accepting) {
  BIO *one, *two;

  if (BIO_new_bio_pair(&one, 65536, &two, 65536) != 1)
    broken("no BIO pair");
  SSL_set_bio(client, one, one);
  SSL_set_bio(accepting, two, two);
}

static void name(SSL *ssl, const struct setup *setup) {
  set_server_name(ssl, setup->sni);
  SSL_set1_host(ssl, setup->host);
}

static void shake_hands(SSL *client, SSL *accepting) {
  int client_done = 0, server_done = 0;

  for (int turn = 0; turn < 20 && !(client_done == 1 && server_done == 1); turn++) {
    client_done = SSL_do_handshake(client);
    server_done = SSL_do_handshake(accepting);
  }
  if (client_done != 1)
    broken("no handshake");
}

static void close_both(SSL *client, SSL *accepting) {
  char byte;

  (void)SSL_write(accepting, "x", 1);
  (void)SSL_read(client, &byte, 1);
  (void)SSL_shutdown(accepting);
  (void)SSL_shutdown(client);
}

static void connect_all(const struct setup *setup, operation *between) {
  SSL *accepting = SSL_new(server), *accepting_other = SSL_new(server);

  SSL_set_accept_state(accepting);
  SSL_set_accept_state(accepting_other);
  join(all.ssl, accepting);
  join(all.other, accepting_other);
  name(all.ssl, setup);
  name(all.other, setup);
  shake_hands(all.ssl, accepting);
  printf("| ");
  between();
  close_both(all.ssl, accepting);
  printf("| ");
  shake_hands(all.other, accepting_other);
  close_both(all.other, accepting_other);
  SSL_free(accepting);
  SSL_free(accepting_other);
}

static void run_sequence(const struct setup *setup, size_t first, size_t second, size_t last) {
  all.context = new_client(setup);
  all.second = new_client(setup);
  all.ssl = SSL_new(all.context);
  all.other = SSL_new(all.context);
  SSL_set_connect_state(all.ssl);
  SSL_set_connect_state(all.other);
  all.saved = NULL;
  found_before = NULL;
  wrapped = false;
  acting_calls = 0;
  printf("%zu %zu %zu: ", first, second, last);
  before[first]();
  before[second]();
  connect_all(setup, after[last]);
  printf("\n");
  SSL_free(all.ssl);
  SSL_free(all.other);
  SSL_CTX_free(all.context);
  SSL_CTX_free(all.second);
  ERR_clear_error();
}

static enum outcome run_all(const struct setup *setup, operation *in_the_middle, int at) {
  static char buffer[1 << 16];

  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  inner = in_the_middle;
  inner_at = at;
  server = setup->chain != NULL ? server_context(setup) : new_context(TLS_server_method(), setup);
  for (size_t i = 0; i < BEFORE; i++) {
    for (size_t j = 0; j < BEFORE; j++) {
      /* With certificates this takes long, so only every third sequence is run. */
      if (setup->chain != NULL && (i + j) % 3 != 0)
        continue;
      for (size_t k = 0; k < (setup->chain != NULL ? 1 : 2); k++)
        run_sequence(setup, i, j, (i + j + 5 * k) % AFTER);
    }
  }
  SSL_CTX_free(server);
  return ACCEPTED;
}

#define MIDDLE(function, operation, at)                                                                      \
  static enum outcome function(const struct setup *setup) {                                                  \
    return run_all(setup, operation, at);                                                                    \
  }

MIDDLE(quiet, nothing, 1)
MIDDLE(removes_itself, set_none, 3)
MIDDLE(removes_itself_at_start, set_none, 1)
MIDDLE(hands_over, set_plain, 2)
MIDDLE(hands_over_at_start, set_plain, 1)
MIDDLE(sets_saved, set_saved, 4)
MIDDLE(sets_saved_at_start, set_saved, 1)
MIDDLE(wraps_itself, wrap, 3)
MIDDLE(changes_context_callback, set_plain_in_context, 3)
MIDDLE(removes_context_callback, set_none_in_context, 2)
MIDDLE(sets_saved_in_context, set_saved_in_context, 2)
MIDDLE(wraps_context_callback, wrap_in_context, 2)

/* ---- Callbacks that at each event read the current callback, and call it unless it is the program's ---- */

static void asking(const SSL *ssl, int where, int ret) {
  info_fn *stands = SSL_get_info_callback(ssl);

  note('q', ssl, where);
  if (stands != NULL && stands != asking)
    stands(ssl, where, ret);
}

static void asking_context(const SSL *ssl, int where, int ret);

static void asking_connection(const SSL *ssl, int where, int ret) {
  info_fn *stands = SSL_CTX_get_info_callback(SSL_get_SSL_CTX(ssl));

  if (stands != NULL && stands != asking_connection && stands != asking_context)
    stands(ssl, where, ret);
}

static void asking_context(const SSL *ssl, int where, int ret) {
  info_fn *stands = SSL_get_info_callback(ssl);

  if (stands != NULL && stands != asking_connection && stands != asking_context)
    stands(ssl, where, ret);
}

static enum outcome connect_asking(const struct setup *setup, info_fn *of_context, info_fn *of_connection) {
  server = server_context(setup);
  all.context = client_context(setup);
  all.ssl = SSL_new(all.context);
  all.other = SSL_new(all.context);
  SSL_set_connect_state(all.ssl);
  SSL_set_connect_state(all.other);
  SSL_CTX_set_info_callback(all.context, of_context);
  /* When the second connection begins, our callback is set in the context. */
  SSL_set_info_callback(all.other, of_connection);
  connect_all(setup, nothing);
  printf("\n");
  SSL_free(all.ssl);
  SSL_free(all.other);
  SSL_CTX_free(all.context);
  SSL_CTX_free(server);
  return ACCEPTED;
}

/* If libssl read the callback before ours was set, the program's callback sees the last event of the first
 * flight twice. */
static enum outcome meets_itself(const struct setup *setup) {
  return connect_asking(setup, NULL, asking);
}

static enum outcome meet_each_other(const struct setup *setup) {
  return connect_asking(setup, asking_context, asking_connection);
}

/* ---- More callbacks than we have places for ---- */

#define MANY 72
static unsigned counts[MANY];

#define COUNTING(n)                                                                                          \
  static void count_##n(const SSL *ssl, int where, int ret) {                                                \
    (void)ssl, (void)where, (void)ret;                                                                       \
    counts[0##n]++;                                                                                          \
  }
#define EIGHT(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7)
/* Octal, so that the names are the numbers. */
#define ALL(X)                                                                                               \
  EIGHT(X, 00)                                                                                               \
  EIGHT(X, 01) EIGHT(X, 02) EIGHT(X, 03) EIGHT(X, 04) EIGHT(X, 05) EIGHT(X, 06) EIGHT(X, 07) EIGHT(X, 10)
ALL(COUNTING)
#define NAME(n) count_##n,
static info_fn *const counting[MANY] = {ALL(NAME)};

static SSL *new_counting(info_fn *info) {
  SSL *ssl = SSL_new(all.context);

  SSL_set_connect_state(ssl);
  SSL_set_info_callback(ssl, info);
  /* To get the allowed versions, libssl calls the security callback, and our info callback is set. */
  sk_SSL_CIPHER_free(SSL_get1_supported_ciphers(ssl));
  return ssl;
}

/* The last callback is called as often as without pinning, also in a copy of its connection. */
static enum outcome count_events(const struct setup *setup, bool in_copy) {
  SSL *accepting;

  server = server_context(setup);
  all.context = client_context(setup);
  for (size_t i = 0; i < MANY - 1; i++)
    SSL_free(new_counting(counting[i]));
  all.ssl = new_counting(counting[MANY - 1]);
  if (in_copy)
    duplicate();
  accepting = SSL_new(server);
  SSL_set_accept_state(accepting);
  join(all.ssl, accepting);
  name(all.ssl, setup);
  shake_hands(all.ssl, accepting);
  printf("events=%u\n", counts[MANY - 1]);
  SSL_free(all.ssl);
  SSL_free(accepting);
  SSL_CTX_free(all.context);
  SSL_CTX_free(server);
  return ACCEPTED;
}

static enum outcome many(const struct setup *setup) {
  return count_events(setup, false);
}

static enum outcome many_copied(const struct setup *setup) {
  return count_events(setup, true);
}

#define EACH(name, function)                                                                                 \
  {name "/uncovered", function, {OTHER}, ALL_ACCEPT, .same_output = true}, {                                 \
    name "/uncovered-tls1.2", function, {OTHER, V12}, ALL_ACCEPT, .same_output = true                        \
  }

static const struct test_case cases[] = {
    EACH("quiet", quiet),
    {"quiet/accepted", quiet, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true},
    {"meets-itself/uncovered", meets_itself, {.chain = "bad", OTHER}, ALL_ACCEPT},
    {"meets-itself/accepted", meets_itself, {.chain = "good", PINNED}, ALL_ACCEPT},
    {"meet-each-other/uncovered", meet_each_other, {.chain = "bad", OTHER}, ALL_ACCEPT},
    {"meet-each-other/accepted", meet_each_other, {.chain = "good", PINNED}, ALL_ACCEPT},
    {"many/uncovered", many, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true},
    {"many/accepted", many, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true},
    {"many/copied", many_copied, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true},
    {"many/copied-accepted", many_copied, {.chain = "good", PINNED}, ALL_ACCEPT, .same_output = true},
    EACH("removes-itself", removes_itself),
    EACH("removes-itself-at-start", removes_itself_at_start),
    EACH("hands-over", hands_over),
    EACH("hands-over-at-start", hands_over_at_start),
    EACH("sets-saved", sets_saved),
    EACH("sets-saved-at-start", sets_saved_at_start),
    EACH("wraps-itself", wraps_itself),
    EACH("changes-context-callback", changes_context_callback),
    EACH("removes-context-callback", removes_context_callback),
    EACH("sets-saved-in-context", sets_saved_in_context),
    EACH("wraps-context-callback", wraps_context_callback),
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
