/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

#include "log.h"
#include "policy_store.h"
#include "refusing_bio.h"
#include "text.h"

/*
 * What a refused connection is told to verify: SSL_VERIFY_PEER, with flags that mean nothing to a client and
 * so are no program's.
 */
#define FORCED_MODE (SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE | SSL_VERIFY_POST_HANDSHAKE)

enum state { UNDECIDED = 0, ALLOWED, REFUSED };

/* A client's connection, from its first handshake on. */
struct connection {
  enum state state;            /* of the handshake under way, or the last one */
  const SSL_SESSION *approved; /* the session that it offers to resume, and may; only to be compared */
  int programs_mode;           /* what FORCED_MODE stands in for */
  bool cut;                    /* its BIOs were replaced in this handshake */
  bool in_info;                /* the program's info callback is running */
  info_fn *program_info;       /* the info callback that ours stands in for; NULL: that of the SSL_CTX */
  char *text;                  /* the report of a refusal; NULL: none, or no memory */
};

static struct connection *connection_of(const struct hook *hook, const struct libssl *libssl, SSL *ssl) {
  struct connection *connection = libssl->SSL_get_ex_data(ssl, hook->ssl_index);

  if (connection != NULL)
    return connection;
  connection = calloc(1, sizeof *connection);
  if (connection == NULL || libssl->SSL_set_ex_data(ssl, hook->ssl_index, connection) == 1)
    return connection;
  free(connection);
  return NULL;
}

/* ---- Cutting a connection off ---- */

/* Whether there was anything to replace. */
static bool replace_bios(struct hook *hook, const struct libssl *libssl, SSL *ssl, const char *text) {
  BIO *rbio = libssl->SSL_get_rbio(ssl);
  BIO *wbio = libssl->SSL_get_wbio(ssl);

  if (refusing_bio_is(hook, rbio) && refusing_bio_is(hook, wbio))
    return false;
  rbio = refusing_bio_new(hook, rbio, text);
  wbio = refusing_bio_new(hook, wbio, text);
  /* Without memory for them NULL does as well: libssl then fails for want of a BIO. */
  libssl->SSL_set0_rbio(ssl, rbio);
  libssl->SSL_set0_wbio(ssl, wbio);
  return true;
}

/*
 * A program may put its BIOs back, or a new descriptor in, and go on. Then, and where it is too late for the
 * handshake to fail, libssl is also told that the connection is shut down, and reads and writes nothing more.
 */
static void cut(struct hook *hook, const struct libssl *libssl, SSL *ssl, struct connection *connection) {
  bool replaced = replace_bios(hook, libssl, ssl, connection->text);

  if ((connection->cut && replaced) || libssl->SSL_is_init_finished(ssl) == 1)
    libssl->SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  connection->cut = true;
}

/* Makes a failed verification count, where the program has switched it off. */
static void force_verification(const struct libssl *libssl, SSL *ssl, struct connection *connection) {
  int mode = libssl->SSL_get_verify_mode(ssl);

  if (connection != NULL && mode != FORCED_MODE)
    connection->programs_mode = mode;
  libssl->SSL_set_verify(ssl, FORCED_MODE, NULL);
}

/* ---- Judgements ---- */

static void take_judgement(struct connection *connection, const struct judgement *judgement) {
  connection->state = judgement->allowed ? ALLOWED : REFUSED;
  if (judgement->allowed)
    return;
  free(connection->text);
  connection->text = text_copy(judgement->text);
}

static void watch(const struct hook *hook, const struct libssl *libssl, SSL *ssl,
                  struct connection *connection) {
  info_fn *info = libssl->SSL_get_info_callback(ssl);

  if (info == hook->info)
    return;
  connection->program_info = info;
  libssl->SSL_set_info_callback(ssl, hook->info);
}

void connection_judged(struct hook *hook, SSL *ssl, const struct judgement *judgement) {
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  struct connection *connection = connection_of(hook, libssl, ssl);

  if (connection != NULL)
    take_judgement(connection, judgement);
  if (judgement->allowed)
    return;
  /* Where libssl's verification fails, this makes it count. Where the program said yes, the next step of the
     handshake finds the connection refused (connection_info) and cuts it off. */
  libssl->SSL_set_verify_result(ssl, X509_V_ERR_APPLICATION_VERIFICATION);
  force_verification(libssl, ssl, connection);
  if (connection != NULL)
    watch(hook, libssl, ssl, connection);
  else
    replace_bios(hook, libssl, ssl, NULL);
}

