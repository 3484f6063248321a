/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Which names a client uses, and where it stores them. */
#include "kit.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#define SNI(name) .sni = name
#define HOST(name) .host = name
#define OPEN .unverified = true

/* The names of the setup, and one more host to verify. */
static enum outcome second_host(const struct setup *setup, const char *name) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  link_open(&link, setup, client, server);
  if (SSL_add1_host(link.client, name) != 1)
    broken("no second host");
  return link_finish(&link, client, server);
}

static enum outcome and_other(const struct setup *setup) {
  return second_host(setup, "other.test.example");
}

static enum outcome and_pinned(const struct setup *setup) {
  return second_host(setup, "pinned.test.example");
}

/* As Postfix does. */
static enum outcome and_subdomains(const struct setup *setup) {
  return second_host(setup, ".pinned.test.example");
}

/* A wildcard covers the subdomains, but not the name itself. */
static enum outcome and_wild_subdomains(const struct setup *setup) {
  return second_host(setup, ".wild.test.example");
}

static enum outcome and_ca(const struct setup *setup) {
  return second_host(setup, "ca.test.example");
}

static enum outcome verified_address(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  link_open(&link, setup, client, server);
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(link.client), "127.0.0.1") != 1)
    broken("no address");
  return link_finish(&link, client, server);
}

static enum outcome uncovered_address(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  link_open(&link, setup, client, server);
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(link.client), "127.0.0.2") != 1)
    broken("no address");
  return link_finish(&link, client, server);
}

typedef int add_address_fn(X509_VERIFY_PARAM *param, const char *address);

/* OpenSSL 4.0 accepts any of several addresses. */
static enum outcome second_address(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  void *symbol = optional_symbol("X509_VERIFY_PARAM_add1_ip_asc");
  add_address_fn *add_address;
  struct link link;

  if (symbol == NULL)
    not_applicable("one verified address at most");
  memcpy(&add_address, &symbol, sizeof add_address);
  link_open(&link, setup, client, server);
  if (add_address(SSL_get0_param(link.client), "127.0.0.2") != 1 ||
      add_address(SSL_get0_param(link.client), "127.0.0.1") != 1)
    broken("no addresses");
  return link_finish(&link, client, server);
}

/* The host is in the context's parameters, and each connection inherits it. */
static enum outcome host_of_context(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(client), setup->host, 0);
  link_open_nameless(&link, setup, client, server);
  return link_finish(&link, client, server);
}

/* The host is in the parameters of the store. */
static enum outcome host_of_store(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  X509_VERIFY_PARAM_set1_host(X509_STORE_get0_param(SSL_CTX_get_cert_store(client)), setup->host, 0);
  link_open_nameless(&link, setup, client, server);
  return link_finish(&link, client, server);
}

/* Only the program's own callback sets the host of the verification. */
static int name_in_callback(X509_STORE_CTX *ctx, void *arg) {
  X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(ctx), arg, 0);
  return X509_verify_cert(ctx);
}

static enum outcome host_in_callback(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;
  char name[64];

  snprintf(name, sizeof name, "%s", setup->host);
  SSL_CTX_set_cert_verify_callback(client, name_in_callback, name);
  link_open_nameless(&link, setup, client, server);
  return link_finish(&link, client, server);
}

static enum outcome flagged(const struct setup *setup, unsigned int flags) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  link_open(&link, setup, client, server);
  SSL_set_hostflags(link.client, flags);
  return link_finish(&link, client, server);
}

