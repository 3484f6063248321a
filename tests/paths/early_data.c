/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Early data (RFC 8446, 2.3), which leaves the client before the server has shown anything. */
#include "shared_key.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"

static SSL_CTX *eager_server(const struct setup *setup) {
  SSL_CTX *server = server_context(setup);

  SSL_CTX_set_max_early_data(server, 16384);
  SSL_CTX_set_options(server, SSL_OP_NO_ANTI_REPLAY);
  return server;
}

/* Server: reads early data as long as some can come. True: the handshake itself is next. */
static bool read_early(struct link *link) {
  char buffer[256];
  size_t length = 0;
  int result;

  ERR_clear_error();
  result = SSL_read_early_data(link->server, buffer, sizeof buffer, &length);
  link->server_received += length;
  ERR_clear_error();
  return result == SSL_READ_EARLY_DATA_FINISH;
}

static void write_early(struct link *link, const char *data) {
  size_t written = 0;
  int error;
  bool finished = false;

  for (int turn = 0; turn < 50 && !link->client_failed; turn++) {
    ERR_clear_error();
    if (SSL_write_early_data(link->client, data, strlen(data), &written) == 1)
      break;
    error = SSL_get_error(link->client, 0);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
      link_note_failure(link);
    if (!finished)
      finished = read_early(link);
    else
      (void)SSL_do_handshake(link->server);
  }
  for (int turn = 0; turn < 5 && !finished; turn++)
    finished = read_early(link);
}

/* Checks what leaves the client: the data must never be unencrypted. */
static long watch_wire(BIO *bio, int operation, const char *data, size_t length, int argi, long argl,
                       int result, size_t *processed) {
  (void)bio, (void)argi, (void)argl, (void)processed;
  if (operation == BIO_CB_WRITE && memmem(data, length, "early", 5) != NULL)
    broken("early data leaves in the clear");
  return result;
}

static enum outcome send_early(struct link *link, bool may_arrive) {
  BIO_set_callback_ex(SSL_get_wbio(link->client), watch_wire);
  write_early(link, "early");
  if (may_arrive && link->server_received != 5)
    broken("early data did not arrive");
  if (!link->client_failed)
    link_handshake(link);
  link_exchange(link);
  return link_outcome(link);
}

/* Makes one connection with early data. session: the one to offer; NULL: none. */
static enum outcome connect_early(const struct setup *setup, SSL_CTX *client, SSL_CTX *server,
                                  SSL_SESSION *session, bool may_arrive) {
  struct link link;
  enum outcome outcome;

  link_open(&link, setup, client, server);
  if (session != NULL)
    SSL_set_session(link.client, session);
  outcome = send_early(&link, may_arrive);
  link_close(&link);
  return outcome;
}

/* Makes a connection that is accepted. */
static SSL_SESSION *session_of(const struct setup *setup, SSL_CTX *client, SSL_CTX *server) {
  SSL_SESSION *session;

  if (connect_with(setup, client, server) != ACCEPTED || newest_session == NULL)
    broken("no first session");
  session = newest_session;
  newest_session = NULL;
  return session;
}

/* second_policy: NULL: keeps the first policy. */
static enum outcome follow(const struct setup *setup, const char *second_policy, bool may_arrive) {
  SSL_CTX *client = caching_client(setup), *server = eager_server(setup);
  SSL_SESSION *session = session_of(setup, client, server);
  enum outcome outcome;

