/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "connection.h"

#include <errno.h>
#include <stdlib.h>

#include "checked_name.h"
#include "common/policy_store.h"
#include "common/record.h"
#include "common/text.h"
#include "info_callback.h"
#include "offer.h"
#include "refusing_bio.h"
#include "session.h"
#include "unbound.h"

/* The verify mode of a refused connection: SSL_VERIFY_PEER, with flags that mean nothing to a client, so
 * no program sets them. As long as the mode is this value, the program has not set another one. */
#define FORCED_MODE (SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE | SSL_VERIFY_POST_HANDSHAKE)

enum state { UNDECIDED = 0, ALLOWED, REFUSED };

/* A client's connection, from its first handshake on. */
struct connection {
  enum state state;       /* of the running handshake, or else of the last one */
  bool cut;               /* its BIOs were replaced in this handshake */
  int programs_mode;      /* the mode that FORCED_MODE replaced */
  info_fn *programs_info; /* the callback that hook->functions.any_info stands in for; NULL: none */
  info_fn *running[2];    /* callbacks of the program's that are running, the innermost first; NULL: none */
  /* The program's BIOs for reading and writing; owned; NULL: a refusing BIO holds it, or none. */
  BIO *held[2];
  char *text;         /* report of a refusal; owned; NULL: none, or no memory */
  struct offer offer; /* the session that was offered in this handshake */
  char *sent_name;    /* see struct subject_matter; owned; known once the ClientHello is written */
};

/* A connection, with the functions to look at it. All of it is borrowed. */
struct client {
  struct hook *hook;
  const struct libssl *libssl;
  SSL *ssl;
  struct connection *connection; /* NULL: no memory, so the connection is cut off */
};

static struct connection *clear(struct connection *connection) {
  if (connection != NULL)
    *connection = (struct connection){.state = UNDECIDED};
  return connection;
}

/* If the table has no place for the connection, its ex_data leads to our data. */
static struct connection *new_connection(const struct client *client, int index) {
  struct connection *connection =
      clear(record_take_place(&client->hook->connections, client->ssl, sizeof *connection));

  if (connection != NULL)
    return connection;
  connection = clear(record_new(sizeof *connection));
  if (connection == NULL || client->libssl->SSL_set_ex_data(client->ssl, index, connection) == 1)
    return connection;
  record_free(connection);
  return NULL;
}

static struct connection *connection_of(const struct client *client) {
  struct hook *hook = client->hook;
  struct connection *connection = record_at_place(&hook->connections, client->ssl);
  int index;

  if (connection != NULL)
    return connection;
  /* The index brings the callback that clears the place when the connection is freed. */
  if (!hook_has_indexes(hook))
    return NULL;
  index = atomic_load_explicit(&hook->ssl_index, memory_order_acquire);
  connection = client->libssl->SSL_get_ex_data(client->ssl, index);
  return connection != NULL ? connection : new_connection(client, index);
}

static struct client client_of(struct hook *hook, const struct libssl *libssl, SSL *ssl) {
  struct client client = {.hook = hook, .libssl = libssl, .ssl = ssl};

  client.connection = connection_of(&client);
  return client;
}

/* ---- Making OpenSSL agree with a refusal ---- */

/*
 * Makes what replaces a BIO of the program's; NULL: no memory, and libssl then fails because it has no BIO.
 * The program may use its BIO through its own pointer, so the BIO is kept until the connection is freed.
 */
static BIO *replacement(const struct client *client, BIO *program_bio, int which) {
  const struct libcrypto *crypto = openssl_refusal(&client->hook->openssl);
  struct connection *connection = client->connection;
  BIO *bio = refusing_bio_new(client->hook, program_bio, connection != NULL ? connection->text : NULL);

  if (bio != NULL || program_bio == NULL || connection == NULL || crypto->BIO_up_ref(program_bio) != 1)
    return bio;
  crypto->BIO_free_all(connection->held[which]);
  connection->held[which] = program_bio;
  return NULL;
}

/* Returns whether there was anything to replace. */
static bool replace_bios(const struct client *client) {
  BIO *rbio = client->libssl->SSL_get_rbio(client->ssl);
  BIO *wbio = client->libssl->SSL_get_wbio(client->ssl);

  if (refusing_bio_is(client->hook, rbio) && refusing_bio_is(client->hook, wbio))
    return false;
  rbio = replacement(client, rbio, 0);
  wbio = replacement(client, wbio, 1);
  client->libssl->SSL_set0_rbio(client->ssl, rbio);
  client->libssl->SSL_set0_wbio(client->ssl, wbio);
  return true;
}