static enum outcome partial_wildcards(const struct setup *setup) {
  return flagged(setup, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
}

static enum outcome multi_label(const struct setup *setup) {
  return flagged(setup, X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS | X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS);
}

static enum outcome never_subject(const struct setup *setup) {
  return flagged(setup, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
}

static void add_hosts(SSL *ssl, const char *last) {
  char name[64];

  for (int i = 0; i < 40; i++) {
    snprintf(name, sizeof name, "number%d.test.example", i);
    SSL_add1_host(ssl, name);
  }
  SSL_add1_host(ssl, last);
}

/* More names than pinning looks at, the pinned one last. */
static enum outcome many_hosts(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  link_open_nameless(&link, setup, client, server);
  add_hosts(link.client, setup->host);
  return link_finish(&link, client, server);
}

/* A client whose BIO connects to a host that the client names nowhere else. */
static void open_by_connect_bio(struct link *link, const struct setup *setup, const char *host,
                                SSL_CTX *client, SSL_CTX *server) {
  BIO *connecting = BIO_new(BIO_s_connect());
  char port[8], name[64]; /* not const, because OpenSSL's macro takes a name that is not */
  int listener = listen_on_loopback(port);

  (void)snprintf(name, sizeof name, "%s", host);
  link_open(link, setup, client, server);
  if (connecting == NULL || BIO_set_conn_hostname(connecting, name) != 1 ||
      BIO_set_conn_port(connecting, port) != 1 || BIO_set_conn_ip_family(connecting, BIO_FAMILY_IPV4) != 1)
    broken("no BIO");
  if (BIO_do_connect(connecting) != 1)
    not_applicable("this machine does not resolve localhost");
  if (BIO_socket_nbio((int)BIO_get_fd(connecting, NULL), 1) != 1)
    broken("no non-blocking socket");
  link_accept(link, listener);
  SSL_set_bio(link->client, connecting, connecting);
}

static enum outcome by_connect_bio(const struct setup *setup, const char *host) {
  SSL_CTX *client, *server;
  struct link link;

  replace_policy("resolved");
  client = client_context(setup);
  server = server_context(setup);
  open_by_connect_bio(&link, setup, host, client, server);
  return link_finish(&link, client, server);
}

/* The client's end of TLS inside another TLS connection, as its BIOs see it. */
static BIO *within(SSL *outer) {
  BIO *bio = BIO_new(BIO_f_ssl());

  if (bio == NULL || BIO_set_ssl(bio, outer, BIO_NOCLOSE) != 1)
    broken("no BIO");
  return bio;
}

/*
 * A connection through a proxy that itself uses TLS and is covered: its host is not the one inside.
 * address: the one that the client verifies; NULL: none.
 */
static enum outcome through_proxy_of(const struct setup *setup, const char *policy, const char *address) {
  static const struct setup proxy = {.chain = "good", .unverified = true};
  SSL_CTX *client, *server, *proxy_client, *proxy_server;
  struct link outer, inner;
  enum outcome outcome;
  BIO *bio;

  replace_policy(policy);
  client = client_context(setup);
  server = server_context(setup);
  proxy_client = client_context(&proxy);
  proxy_server = server_context(&proxy);
  open_by_connect_bio(&outer, &proxy, "localhost", proxy_client, proxy_server);
  if (link_run(&outer) != ACCEPTED)
    broken("no proxy");
  link_open(&inner, setup, client, server);
  if (address != NULL && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(inner.client), address) != 1)
    broken("no address");
  bio = within(outer.client);
  BIO_push(bio, SSL_get_rbio(outer.client));
  BIO_up_ref(SSL_get_rbio(outer.client));
  SSL_set_bio(inner.client, bio, bio);
  bio = within(outer.server);
  SSL_set_bio(inner.server, bio, bio);
  outcome = link_finish(&inner, client, server);
  link_free(&outer, proxy_client, proxy_server);
  return outcome;
}

static enum outcome through_proxy(const struct setup *setup) {
  return through_proxy_of(setup, "resolved", NULL);
}

static enum outcome through_proxy_to_address(const struct setup *setup) {
  return through_proxy_of(setup, "resolved", "127.0.0.2");
}

static enum outcome through_proxy_to_covered_address(const struct setup *setup) {
  return through_proxy_of(setup, "proxied", "127.0.0.1");
}

static enum outcome connect_bio(const struct setup *setup) {
  return by_connect_bio(setup, "localhost");
}

static enum outcome connect_bio_address(const struct setup *setup) {
  return by_connect_bio(setup, "127.0.0.1");
}

/* Verifies 40 names that no entry covers. */
static enum outcome many_uncovered(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  struct link link;

  link_open_nameless(&link, setup, client, server);
  add_hosts(link.client, setup->host);
  return link_finish(&link, client, server);
}

/* With a policy that ignores the names in certificates. */
static enum outcome ignoring(const struct setup *setup) {
  replace_policy("ignoring");
  return connect_once(setup);
}

/* With a policy that pins a key whose certificate has the name of only one covered host. */
static enum outcome single(const struct setup *setup) {
  replace_policy("single");
  return connect_once(setup);
}

/* The certificate of a resumed session has the same names as that of the first handshake. */
static enum outcome resumed_nameless(const struct setup *setup) {
  SSL_CTX *client = caching_client(setup), *server = server_context(setup);
  struct link link;
  enum outcome outcome;