  if (second_policy != NULL)
    use_policy(second_policy);
  outcome = connect_early(setup, client, server, session, may_arrive);
  SSL_SESSION_free(session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome unchanged(const struct setup *setup) {
  return follow(setup, NULL, true);
}

static enum outcome changed(const struct setup *setup) {
  return follow(setup, "changed", false);
}

/* ---- A session that replaces the one that was checked ---- */

static SSL_SESSION *put_in;

static void put_session_in(const SSL *ssl, int where, int result) {
  SSL *mutable;

  (void)result;
  memcpy(&mutable, &ssl, sizeof ssl);
  if (where == SSL_CB_HANDSHAKE_START && put_in != NULL)
    SSL_set_session(mutable, put_in);
}

/* The program offers a session that the changed policy allows, and uses another one at the last moment. */
static enum outcome exchange_by(const struct setup *setup, void (*prepare)(SSL *ssl)) {
  struct setup other = *setup;
  SSL_CTX *client = caching_client(setup), *server = eager_server(setup), *other_server;
  SSL_SESSION *allowed;
  struct link link;
  enum outcome outcome;

  put_in = session_of(setup, client, server);
  use_policy("changed");
  other.chain = "bad";
  other_server = eager_server(&other);
  allowed = session_of(&other, client, other_server);
  link_open(&link, setup, client, server);
  prepare(link.client);
  SSL_set_session(link.client, allowed);
  outcome = send_early(&link, false);
  if (outcome == REFUSED && link.server_received != 0)
    broken("early data arrived");
  link_close(&link);
  SSL_SESSION_free(allowed);
  SSL_SESSION_free(put_in);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  SSL_CTX_free(other_server);
  return outcome;
}

static void put_in_at_start(SSL *ssl) {
  SSL_set_info_callback(ssl, put_session_in);
  /* To get the allowed versions, libssl calls the security callback as before a handshake, but none begins.
   */
  sk_SSL_CIPHER_free(SSL_get1_supported_ciphers(ssl));
}

static void put_in_behind_start(SSL *ssl) {
  change_at_hello(ssl, put_session_in);
}

static enum outcome exchanged(const struct setup *setup) {
  return exchange_by(setup, put_in_at_start);
}

static enum outcome exchanged_late(const struct setup *setup) {
  return exchange_by(setup, put_in_behind_start);
}

/* ---- With the first packet of a connection (TCP Fast Open) ---- */

/* Enters a network namespace where Fast Open needs no earlier cookie (tcp_fastopen in ip-sysctl). */
static void enter_network(void) {
  static const char setting[] = "519"; /* 0x207: both sides, without asking for a cookie */
  struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  int fd, any;

  if (unshare(CLONE_NEWNET) != 0)
    not_applicable("no network of our own here");
  fd = open("/proc/sys/net/ipv4/tcp_fastopen", O_WRONLY | O_CLOEXEC);
  any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || write(fd, setting, sizeof setting - 1) < 0 || ioctl(any, SIOCSIFFLAGS, &loopback) != 0)
    not_applicable("no TCP Fast Open here");
  close(fd);
  close(any);
}

static int listen_for_fast(struct sockaddr_in *ret_address) {
  socklen_t size = sizeof *ret_address;
  int waiting = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  *ret_address = (struct sockaddr_in){.sin_family = AF_INET};
  inet_pton(AF_INET, "127.0.0.2", &ret_address->sin_addr);
  if (setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &waiting, sizeof waiting) != 0 ||
      bind(listener, (struct sockaddr *)ret_address, size) != 0 || listen(listener, 1) != 0 ||
      getsockname(listener, (struct sockaddr *)ret_address, &size) != 0)
    broken("no listener");
  return listener;
}

/* Sends nothing yet. */
static void put_off(int fd, const struct sockaddr_in *to) {
  int on = 1;

  if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on) != 0 ||
      connect(fd, (const struct sockaddr *)to, sizeof *to) != 0)
    broken("no connection");
}

static int open_fast(const struct sockaddr_in *to) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in peer;
  socklen_t size = sizeof peer;

  put_off(fd, to);
  if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0)
    not_applicable("the connection is opened without data");
  return fd;
}

/* Connects to a server that never answers, so that the process has a socket which reveals nothing. */
static void open_fast_aside(void) {
  struct sockaddr_in address;

  enter_network();
  (void)listen_for_fast(&address);
  (void)open_fast(&address);
}

static SSL_SESSION *session_of_before(const struct setup *setup, SSL_CTX *client, SSL_CTX *server) {
  SSL_SESSION *session;

  use_policy("nothing");
  session = session_of(setup, client, server);
  use_policy("aside");
  return session;
}

/* Uses a socket of the client's own. */
static enum outcome send_early_to(int listener, struct link *link) {
  enum outcome outcome;
  size_t written;

