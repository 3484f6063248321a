/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* DTLS over UDP sockets of the loopback. */
#include "kit.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"

#define MEDIA_KEYS "SRTP_AES128_CM_SHA1_80"
#define NO_MEDIA "this OpenSSL has no keys for media"

static bool connects = true; /* whether sockets are connected; if not, only OpenSSL knows the address */

static void attach(SSL *ssl, int fd, struct sockaddr_in *peer) {
  BIO *bio = BIO_new_dgram(fd, BIO_NOCLOSE);

  if (connects && connect(fd, (const struct sockaddr *)peer, sizeof *peer) != 0)
    broken("no peer");
  BIO_ctrl(bio, connects ? BIO_CTRL_DGRAM_SET_CONNECTED : BIO_CTRL_DGRAM_SET_PEER, 0, peer);
  SSL_set_bio(ssl, bio, bio);
}

static bool offers_media;

static SSL_CTX *datagram_client(const struct setup *setup) {
  SSL_CTX *context = SSL_CTX_new(DTLS_client_method());

  SSL_CTX_set_verify(context, setup->unverified ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
  if (!setup->untrusting && SSL_CTX_load_verify_file(context, pki("cert-", "root", ".pem")) != 1)
    broken("no root");
  if (offers_media && SSL_CTX_set_tlsext_use_srtp(context, MEDIA_KEYS) != 0)
    not_applicable(NO_MEDIA);
  return context;
}

static SSL_CTX *datagram_server(const struct setup *setup) {
  SSL_CTX *context = SSL_CTX_new(DTLS_server_method());

  SSL_CTX_set_session_id_context(context, (const unsigned char *)"paths", 5);
  load_chain(context, setup->chain);
  return context;
}

static enum outcome connect_datagrams(const struct setup *setup, SSL_CTX *client, SSL_CTX *server,
                                      SSL_SESSION **session) {
  struct link link;
  struct sockaddr_in client_address, server_address;
  enum outcome outcome;
  int client_fd = udp_socket(&client_address), server_fd = udp_socket(&server_address);

  link_open(&link, setup, client, server);
  attach(link.client, client_fd, &server_address);
  attach(link.server, server_fd, &client_address);
  if (*session != NULL)
    SSL_set_session(link.client, *session);
  outcome = link_run(&link);
  if (*session == NULL)
    *session = SSL_get1_session(link.client);
  link_close(&link);
  close(client_fd);
  close(server_fd);
  return outcome;
}

static enum outcome once(const struct setup *setup) {
  SSL_CTX *client = datagram_client(setup), *server = datagram_server(setup);
  SSL_SESSION *session = NULL;
  enum outcome outcome = connect_datagrams(setup, client, server, &session);

  SSL_SESSION_free(session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome resumed_under(const struct setup *setup, const char *policy) {
  SSL_CTX *client = datagram_client(setup), *server = datagram_server(setup);
  SSL_SESSION *session = NULL;
  enum outcome outcome;

  if (connect_datagrams(setup, client, server, &session) != ACCEPTED)
    broken("no first connection");
  use_policy(policy);
  outcome = connect_datagrams(setup, client, server, &session);
  SSL_SESSION_free(session);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome resumed(const struct setup *setup) {
  return resumed_under(setup, "good");
}

static enum outcome resumed_changed(const struct setup *setup) {
  return resumed_under(setup, "changed");
}

static enum outcome unconnected(const struct setup *setup) {
  const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM};
  struct addrinfo *addresses;

  replace_policy("resolved");
  if (getaddrinfo("localhost", "443", &hints, &addresses) != 0)
    not_applicable("this machine does not resolve localhost");
  freeaddrinfo(addresses);
  connects = false;
  connect_at("127.0.0.9");
  return once(setup);
}

/* One connection of the process goes to an address that the policy names. */
static enum outcome beside_covered(const struct setup *setup) {
  connects = false;
  connect_at("127.0.0.1");
  return once(setup);
}

#define SHIM_REFUSES .without = ACCEPTED, .provider = ACCEPTED, .shim = REFUSED
#define ANYWHERE "nothing tells to which of the hosts that were resolved it sends"

/* Keys for media (SRTP), from any peer with a fingerprint that was agreed elsewhere, as in WebRTC. */
static enum outcome media(const struct setup *setup) {
  offers_media = true;
  return unconnected(setup);
}

static enum outcome media_beside_covered(const struct setup *setup) {
  offers_media = true;
  return beside_covered(setup);
}

static enum outcome media_connected(const struct setup *setup) {
  offers_media = true;
  return once(setup);
}

/* Over a stream there are no keys for media, even if the program sets SRTP. OpenSSL's client offers the
 * extension all the same, and its server refuses it, so the server must not see it. */
static enum outcome stream_beside_covered(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  connect_at("127.0.0.1");
  link_open(&link, setup, client, server);
  if (SSL_do_handshake(link.client) > 0)
    broken("the handshake does not wait for the server");
  ERR_clear_error();
  if (SSL_set_tlsext_use_srtp(link.client, MEDIA_KEYS) != 0)
    not_applicable(NO_MEDIA);
  return link_finish(&link, client, server);
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"dtls/right-key", once, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"dtls/wrong-key", once, {.chain = "bad", PINNED}, WE_REFUSE},
  {"dtls/right-key-none", once, {.chain = "good", PINNED, .unverified = true, .untrusting = true}, ALL_ACCEPT},
  {"dtls/wrong-key-none", once, {.chain = "bad", PINNED, .unverified = true}, WE_REFUSE},
  {"dtls/wrong-key-none-untrusted", once, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, WE_REFUSE},
  {"dtls/ca-beside-path", once, {.chain = "stuffed", .sni = "ca.test.example"}, WE_REFUSE},
  {"dtls/nameless-wrong", once, {.chain = "bad"}, WE_REFUSE},
  {"dtls/uncovered", once, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"dtls/unconnected/right-key", unconnected, {.chain = "good"}, ALL_ACCEPT},
  {"dtls/unconnected/wrong-key", unconnected, {.chain = "bad"}, SHIM_REFUSES, .note = ANYWHERE},
  {"dtls/unconnected/wrong-key-none", unconnected, {.chain = "bad", .unverified = true}, SHIM_REFUSES, .note = ANYWHERE},
  {"dtls/unconnected/uncovered", unconnected, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"dtls/beside-covered/wrong-key", beside_covered, {.chain = "nobody", .unverified = true}, WE_REFUSE},
  {"dtls/media/other-peer", media, {.chain = "bad", .unverified = true}, ALL_ACCEPT},
  {"dtls/media/beside-covered/other-peer", media_beside_covered, {.chain = "nobody", .unverified = true}, ALL_ACCEPT},
  {"dtls/media/named/right-key", media_beside_covered, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"dtls/media/named/wrong-key", media_beside_covered, {.chain = "bad", PINNED}, WE_REFUSE},
  {"dtls/media/connected/wrong-key", media_connected, {.chain = "bad", .unverified = true}, WE_REFUSE},
  {"tls/media/beside-covered/wrong-key", stream_beside_covered, {.chain = "nobody", .unverified = true}, WE_REFUSE},
  {"tls/media/beside-covered/wrong-key-tls1.2", stream_beside_covered, {.chain = "nobody", .unverified = true, .version = TLS1_2_VERSION}, WE_REFUSE},
  {"tls/media/beside-covered/wrong-key-memory", stream_beside_covered, {.chain = "nobody", .unverified = true, .transport = MEMORY}, WE_REFUSE},
  {"tls/media/beside-covered/uncovered", stream_beside_covered, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"dtls/resumed/unchanged", resumed, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"dtls/resumed/changed", resumed_changed, {.chain = "good", PINNED}, WE_REFUSE},
  {"dtls/resumed/changed-none", resumed_changed, {.chain = "good", PINNED, .unverified = true}, WE_REFUSE},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