/* What is known of a peer that is not verified in this handshake: what its session kept. */
static struct subject_matter matter_of(struct hook *hook, const struct libssl *libssl, SSL *ssl,
                                       SSL_SESSION *session) {
  struct subject_matter matter = {.openssl = &hook->openssl,
                                  .crypto = openssl_crypto(&hook->openssl),
                                  .libssl = libssl,
                                  .param = libssl->SSL_get0_param(ssl),
                                  .ssl = ssl};

  if (session == NULL)
    return matter;
  matter.evidence.peer = libssl->SSL_SESSION_get0_peer(session);
  matter.evidence.untrusted = libssl->SSL_get_peer_cert_chain(ssl);
  matter.evidence.store = libssl->SSL_CTX_get_cert_store(libssl->SSL_get_SSL_CTX(ssl));
  if (matter.evidence.peer == NULL && libssl->SSL_get0_peer_rpk != NULL)
    matter.evidence.raw_key = libssl->SSL_get0_peer_rpk(ssl);
  return matter;
}

/* The server's part of a handshake is over, and nothing has been verified: a resumed session, or a suite
   without certificates. */
static void judge_unverified(struct hook *hook, const struct libssl *libssl, SSL *ssl,
                             struct connection *connection) {
  SSL_SESSION *session = libssl->SSL_session_reused(ssl) ? libssl->SSL_get_session(ssl) : NULL;
  struct subject_matter matter = matter_of(hook, libssl, ssl, session);
  struct judgement judgement;

  if (session != NULL && session == connection->approved) {
    connection->state = ALLOWED;
    return;
  }
  if (matter.crypto == NULL)
    return;
  judge(&matter, &judgement);
  take_judgement(connection, &judgement);
  judgement_clear(&judgement);
}

/*
 * A session that the policy in force cannot be seen to allow is not offered to the server: a full handshake
 * then verifies anew, and no early data leaves before that.
 */
static const SSL_SESSION *approve_session(struct hook *hook, const struct libssl *libssl, SSL *ssl) {
  SSL_SESSION *session = libssl->SSL_get_session(ssl);
  struct subject_matter matter;
  struct judgement judgement;

  if (session == NULL)
    return NULL;
  matter = matter_of(hook, libssl, ssl, session);
  matter.quiet = true;
  if (matter.crypto == NULL)
    return NULL;
  judge(&matter, &judgement);
  judgement_clear(&judgement);
  if (judgement.allowed)
    return session;
  libssl->SSL_set_session(ssl, NULL);
  log_line(LOG_NOTICE,
           "event=session-dropped message=\"the policy does not allow a stored TLS session any more\" "
           "consequence=\"a full handshake, without early data\"");
  return NULL;
}

/* ---- Events of a handshake ---- */

static void begin_handshake(struct hook *hook, const struct libssl *libssl, SSL *ssl,
                            struct connection *connection) {
  bool was_refused = connection->state == REFUSED;

  connection->state = UNDECIDED;
  /* A start is also announced when a client goes on after early data, and at a renegotiation: their session
     is in use, and is judged when the server's part is over. */
  if (libssl->SSL_in_before(ssl) != 1)
    return;
  connection->cut = false;
  /* The program uses a refused SSL for another connection. */
  if (was_refused && libssl->SSL_get_verify_mode(ssl) == FORCED_MODE)
    libssl->SSL_set_verify(ssl, connection->programs_mode, NULL);
  connection->approved = approve_session(hook, libssl, ssl);
}

static void begin_watching(struct hook *hook, const struct libssl *libssl, SSL *ssl) {
  int saved_errno = errno;
  struct connection *connection;

  if (libssl->SSL_is_server(ssl))
    return;
  connection = connection_of(hook, libssl, ssl);
  if (connection != NULL)
    watch(hook, libssl, ssl, connection);
  else
    replace_bios(hook, libssl, ssl, NULL);
  if (connection != NULL && libssl->SSL_in_before(ssl) == 1)
    begin_handshake(hook, libssl, ssl, connection);
  errno = saved_errno;
}

/* Where our info callback is in place it is told of the start. libssl asks again and again later on, which
   tells when a program has put its own there. */
void connection_begins(struct hook *hook, SSL *ssl) {
  const struct libssl *libssl = openssl_ssl(&hook->openssl);

  if (libssl != NULL && libssl->SSL_get_info_callback(ssl) != hook->info)
    begin_watching(hook, libssl, ssl);
}

/* Whether the server has said all it will in this handshake. */
static bool servers_part_is_over(const struct libssl *libssl, SSL *ssl, int where) {
  const char *state;

  if (where == SSL_CB_HANDSHAKE_DONE)
    return libssl->SSL_is_init_finished(ssl) == 1;
  if (where != SSL_CB_CONNECT_LOOP)
    return false;
  /* SSL_state_string(3): server done, or finished, was read. The numbers of these states differ between
     releases. */
  state = libssl->SSL_state_string(ssl);
  return text_begins(state, "TRSD") || text_begins(state, "TRFIN");
}