/*
 * Cuts a refused connection off from the network. If the program puts its BIOs back or sets a new descriptor,
 * or if it is too late for the handshake to fail, libssl is also told that the connection is shut down. It
 * then reads and writes nothing more.
 */
static void cut_off(const struct client *client) {
  bool replaced, again;

  atomic_store(&client->hook->has_refused, true);
  replaced = replace_bios(client);
  again = client->connection != NULL && client->connection->cut && replaced;
  if (again || client->libssl->SSL_is_init_finished(client->ssl) == 1)
    client->libssl->SSL_set_shutdown(client->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  if (client->connection != NULL)
    client->connection->cut = true;
}

/* Called within libssl's verification: makes it fail, also if the program has switched verification off. */
static void fail_verification(const struct client *client) {
  int mode = client->libssl->SSL_get_verify_mode(client->ssl);

  client->libssl->SSL_set_verify_result(client->ssl, X509_V_ERR_APPLICATION_VERIFICATION);
  if (client->connection != NULL && mode != FORCED_MODE)
    client->connection->programs_mode = mode;
  client->libssl->SSL_set_verify(client->ssl, FORCED_MODE, NULL);
}

/* For a program that uses a refused SSL for another connection. */
static void forget_refusal(const struct client *client) {
  struct connection *connection = client->connection;

  connection->cut = false;
  if (connection->state == REFUSED && client->libssl->SSL_get_verify_mode(client->ssl) == FORCED_MODE)
    client->libssl->SSL_set_verify(client->ssl, connection->programs_mode, NULL);
}

/* ---- Seeing what happens ---- */

/* For a program with more info callbacks than we have stand-ins: puts in the callback that asks the
 * connection for the program's. The connection is found by its ex_data, which SSL_dup(3) copies. */
static void watch_by_any(const struct client *client, info_fn *info) {
  client->connection->programs_info = info;
  (void)client->libssl->SSL_set_ex_data(client->ssl, atomic_load(&client->hook->ssl_index),
                                        client->connection);
  client->libssl->SSL_set_info_callback(client->ssl, client->hook->functions.any_info);
}

/* Puts our info callback where libssl looks for one: in the SSL if the program has one there, else in its
 * SSL_CTX (openssl-internals H4). */
static void watch(const struct client *client) {
  const struct libssl *libssl = client->libssl;
  info_fn *info = libssl->SSL_get_info_callback(client->ssl);
  bool in_ssl = info != NULL;
  SSL_CTX *context = libssl->SSL_get_SSL_CTX(client->ssl);
  info_fn *ours;

  if (!in_ssl)
    info = libssl->SSL_CTX_get_info_callback(context);
  if (info_callback_is_ours(client->hook, info) || info == client->hook->functions.any_info)
    return;
  ours = info_callback_for(client->hook, info);
  if (ours == NULL)
    watch_by_any(client, info);
  else if (in_ssl)
    libssl->SSL_set_info_callback(client->ssl, ours);
  else
    libssl->SSL_CTX_set_info_callback(context, ours);
}

static inline __attribute__((always_inline)) bool is_watched(const struct hook *hook,
                                                             const struct libssl *libssl, const SSL *ssl) {
  info_fn *info = connection_next_info(libssl, ssl);

  if (info == NULL)
    return false;
  return info == atomic_load_explicit(&hook->plain_info, memory_order_relaxed) ||
         info == hook->functions.any_info || info_callback_is_ours(hook, info);
}

/* ---- Judgements ---- */

static void take_judgement(const struct client *client, const struct judgement *judgement) {
  struct connection *connection = client->connection;

  connection->state = judgement->allowed ? ALLOWED : REFUSED;
  if (judgement->allowed)
    return;
  atomic_store(&client->hook->has_refused, true);
  free(connection->text);
  connection->text = text_copy(judgement->text);
}

void connection_judged(struct hook *hook, SSL *ssl, struct judgement *judgement) {
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  struct client client = client_of(hook, libssl, ssl);
  SSL_SESSION *session;

  if (client.connection != NULL)
    take_judgement(&client, judgement);
  if (!judgement->allowed) {
    /* If libssl's verification fails, this makes the failure count. If the program said yes,
     * connection_info finds the connection refused at the next step of the handshake and cuts it off. */
    fail_verification(&client);
    if (client.connection != NULL)
      watch(&client);
    else
      cut_off(&client);
    return;
  }
  session = libssl->SSL_get_session(ssl);
  /* After the handshake, in a verification of the program's own, other threads may be reading what the
   * session stores. */
  if (judgement->proven == NULL || session == NULL || libssl->SSL_is_init_finished(ssl) == 1)
    return;
  session_keep(hook, session, judgement->proven);
  judgement->proven = NULL;
}

/* See struct subject_matter. */
static const char *sent_name(const struct client *client) {
  return connection_tells_sessions_name(client->libssl, client->ssl) ? "" : client->connection->sent_name;
}

/* Judges by what the session stores. session: NULL if the peer has shown nothing. */
static void judge_session(const struct client *client, SSL_SESSION *session, enum question_stage stage,
                          struct judgement *ret_judgement) {
  const struct libssl *libssl = client->libssl;
  struct subject_matter matter = {.openssl = &client->hook->openssl,
                                  .crypto = openssl_crypto(&client->hook->openssl),
                                  .libssl = libssl,
                                  .param = libssl->SSL_get0_param(client->ssl),
                                  .ssl = client->ssl,
                                  .sent_name = sent_name(client),
                                  .stage = stage,
                                  .quiet = stage == QUESTION_OFFER};

  if (session != NULL) {
    matter.evidence.peer = libssl->SSL_SESSION_get0_peer(session);
    if (matter.evidence.peer == NULL && libssl->SSL_get0_peer_rpk != NULL)
      matter.evidence.raw_key = libssl->SSL_get0_peer_rpk(client->ssl);
    matter.kept = session_kept(client->hook, session, &matter.kept_size);
  }
  matter.evidence.peer_alone = true;
  /* peer_alone: the store is not searched, but its parameters may name the host. */
  matter.evidence.store = libssl->SSL_CTX_get_cert_store(libssl->SSL_get_SSL_CTX(client->ssl));
  judge(&matter, ret_judgement);
}

/*
 * Judges a handshake that verified nothing, when the server has finished its part or early data is about to
 * leave: a resumed session, or a cipher suite without certificates. The verdict from when the session was
 * offered counts only if nothing has changed since: the program may have set another session or name, and the
 * address it is connected to may be known only now.
 */
static void judge_unverified(const struct client *client, SSL_SESSION *session, enum question_stage stage) {
  struct judgement judgement;

  if (session != NULL && client->connection->sent_name == NULL &&
      offer_holds(client->hook, client->ssl, session, &client->connection->offer)) {
    client->connection->state = ALLOWED;
    return;
  }
  judge_session(client, session, stage, &judgement);
  take_judgement(client, &judgement);
  judgement_clear(&judgement);
}

/* Keeps a session from being offered to the server unless the policy in force is seen to allow it. Without
 * the session a full handshake verifies anew, and no early data leaves before that. */
static void look_at_offer(const struct client *client) {
  SSL_SESSION *session = client->libssl->SSL_get_session(client->ssl);
  struct judgement judgement;

  if (session == NULL)
    return;
  judge_session(client, session, QUESTION_OFFER, &judgement);
  if (!judgement.allowed || !checked_name_may_follow(client->hook, client->ssl, session))
    client->libssl->SSL_set_session(client->ssl, NULL);
  else
    offer_note(client->hook, client->ssl, session, &judgement, &client->connection->offer);
  judgement_clear(&judgement);
}

/*
 * The program is told of the start after us, and may have set another session or name. This must be found
 * before the session is offered: once the server resumes it, SSL_get_servername(3) returns the session's name
 * instead of the name that was sent (up to TLS 1.2).
 */
static void look_at_offer_again(const struct client *client) {
  SSL_SESSION *session = client->libssl->SSL_get_session(client->ssl);
  struct offer *offer = &client->connection->offer;

  if (session == NULL || client->libssl->SSL_in_before(client->ssl) != 1 ||
      offer_holds(client->hook, client->ssl, session, offer))
    return;
  offer_clear(client->hook, offer);
  look_at_offer(client);
}

/* ---- Events of a handshake ---- */

static void forget_sent_name(struct connection *connection) {
  free(connection->sent_name);
  connection->sent_name = NULL;
}

/* Notes the name that was really sent, because a program may set another session or name even after the
 * last look at the offer. */
static void note_sent_name(const struct client *client) {
  const struct libssl *libssl = client->libssl;
  struct connection *connection = client->connection;
  const char *name;

  forget_sent_name(connection);
  if (!connection_sent_other_name(libssl, client->ssl))
    return;
  name = libssl->SSL_get_servername(client->ssl, TLSEXT_NAMETYPE_host_name);
  connection->sent_name = text_copy(name != NULL ? name : "");
  if (connection->sent_name == NULL)
    connection->state = REFUSED;
}

static void begin_handshake(const struct client *client) {
  /* A start is also told when a client goes on after early data, and at a renegotiation (openssl-internals
   * H1). Their session is in use already, and is judged when the server's part is over. */
  bool first = client->libssl->SSL_in_before(client->ssl) == 1;

  if (first)
    forget_refusal(client);
  client->connection->state = UNDECIDED;
  forget_sent_name(client->connection);
  if (!first)
    return;
  offer_clear(client->hook, &client->connection->offer);
  look_at_offer(client);
}

static void begin_watching(struct hook *hook, const struct libssl *libssl, SSL *ssl) {
  struct client client = client_of(hook, libssl, ssl);

  if (client.connection == NULL) {
    cut_off(&client);
    return;
  }
  watch(&client);
  if (libssl->SSL_in_before(ssl) == 1)
    begin_handshake(&client);
}

/* If our info callback is in place, it is told of the start. libssl asks for versions again and again
 * later, which shows whether a program has replaced our info callback. */
__attribute__((noinline)) static void look_at_start(struct hook *hook, SSL *ssl) {
  int saved_errno = errno;
  const struct libssl *libssl = openssl_ssl(&hook->openssl);

  if (libssl != NULL && libssl->SSL_is_server(ssl)) {
    if (libssl->SSL_in_before(ssl) != 1)
      connection_leave_server(hook, libssl, ssl);
  } else if (libssl == NULL || openssl_lacks_function(&hook->openssl)) {
    unbound_connection(hook, ssl);
  } else if (!is_watched(hook, libssl, ssl)) {
    begin_watching(hook, libssl, ssl);
  }
  errno = saved_errno;
}

void connection_begins(struct hook *hook, SSL *ssl) {
  const struct libssl *libssl = openssl_ssl_bound(&hook->openssl);

  if (libssl == NULL || !is_watched(hook, libssl, ssl))
    look_at_start(hook, ssl);
}

/* Whether the server has finished its part of the handshake. */
static bool servers_part_is_over(const struct client *client, int where) {
  if (where == SSL_CB_HANDSHAKE_DONE)
    return client->libssl->SSL_is_init_finished(client->ssl) == 1;
  return where == SSL_CB_CONNECT_LOOP && connection_has_read_servers_end(client->libssl, client->ssl);
}

/* libssl tells that the handshake is done, though it is not (openssl-internals H6). */
static bool early_data_may_leave(const struct client *client, int where) {
  return where == SSL_CB_HANDSHAKE_DONE && client->libssl->SSL_is_init_finished(client->ssl) != 1;
}

/* The session whose key protects the early data; NULL: the key was agreed on elsewhere (an external PSK). */
static SSL_SESSION *session_of_early_data(const struct client *client) {
  SSL_SESSION *session = client->libssl->SSL_get_session(client->ssl);

  return session != NULL && client->libssl->SSL_SESSION_get_max_early_data(session) > 0 ? session : NULL;
}

static void follow_handshake(const struct client *client, int where) {
  const struct libssl *libssl = client->libssl;
  struct offer *offer = &client->connection->offer;

  if (where == SSL_CB_HANDSHAKE_START) {
    watch(client);
    begin_handshake(client);
  }
  if (client->connection->state == UNDECIDED && where == SSL_CB_CONNECT_LOOP &&
      connection_is_hello_sent(libssl->SSL_state_string(client->ssl)))
    note_sent_name(client);
  if (client->connection->state == UNDECIDED) {
    if (servers_part_is_over(client, where))
      judge_unverified(client,
                       libssl->SSL_session_reused(client->ssl) ? libssl->SSL_get_session(client->ssl) : NULL,
                       QUESTION_ANSWERED);
    else if (early_data_may_leave(client, where))
      judge_unverified(client, session_of_early_data(client), QUESTION_EARLY_DATA);
  }
  if (client->connection->state == REFUSED &&
      (where == SSL_CB_CONNECT_LOOP || where == SSL_CB_HANDSHAKE_DONE))
    cut_off(client);
  /* Early data is judged before this point, and the handshake is judged again afterwards. */
  if (offer->session != NULL && where == SSL_CB_HANDSHAKE_DONE &&
      libssl->SSL_is_init_finished(client->ssl) == 1)
    offer_clear(client->hook, offer);
}

void connection_event(struct hook *hook, const SSL *ssl, int where) {
  int saved_errno = errno;
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  struct client client;

  if (libssl != NULL && libssl->SSL_is_server(ssl)) {
    connection_of_server(hook, libssl, ssl, where);
  } else if (libssl == NULL || openssl_lacks_function(&hook->openssl)) {
    unbound_connection(hook, connection_unconst(ssl));
  } else {
    client = client_of(hook, libssl, connection_unconst(ssl));
    if (client.connection != NULL)
      follow_handshake(&client, where);
    else
      cut_off(&client);
  }
  errno = saved_errno;
}

void connection_tell(struct hook *hook, const SSL *ssl, info_fn *program, int where, int ret) {
  struct client client = client_of(hook, openssl_ssl(&hook->openssl), connection_unconst(ssl));
  struct connection *connection = client.connection;
  info_fn *outer, *outermost;

  if (connection == NULL) {
    program(ssl, where, ret);
    return;
  }
  /* A program that found our callback in place of its own may call what it found. That would call the
   * program's callback without end. */
  if (program == connection->running[0] || program == connection->running[1])
    return;
  outer = connection->running[0];
  outermost = connection->running[1];
  connection->running[1] = outer;
  connection->running[0] = program;
  program(ssl, where, ret);
  connection->running[0] = outer;
  connection->running[1] = outermost;
  /* libssl uses the callback that it read before; what the program has just set counts from the next event
   * on. */
  if (client.libssl->SSL_is_server(ssl))
    return;
  watch(&client);
  if (where == SSL_CB_HANDSHAKE_START)
    look_at_offer_again(&client);
}

void connection_any_info(struct hook *hook, const SSL *ssl, int where, int ret) {
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  int index = atomic_load_explicit(&hook->ssl_index, memory_order_acquire);
  const struct connection *connection =
      libssl != NULL && index > 0 ? libssl->SSL_get_ex_data(ssl, index) : NULL;
  info_fn *info = connection != NULL ? connection->programs_info : NULL;

  connection_info(hook, ssl, where);
  if (info != NULL)
    connection_tell(hook, ssl, info, where, ret);
}

/* ---- The lives of an SSL_CTX and an SSL ---- */

void connection_context_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  struct hook *hook = argp;
  int saved_errno = errno;
  struct libssl_context libssl;
  info_fn *plain;

  (void)ptr;
  (void)ad;
  (void)index;
  (void)argl;
  /* A program that sets up TLS will verify later, perhaps in a chroot: read the policy now. */
  policy_prepare();
  if (openssl_ssl_context(&hook->openssl, &libssl)) {
    /* Every new SSL_CTX has the same callback, so one original serves all (openssl-internals H3). */
    atomic_store(&hook->original_security, libssl.SSL_CTX_get_security_callback(parent));
    libssl.SSL_CTX_set_security_callback(parent, hook->functions.security);
    /* The info callback is told of the start of each handshake. The security callback serves programs that
     * replace our info callback, and the info callback serves those that replace our security callback. */
    plain = info_callback_for(hook, NULL);
    atomic_store_explicit(&hook->plain_info, plain, memory_order_relaxed);
    libssl.SSL_CTX_set_info_callback(parent, plain);
  }
  errno = saved_errno;
}