  if (SSL_write_early_data(link->client, "early", 5, &written) != 1) {
    link_note_failure(link);
    return link_outcome(link);
  }
  link_accept(link, listener);
  fcntl(SSL_get_fd(link->client), F_SETFL, O_NONBLOCK);
  outcome = send_early(link, false);
  if (outcome == REFUSED)
    broken("early data had left by then");
  return outcome;
}

/* Goes to an address that the policy names, over a socket that does not show its peer yet. */
static enum outcome early_by(const struct setup *setup,
                             int (*open_socket)(int listener, const struct sockaddr_in *to)) {
  SSL_CTX *client = caching_client(setup), *server = eager_server(setup);
  SSL_SESSION *session = session_of_before(setup, client, server);
  struct sockaddr_in address;
  struct link link;
  enum outcome outcome;
  int listener = listen_for_fast(&address);

  link_open(&link, setup, client, server);
  link.client_socket = open_socket(listener, &address);
  SSL_set_fd(link.client, link.client_socket);
  SSL_set_session(link.client, session);
  outcome = send_early_to(listener, &link);
  link_close(&link);
  SSL_SESSION_free(session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static int open_fast_at(int listener, const struct sockaddr_in *to) {
  (void)listener;
  return open_fast(to);
}

/* Sends the early data in the first packet. */
static enum outcome fast(const struct setup *setup) {
  enter_network();
  return early_by(setup, open_fast_at);
}

/* Fills the listener's queue with a connection that is given up, so the listener has room only after a
 * second. */
static int begin_connecting(int listener, const struct sockaddr_in *to) {
  int filling = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (listen(listener, 0) != 0 || connect(filling, (const struct sockaddr *)to, sizeof *to) != 0)
    broken("the queue is not filled");
  close(filling);
  if (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0 || errno != EINPROGRESS)
    broken("the connection does not wait");
  close(accept(listener, NULL, NULL));
  fcntl(fd, F_SETFL, 0);
  return fd;
}

/* Sends while the socket is being connected. */
static enum outcome pending(const struct setup *setup) {
  return early_by(setup, begin_connecting);
}

/* ---- Over a BIO of the program's, with other sockets in the process ---- */

static enum outcome early_elsewhere(const struct setup *setup) {
  SSL_CTX *client = caching_client(setup), *server = eager_server(setup);
  SSL_SESSION *session = session_of_before(setup, client, server);
  enum outcome outcome = connect_early(setup, client, server, session, false);

  SSL_SESSION_free(session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* The BIO may send over a socket of the program. */
static enum outcome fast_elsewhere(const struct setup *setup) {
  open_fast_aside();
  return early_elsewhere(setup);
}

static enum outcome beside_connected(const struct setup *setup) {
  connect_at("127.0.0.1");
  return early_elsewhere(setup);
}

/* A connection that its peer broke off. */
static int broken_off(void) {
  struct linger at_once = {.l_onoff = 1};
  struct sockaddr_in address, peer;
  socklen_t size = sizeof address;
  int listener = listen_at("127.0.0.1", &address), fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int accepted;

  if (connect(fd, (const struct sockaddr *)&address, size) != 0)
    broken("no connection");
  accepted = accept(listener, NULL, NULL);
  setsockopt(accepted, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(accepted);
  if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0)
    broken("the connection stands");
  return fd;
}

static enum outcome beside_broken_off(const struct setup *setup) {
  (void)broken_off();
  return beside_connected(setup);
}

static enum outcome beside_reopened(const struct setup *setup, int fd) {
  struct sockaddr_in address;

  (void)listen_for_fast(&address);
  put_off(fd, &address);
  return beside_connected(setup);
}

static int dissolved(void) {
  const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
  int fd = broken_off();

  if (connect(fd, &nobody, sizeof nobody) != 0)
    broken("the socket is not dissolved");
  return fd;
}

/* What the socket did before does not show where it goes now. */
static enum outcome beside_dissolved(const struct setup *setup) {
  enter_network();
  return beside_reopened(setup, dissolved());
}

/* The first data may open the connection (MSG_FASTOPEN). */
static enum outcome beside_unopened(const struct setup *setup) {
  (void)socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return beside_connected(setup);
}

static enum outcome beside_dissolved_unopened(const struct setup *setup) {
  (void)dissolved();
  return beside_connected(setup);
}

static enum outcome beside_turned_away(const struct setup *setup) {
  struct sockaddr_in address;
  int fd;

  enter_network();
  close(listen_at("127.0.0.1", &address));
  fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 || errno != ECONNREFUSED)
    broken("the connection is not turned away");
  return beside_reopened(setup, fd);
}

/* A BIO that connects when data are written. */
static enum outcome early_connecting(const struct setup *setup, const char *host, const char *address) {
  SSL_CTX *client = caching_client(setup), *server = eager_server(setup);
  SSL_SESSION *session = session_of_before(setup, client, server);
  BIO *bio = BIO_new(BIO_s_connect());
  struct sockaddr_in listening;
  struct link link;
  enum outcome outcome;
  char name[16], port[8]; /* not const, because OpenSSL's macros cast const away */
  int listener = listen_at(address, &listening);

  snprintf(name, sizeof name, "%s", host);
  snprintf(port, sizeof port, "%u", ntohs(listening.sin_port));
  if (BIO_set_conn_hostname(bio, name) != 1 || BIO_set_conn_port(bio, port) != 1)
    broken("no BIO");
  link_open(&link, setup, client, server);
  SSL_set_bio(link.client, bio, bio);
  SSL_set_session(link.client, session);
  outcome = send_early_to(listener, &link);
  link_close(&link);
  SSL_SESSION_free(session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome connecting_to_address(const struct setup *setup) {
  return early_connecting(setup, "127.0.0.1", "127.0.0.1");
}

static enum outcome connecting_to_localhost(const struct setup *setup) {
  return early_connecting(setup, "localhost", "127.0.0.1");
}

static enum outcome connecting_to_covered(const struct setup *setup) {
  connect_at("127.0.0.1");
  return early_connecting(setup, "127.0.0.2", "127.0.0.2");
}

/* ---- With a key agreed elsewhere, there is no session to check beforehand ---- */

static enum outcome external(const struct setup *setup, bool may_arrive) {
  SSL_CTX *client = client_context(setup), *server = eager_server(setup);
  enum outcome outcome;

  use_suite_of_shared_session(client, server);
  use_shared_session(client, server, 16384);
  outcome = connect_early(setup, client, server, NULL, may_arrive);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome external_open(const struct setup *setup) {
  return external(setup, true);
}

static enum outcome external_pinned(const struct setup *setup) {
  return external(setup, false);
}

/* Uses a BIO of the program's, and offers nothing by which the first check could see the key. */
static enum outcome external_fast_elsewhere(const struct setup *setup) {
  open_fast_aside();
  use_policy("aside");
  return external(setup, false);
}

/* Beside a session that is allowed but has no early data. OpenSSL's own server rejects this. */
static enum outcome external_beside(const struct setup *setup) {
  SSL_CTX *client = caching_client(setup), *server = eager_server(setup);
  SSL_SESSION *session;
  enum outcome outcome;

  use_suite_of_shared_session(client, server);
  SSL_CTX_set_max_early_data(server, 0);
  session = session_of(setup, client, server);
  SSL_CTX_set_max_early_data(server, 16384);
  use_shared_session(client, server, 16384);
  outcome = connect_early(setup, client, server, session, false);
  SSL_SESSION_free(session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* A session that the policy no longer allows is not offered, so libssl has no key for early data and
 * says so. */
#define NOT_OFFERED .without = ACCEPTED, .provider = REJECTED, .shim = REJECTED

static const struct test_case cases[] = {
    /* clang-format off */
  {"session/unchanged", unchanged, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"session/unchanged-ca", unchanged, {.chain = "good", .sni = "ca.test.example", .host = "ca.test.example"}, ALL_ACCEPT},
  {"session/unchanged-none", unchanged, {.chain = "good", PINNED, .unverified = true}, ALL_ACCEPT},
  {"session/uncovered", unchanged, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"session/changed", changed, {.chain = "good", PINNED}, NOT_OFFERED},
  {"session/changed-none", changed, {.chain = "good", PINNED, .unverified = true}, NOT_OFFERED},
  {"session/changed-socket", changed, {.chain = "good", PINNED, .transport = SOCKET}, NOT_OFFERED},
  {"session/changed-ca", changed, {.chain = "good", .sni = "ca.test.example", .host = "ca.test.example"}, NOT_OFFERED},
  {"session/exchanged", exchanged, {.chain = "good", PINNED}, NOT_OFFERED},
  {"session/exchanged-none", exchanged, {.chain = "good", PINNED, .unverified = true}, NOT_OFFERED},
  {"session/exchanged-late", exchanged_late, {.chain = "good", PINNED}, WE_REFUSE},
  {"session/exchanged-late-none", exchanged_late, {.chain = "good", PINNED, .unverified = true}, WE_REFUSE},
  {"pending/wrong-key", pending, {.chain = "nobody", .unverified = true}, WE_REFUSE},
  {"pending/any-key", pending, {.chain = "good", .unverified = true}, WE_REFUSE, .note = "nobody can say where the data go"},
  {"pending/wrong-key-verified", pending, {.chain = "bad"}, WE_REFUSE},
  {"pending/named", pending, {.chain = "nobody", .sni = "other.test.example", .unverified = true}, ALL_ACCEPT},
  {"fast-open/wrong-key", fast, {.chain = "nobody", .unverified = true}, NOT_OFFERED},
  {"fast-open/any-key", fast, {.chain = "good", .unverified = true}, NOT_OFFERED, .note = "nobody can say where the data go"},
  {"fast-open/named", fast, {.chain = "nobody", .sni = "other.test.example", .unverified = true}, ALL_ACCEPT},
  {"fast-open/own-bio/wrong-key", fast_elsewhere, {.chain = "nobody", .unverified = true}, NOT_OFFERED},
  {"fast-open/own-bio/named", fast_elsewhere, {.chain = "nobody", .sni = "other.test.example", .unverified = true}, ALL_ACCEPT},
  {"own-bio/connected", beside_connected, {.chain = "nobody", .unverified = true}, ALL_ACCEPT},
  {"own-bio/broken-off", beside_broken_off, {.chain = "nobody", .unverified = true}, ALL_ACCEPT},
  {"own-bio/dissolved", beside_dissolved, {.chain = "nobody", .unverified = true}, NOT_OFFERED},
  {"own-bio/unopened", beside_unopened, {.chain = "nobody", .unverified = true}, NOT_OFFERED},
  {"own-bio/dissolved/unopened", beside_dissolved_unopened, {.chain = "nobody", .unverified = true}, NOT_OFFERED},
  {"own-bio/turned-away", beside_turned_away, {.chain = "nobody", .unverified = true}, NOT_OFFERED},
  {"own-bio/no-socket", early_elsewhere, {.chain = "nobody", .unverified = true}, WE_REFUSE, .note = "nobody can say where the data will go"},
  {"own-bio/no-socket/named", early_elsewhere, {.chain = "nobody", .sni = "other.test.example", .unverified = true}, ALL_ACCEPT},
  {"connecting-bio/address", connecting_to_address, {.chain = "nobody", .unverified = true}, ALL_ACCEPT},
  {"connecting-bio/localhost", connecting_to_localhost, {.chain = "nobody", .unverified = true}, ALL_ACCEPT},
  {"connecting-bio/covered", connecting_to_covered, {.chain = "nobody", .unverified = true}, NOT_OFFERED},
  {"external-psk/uncovered", external_open, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"external-psk/beside-a-session", external_beside, {.chain = "good", PINNED}, BOTH_REFUSE},
  {"external-psk/beside-a-session-uncovered", external_beside, {.chain = "bad", OTHER}, OPENSSL_REJECTS},
  {"external-psk/fast-open/own-bio", external_fast_elsewhere, {.chain = "nobody"}, WE_REFUSE, .note = "nobody can say where the data go"},
  {"external-psk/fast-open/own-bio/named", external_fast_elsewhere, {.chain = "nobody", OTHER}, ALL_ACCEPT},
  {"external-psk/pinned", external_pinned, {.chain = "good", PINNED}, WE_REFUSE},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