/* libssl also announces a handshake done before it lets early data leave. Without an approved session that
   goes to whoever holds a pre-shared key of the program's. */
static bool early_data_may_leave(const struct libssl *libssl, SSL *ssl, int where) {
  return where == SSL_CB_HANDSHAKE_DONE && libssl->SSL_is_init_finished(ssl) != 1;
}

/* Whether early data goes to the session that was looked at. A program may have given another one since, or
 * one that has no early data, and a key of its own that has. */
static bool offers_approved(const struct libssl *libssl, SSL *ssl, const struct connection *connection) {
  return connection->approved != NULL && libssl->SSL_get_session(ssl) == connection->approved &&
         libssl->SSL_SESSION_get_max_early_data(connection->approved) > 0;
}

static void follow_handshake(struct hook *hook, const struct libssl *libssl, SSL *ssl,
                             struct connection *connection, int where) {
  if (where == SSL_CB_HANDSHAKE_START) {
    watch(hook, libssl, ssl, connection);
    begin_handshake(hook, libssl, ssl, connection);
  }
  if (connection->state == UNDECIDED &&
      (servers_part_is_over(libssl, ssl, where) ||
       (!offers_approved(libssl, ssl, connection) && early_data_may_leave(libssl, ssl, where))))
    judge_unverified(hook, libssl, ssl, connection);
  if (connection->state == REFUSED && (where == SSL_CB_CONNECT_LOOP || where == SSL_CB_HANDSHAKE_DONE))
    cut(hook, libssl, ssl, connection);
}

/* The callback that ours stands in for; NULL: none, or the program took ours away, and libssl calls its own.
 */
static info_fn *programs_info(const struct hook *hook, const struct libssl *libssl, SSL *ssl,
                              const struct connection *connection) {
  info_fn *info = connection != NULL ? connection->program_info : NULL;

  if (libssl->SSL_get_info_callback(ssl) != hook->info)
    return NULL;
  if (info == NULL)
    info = libssl->SSL_CTX_get_info_callback(libssl->SSL_get_SSL_CTX(ssl));
  return info != hook->info ? info : NULL;
}

void connection_info(struct hook *hook, SSL *ssl, int where, int ret) {
  int saved_errno = errno;
  const struct libssl *libssl = openssl_ssl(&hook->openssl);
  struct connection *connection = libssl->SSL_get_ex_data(ssl, hook->ssl_index);
  info_fn *info;

  /* A program's callback may call the one that it found before its own, which is ours. */
  if (connection != NULL && connection->in_info)
    return;
  if (!libssl->SSL_is_server(ssl)) {
    if (connection == NULL)
      connection = connection_of(hook, libssl, ssl);
    if (connection != NULL)
      follow_handshake(hook, libssl, ssl, connection, where);
    else
      replace_bios(hook, libssl, ssl, NULL);
  }
  errno = saved_errno;
  info = programs_info(hook, libssl, ssl, connection);
  if (info == NULL)
    return;
  if (connection != NULL)
    connection->in_info = true;
  info(ssl, where, ret);
  if (connection != NULL)
    connection->in_info = false;
}

/* ---- The lives of an SSL_CTX and an SSL ---- */

void connection_context_new(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  struct hook *hook = argp;
  int saved_errno = errno;
  struct libssl_context libssl;

  (void)ptr;
  (void)ad;
  (void)index;
  (void)argl;
  /* A program that sets up TLS will verify, and may by then have entered a chroot: read the policy now. */
  policy_prepare();
  if (openssl_ssl_context(&hook->openssl, &libssl)) {
    /* Every new SSL_CTX has libssl's own callback, so one original serves all. */
    atomic_store(&hook->original_security, libssl.SSL_CTX_get_security_callback(parent));
    libssl.SSL_CTX_set_security_callback(parent, hook->security);
    /* It is told of the start of each handshake; the security callback is there for programs that put an info
       callback of their own in place of ours, and this one for those that do so with theirs. */
    libssl.SSL_CTX_set_info_callback(parent, hook->info);
  }
  errno = saved_errno;
}

/* SSL_dup(3): the copy is a connection of its own. Keeps what it already has, where others would share a
 * pointer. */
int connection_dup(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **from_d, int index, long argl,
                   void *argp) {
  struct hook *hook = argp;
  const struct libcrypto *crypto = openssl_crypto(&hook->openssl);

  (void)from;
  (void)argl;
  *from_d = crypto != NULL ? crypto->CRYPTO_get_ex_data(to, index) : NULL;
  return 1;
}

void connection_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp) {
  struct connection *connection = ptr;

  (void)parent;
  (void)ad;
  (void)index;
  (void)argl;
  (void)argp;
  if (connection == NULL)
    return;
  free(connection->text);
  free(connection);
}