/* For SSL_dup(3): the copy is a connection of its own, with the same info callback. If the copy has data
 * already, that stays; otherwise both would share a pointer (openssl-internals H5). */
int connection_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int index, long argl,
                   void *argp) {
  struct hook *hook = argp;
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);
  const struct connection *original = *from_d;
  struct connection *copy = crypto != NULL ? crypto->CRYPTO_get_ex_data(to, index) : NULL;
  int saved_errno = errno;

  (void)from;
  (void)argl;
  if (copy == NULL && original != NULL && original->programs_info != NULL)
    copy = clear(record_new(sizeof *copy));
  if (copy != NULL && original != NULL)
    copy->programs_info = original->programs_info;
  *from_d = copy;
  errno = saved_errno;
  return 1;
}

static void release_contents(struct hook *hook, struct connection *connection) {
  for (int which = 0; which < 2; which++) {
    if (connection->held[which] != NULL)
      openssl_refusal(&hook->openssl)->BIO_free_all(connection->held[which]);
  }
  free(connection->text);
  free(connection->sent_name);
  offer_clear(hook, &connection->offer);
}

void connection_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  struct hook *hook = argp;
  struct connection *placed = record_at_place(&hook->connections, parent);

  (void)ad;
  (void)index;
  (void)argl;
  if (placed != NULL) {
    release_contents(hook, placed);
    record_leave_place(&hook->connections, parent);
  }
  if (ptr != NULL && ptr != placed) {
    release_contents(hook, ptr);
    record_free(ptr);
  }
}