  use_policy("nothing");
  outcome = connect_with(setup, client, server);
  if (outcome != ACCEPTED || newest_session == NULL)
    broken("no session");
  use_policy("good");
  link_open(&link, setup, client, server);
  if (SSL_set_session(link.client, newest_session) != 1)
    broken("the session does not fit");
  return link_finish(&link, client, server);
}

#define NO_NAME_NO_SOCKET "no name and no socket: nobody can tell which host this is"

/* clang-format off */
/* The pinned host in other spellings. */
#define SPELLING(what, name) \
  {"spelling/" what "/sni-right", connect_once, {.chain = "good", SNI(name), OPEN}, ALL_ACCEPT}, \
  {"spelling/" what "/sni-wrong", connect_once, {.chain = "bad", SNI(name), OPEN}, WE_REFUSE}, \
  {"spelling/" what "/host-wrong", connect_once, {.chain = "bad", HOST(name), OPEN}, WE_REFUSE}

static const struct test_case cases[] = {
  {"sni-only/right-key", connect_once, {.chain = "good", SNI("pinned.test.example")}, ALL_ACCEPT},
  {"sni-only/wrong-key", connect_once, {.chain = "bad", SNI("pinned.test.example")}, WE_REFUSE},
  {"sni-only/wrong-key-none", connect_once, {.chain = "bad", SNI("pinned.test.example"), OPEN}, WE_REFUSE},
  {"sni-only/uncovered", connect_once, {.chain = "bad", SNI("other.test.example")}, ALL_ACCEPT},
  {"host-only/right-key", connect_once, {.chain = "good", HOST("pinned.test.example")}, ALL_ACCEPT},
  {"host-only/wrong-key", connect_once, {.chain = "bad", HOST("pinned.test.example")}, WE_REFUSE},
  {"host-only/wrong-key-none", connect_once, {.chain = "bad", HOST("pinned.test.example"), OPEN}, WE_REFUSE},
  {"host-only/wrong-key-none-untrusted", connect_once, {.chain = "bad", HOST("pinned.test.example"), OPEN, .untrusting = true}, WE_REFUSE},
  {"host-of-context/wrong-key", host_of_context, {.chain = "bad", HOST("pinned.test.example")}, WE_REFUSE},
  {"host-of-context/right-key", host_of_context, {.chain = "good", HOST("pinned.test.example")}, ALL_ACCEPT},
  {"host-of-context/wrong-key-none", host_of_context, {.chain = "bad", HOST("pinned.test.example"), OPEN, .untrusting = true}, WE_REFUSE},
  {"host-of-store/wrong-key", host_of_store, {.chain = "bad", HOST("pinned.test.example")}, WE_REFUSE},
  {"host-of-store/wrong-key-none", host_of_store, {.chain = "bad", HOST("pinned.test.example"), OPEN, .untrusting = true}, WE_REFUSE},
  {"host-of-store/right-key", host_of_store, {.chain = "good", HOST("pinned.test.example")}, ALL_ACCEPT},
  {"host-in-callback/wrong-key", host_in_callback, {.chain = "bad", HOST("pinned.test.example")}, WE_REFUSE},
  {"host-in-callback/right-key", host_in_callback, {.chain = "good", HOST("pinned.test.example")}, ALL_ACCEPT},

  {"differing/sni-pinned-wrong", connect_once, {.chain = "bad", SNI("pinned.test.example"), HOST("other.test.example")}, WE_REFUSE},
  {"differing/host-pinned-wrong", connect_once, {.chain = "bad", SNI("other.test.example"), HOST("pinned.test.example")}, WE_REFUSE},
  {"differing/right", connect_once, {.chain = "good", SNI("other.test.example"), HOST("pinned.test.example")}, ALL_ACCEPT},
  {"differing/both-covered-one-wrong", connect_once, {.chain = "shortok", SNI("pinned.test.example"), HOST("pathlen.test.example")}, WE_REFUSE},
  {"several/first-covered-wrong", and_other, {.chain = "bad", HOST("pinned.test.example")}, WE_REFUSE},
  {"several/second-covered-wrong", and_pinned, {.chain = "bad", HOST("other.test.example")}, WE_REFUSE},
  {"several/one-covered-right", and_pinned, {.chain = "good", HOST("other.test.example")}, ALL_ACCEPT},
  {"several/both-covered-right", and_ca, {.chain = "good", HOST("pinned.test.example")}, ALL_ACCEPT},
  {"several/both-covered-one-wrong", and_pinned, {.chain = "shortok", HOST("pathlen.test.example")}, WE_REFUSE},
  {"several/and-subdomains/right-key", and_subdomains, {.chain = "good", HOST("pinned.test.example")}, ALL_ACCEPT},
  {"several/and-subdomains/wrong-key", and_subdomains, {.chain = "bad", HOST("pinned.test.example"), OPEN}, WE_REFUSE},
  {"several/and-wild-subdomains/right-key", and_wild_subdomains, {.chain = "good", HOST("wild.test.example")}, ALL_ACCEPT},
  {"several/and-wild-subdomains/wrong-key", and_wild_subdomains, {.chain = "bad", HOST("wild.test.example"), OPEN}, WE_REFUSE},
  {"several/subdomains-of-another", and_subdomains, {.chain = "good", HOST("other.test.example")}, WE_REFUSE, .note = "it is unknown which of the subdomains"},
  {"several/forty/wrong-key", many_hosts, {.chain = "bad", HOST("pinned.test.example"), OPEN}, WE_REFUSE},
  {"several/forty/right-key", many_hosts, {.chain = "good", HOST("pinned.test.example"), OPEN}, ALL_ACCEPT},
  {"several/forty/uncovered", many_uncovered, {.chain = "bad", HOST("other.test.example"), OPEN}, ALL_ACCEPT},

  {"address/right-key", verified_address, {.chain = "good"}, ALL_ACCEPT},
  {"address/wrong-key", verified_address, {.chain = "bad"}, WE_REFUSE},
  {"address/wrong-key-none", verified_address, {.chain = "bad", OPEN, .untrusting = true}, WE_REFUSE},
  {"address/with-sni-wrong", verified_address, {.chain = "bad", SNI("other.test.example")}, WE_REFUSE},
  {"address/with-sni-right", verified_address, {.chain = "good", SNI("other.test.example")}, ALL_ACCEPT},
  {"address/with-pinned-sni-wrong", verified_address, {.chain = "bad", SNI("pinned.test.example")}, WE_REFUSE},
  {"address/second-right-key", second_address, {.chain = "good", .transport = SOCKET}, ALL_ACCEPT},
  {"address/second-wrong-key", second_address, {.chain = "bad", .transport = SOCKET}, WE_REFUSE},
  {"address/second-wrong-key-none", second_address, {.chain = "bad", .transport = SOCKET, OPEN}, WE_REFUSE},
  {"address/uncovered", uncovered_address, {.chain = "bad", OPEN}, ALL_ACCEPT},

  {"nameless/socket-right", connect_once, {.chain = "good", .transport = SOCKET}, ALL_ACCEPT},
  {"nameless/socket-wrong", connect_once, {.chain = "bad", .transport = SOCKET}, WE_REFUSE},
  {"nameless/socket-wrong-none", connect_once, {.chain = "bad", .transport = SOCKET, OPEN, .untrusting = true}, WE_REFUSE},
  {"nameless/named-socket", connect_once, {.chain = "bad", SNI("other.test.example"), .transport = SOCKET}, ALL_ACCEPT},
  {"nameless/localhost-socket-right", connect_once, {.chain = "good", SNI("localhost"), .transport = SOCKET}, ALL_ACCEPT},
  {"nameless/localhost-socket-wrong", connect_once, {.chain = "bad", SNI("localhost"), .transport = SOCKET}, WE_REFUSE},
  {"nameless/no-socket", connect_once, {.chain = "nobody"}, ALL_ACCEPT, .note = NO_NAME_NO_SOCKET},

  {"certificate/right-key", single, {.chain = "single"}, ALL_ACCEPT},
  {"certificate/shared", connect_once, {.chain = "good"}, WE_REFUSE, .note = "it is also for a host with another pin"},
  {"certificate/wrong-key", connect_once, {.chain = "bad"}, WE_REFUSE},
  {"certificate/wrong-key-none", connect_once, {.chain = "bad", OPEN, .untrusting = true}, WE_REFUSE},
  {"certificate/wrong-key-tls1.2", connect_once, {.chain = "bad", .version = TLS1_2_VERSION}, WE_REFUSE},
  {"certificate/named-otherwise", connect_once, {.chain = "bad", SNI("other.test.example")}, ALL_ACCEPT},
  {"certificate/localhost-right", single, {.chain = "single", SNI("localhost")}, ALL_ACCEPT},
  {"certificate/localhost-wrong", connect_once, {.chain = "bad", SNI("localhost"), OPEN, .untrusting = true}, WE_REFUSE},
  {"certificate/localhost-spelled", connect_once, {.chain = "bad", SNI("a.LocalHost."), OPEN}, WE_REFUSE},
  {"certificate/localhost-alike", connect_once, {.chain = "bad", SNI("notlocalhost"), OPEN}, ALL_ACCEPT},
  {"certificate/localhost-uncovered", connect_once, {.chain = "nobody", SNI("localhost"), OPEN}, ALL_ACCEPT},
  {"certificate/wildcard-of-entry", connect_once, {.chain = "wild"}, WE_REFUSE},
  {"certificate/wildcard-over-entry", connect_once, {.chain = "starred"}, ALL_ACCEPT, .note = "it may be any other host's"},
  {"certificate/common-name", connect_once, {.chain = "commonname", OPEN}, WE_REFUSE},
  {"certificate/too-many-names", connect_once, {.chain = "crowded"}, WE_REFUSE},
  {"certificate/too-many-names-named", connect_once, {.chain = "crowded", SNI("other.test.example")}, ALL_ACCEPT},
  {"certificate/resumed", resumed_nameless, {.chain = "bad"}, WE_REFUSE},
  {"certificate/ignored", ignoring, {.chain = "bad"}, ALL_ACCEPT, .note = "the policy says so"},
  {"certificate/ignored-too-many", ignoring, {.chain = "crowded"}, ALL_ACCEPT, .note = "the policy says so"},

  {"connect-bio/right-key", connect_bio, {.chain = "good"}, ALL_ACCEPT},
  {"connect-bio/wrong-key", connect_bio, {.chain = "nobody"}, WE_REFUSE},
  {"connect-bio/wrong-key-none", connect_bio, {.chain = "nobody", OPEN}, WE_REFUSE},
  {"connect-bio/and-sni-wrong-key", connect_bio, {.chain = "nobody", SNI("other.test.example")}, WE_REFUSE},
  {"connect-bio/of-proxy/uncovered", through_proxy, {.chain = "nobody", SNI("other.test.example"), OPEN}, ALL_ACCEPT},
  {"connect-bio/of-proxy/address-sent-uncovered", through_proxy, {.chain = "nobody", SNI("127.0.0.2"), OPEN}, ALL_ACCEPT},
  {"connect-bio/of-proxy/right-key", through_proxy, {.chain = "good", SNI("localhost"), OPEN}, ALL_ACCEPT},
  {"connect-bio/of-proxy/wrong-key", through_proxy, {.chain = "nobody", SNI("localhost"), OPEN}, WE_REFUSE},
  {"connect-bio/of-proxy/verified-wrong-key", through_proxy, {.chain = "bad", HOST("localhost"), OPEN}, WE_REFUSE},
  {"connect-bio/of-proxy/address-uncovered", through_proxy_to_address, {.chain = "nobody", OPEN}, ALL_ACCEPT},
  {"connect-bio/of-proxy/address-right-key", through_proxy_to_covered_address, {.chain = "bad"}, ALL_ACCEPT, .note = "the proxy's entry has another key"},
  {"connect-bio/of-proxy/address-wrong-key", through_proxy_to_covered_address, {.chain = "good"}, WE_REFUSE},
  {"connect-bio/of-proxy/address-wrong-key-none", through_proxy_to_covered_address, {.chain = "nobody", OPEN}, WE_REFUSE},
  {"connect-bio/of-proxy/nameless", through_proxy, {.chain = "nobody", OPEN}, WE_REFUSE, .note = "nothing says that it is another host"},
  {"connect-bio/other-host", connect_bio_address, {.chain = "nobody"}, ALL_ACCEPT},

  SPELLING("upper-case", "PINNED.Test.EXAMPLE"),
  SPELLING("trailing-dot", "pinned.test.example."),
  SPELLING("trailing-dots", "pinned.test.example..."),
  SPELLING("upper-case-dot", "Pinned.test.example."),
  {"spelling/empty-label/below-covered", connect_once, {.chain = "good", SNI("a..wild.test.example"), OPEN}, WE_REFUSE, .note = "not a valid name"},
  {"spelling/leading-dot/below-covered", connect_once, {.chain = "good", HOST(".wild.test.example"), OPEN}, WE_REFUSE, .note = "not a valid name"},
  {"spelling/leading-dot/of-covered", connect_once, {.chain = "good", HOST(".pinned.test.example"), OPEN}, WE_REFUSE, .note = "not a valid name"},
  {"spelling/upper-case/verified-right", connect_once, {.chain = "good", HOST("PINNED.test.example")}, ALL_ACCEPT},
  {"spelling/upper-case/verified-wrong", connect_once, {.chain = "bad", HOST("PINNED.test.example")}, WE_REFUSE},
  {"spelling/address-in-sni-wrong", connect_once, {.chain = "bad", SNI("127.0.0.1"), OPEN}, WE_REFUSE},
  SPELLING("with-port", "pinned.test.example:443"),
  SPELLING("with-port-dot", "PINNED.test.example.:8443"),
  SPELLING("url", "https://pinned.test.example/path"),
  SPELLING("url-user-port", "https://user:word@pinned.test.example:443/path?query"),
  SPELLING("spaces", " pinned.test.example "),
  {"spelling/address-port/wrong-key", connect_once, {.chain = "nobody", SNI("127.0.0.1:443"), OPEN}, WE_REFUSE},
  {"spelling/address-brackets/wrong-key", connect_once, {.chain = "nobody", SNI("[::ffff:127.0.0.1]:443"), OPEN}, WE_REFUSE},
  {"spelling/other-with-port", connect_once, {.chain = "bad", SNI("other.test.example:443"), .transport = SOCKET}, ALL_ACCEPT},
  {"spelling/no-name/socket-wrong", connect_once, {.chain = "nobody", SNI("not a name"), .transport = SOCKET}, WE_REFUSE},
  {"spelling/no-name/url-socket-wrong", connect_once, {.chain = "nobody", SNI("https://other.test.example/"), .transport = SOCKET}, WE_REFUSE},
  {"spelling/no-name/certificate-wrong", connect_once, {.chain = "bad", SNI("?"), OPEN}, WE_REFUSE},
  {"spelling/unicode/socket-wrong", connect_once, {.chain = "nobody", SNI("pinn\303\251d.test.example"), .transport = SOCKET}, WE_REFUSE},
  {"spelling/unicode/certificate-wrong", connect_once, {.chain = "bad", SNI("pinn\303\251d.test.example"), OPEN}, WE_REFUSE},
  {"spelling/unicode/other-dots-certificate-wrong", connect_once, {.chain = "bad", SNI("pinned\343\200\202test\343\200\202example"), OPEN}, WE_REFUSE},
  {"spelling/unicode/socket-right", connect_once, {.chain = "good", SNI("pinn\303\251d.test.example"), .transport = SOCKET}, ALL_ACCEPT},
  {"spelling/underscore/is-a-name", connect_once, {.chain = "nobody", SNI("_other.test.example"), .transport = SOCKET}, ALL_ACCEPT},
  {"spelling/prefix-is-another-host", connect_once, {.chain = "bad", SNI("pinned.test.example.org"), OPEN}, ALL_ACCEPT},
  {"spelling/suffix-is-another-host", connect_once, {.chain = "bad", SNI("unpinned.test.example"), OPEN}, ALL_ACCEPT},

  {"wildcard/right-key", connect_once, {.chain = "good", SNI("a.wild.test.example"), HOST("a.wild.test.example")}, ALL_ACCEPT},
  {"wildcard/wrong-key", connect_once, {.chain = "bad", SNI("a.wild.test.example"), HOST("a.wild.test.example")}, WE_REFUSE},
  {"wildcard/two-labels", connect_once, {.chain = "bad", SNI("a.b.wild.test.example")}, ALL_ACCEPT},
  {"wildcard/base", connect_once, {.chain = "bad", SNI("wild.test.example")}, ALL_ACCEPT},
  {"wildcard/other-base", connect_once, {.chain = "bad", SNI("a.unwild.test.example")}, ALL_ACCEPT},
  {"hostflags/no-partial/right-key", partial_wildcards, {.chain = "good", HOST("a.wild.test.example")}, ALL_ACCEPT},
  {"hostflags/no-partial/wrong-key", partial_wildcards, {.chain = "bad", HOST("a.wild.test.example")}, WE_REFUSE},
  {"hostflags/multi-label/wrong-key", multi_label, {.chain = "bad", HOST("pinned.test.example")}, WE_REFUSE},
  {"hostflags/multi-label/right-key", multi_label, {.chain = "good", HOST("pinned.test.example")}, ALL_ACCEPT},
  {"hostflags/never-subject/wrong-key", never_subject, {.chain = "bad", HOST("pinned.test.example")}, WE_REFUSE},
};
/* clang-format on */

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
