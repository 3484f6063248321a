/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Clients that give OpenSSL neither a name nor a socket, in processes with many sockets of their own. */
#include "kit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

struct apart {
  const struct setup *setup;
  enum outcome outcome;
};

static void allow_descriptors(rlim_t count) {
  struct rlimit limit = {count, count};

  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    broken("no limit");
  if (limit.rlim_max < count)
    limit.rlim_max = count;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    not_applicable("not so many descriptors here");
}

static int connect_bound_to(const char *from, const union address *to) {
  union address own = {.v4 = {.sin_family = AF_INET}};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  inet_pton(AF_INET, from, &own.v4.sin_addr);
  if (fd < 0 || bind(fd, &own.any, sizeof own) != 0 || connect(fd, &to->any, sizeof *to) != 0)
    broken("no connection");
  return fd;
}

/* Clients of ours, from that address. Their own sockets are in this process too, and go to 127.0.0.9. */
static int serve_clients(const char *from, unsigned count) {
  union address address;
  int listener = listen_at("127.0.0.9", &address.v4);

  for (unsigned i = 0; i < count; i++) {
    (void)connect_bound_to(from, &address);
    if (accept(listener, NULL, NULL) < 0)
      broken("no client");
  }
  return listener;
}

/* Connects to the address that the policy names, so the client's data might go there. */
static int connect_to_backend(void) {
  union address address;

  (void)listen_at("127.0.0.1", &address.v4);
  return connect_bound_to("127.0.0.8", &address);
}

/* More clients than a table of names could hold, each from a different address. */
static enum outcome among_clients(const struct setup *setup, unsigned clients) {
  union address address;
  int listener = listen_at("127.0.0.9", &address.v4);

  allow_descriptors(4 * clients + 100);
  for (unsigned i = 0; i < clients; i++) {
    char from[32];

    snprintf(from, sizeof from, "127.1.%u.%u", i / 250, 1 + i % 250);
    (void)connect_bound_to(from, &address);
    if (accept(listener, NULL, NULL) < 0)
      broken("no client");
  }
  connect_to_backend();
  return connect_once(setup);
}

static enum outcome among_300_clients(const struct setup *setup) {
  return among_clients(setup, 300);
}

static enum outcome with_client_at_the_address(const struct setup *setup) {
  serve_clients("127.0.0.1", 3);
  return connect_once(setup);
}

static enum outcome with_both(const struct setup *setup) {
  serve_clients("127.0.0.1", 3);
  connect_to_backend();
  return connect_once(setup);
}

/* Another process listens, so this one cannot tell who connected to whom. */
static enum outcome with_inherited_client(const struct setup *setup) {
  close(serve_clients("127.0.0.1", 1));
  return connect_once(setup);
}

static void enter_chroot(void) {
  const char *folder = getenv("PATHS_FOLDER");

  if (geteuid() != 0)
    not_applicable("only root may do this");
  if (folder == NULL || chdir(folder) != 0 || mkdir("empty", 0755) != 0 || chroot("empty") != 0 ||
      chdir("/") != 0)
    broken("no chroot");
}

/* No /proc that lists the sockets, and the backend's socket has a high number. */
static enum outcome in_chroot_among(const struct setup *setup, bool backend) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  enum outcome outcome;

  allow_descriptors(10000);
  (void)serve_clients("127.0.0.3", 2200);
  if (backend)
    connect_to_backend();
  enter_chroot();
  outcome = connect_with(setup, client, server);
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

static enum outcome in_chroot(const struct setup *setup) {
  return in_chroot_among(setup, true);
}

static enum outcome in_chroot_without(const struct setup *setup) {
  return in_chroot_among(setup, false);
}

/* More descriptors than pinning looks at. */
static enum outcome among_too_many(const struct setup *setup) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  allow_descriptors(40000);
  for (int i = 0; i < 33000; i++) {
    if (dup(fd) < 0)
      not_applicable("not so many descriptors here");
  }
  return connect_once(setup);
}

/*
 * A thread with its own table of descriptors, which is larger than that of the first thread, and has the
 * backend's socket beyond the end of that table.
 */
static void *connect_apart(void *arg) {
  struct apart *apart = arg;
  union address address;
  int fd;

  if (unshare(CLONE_FILES) != 0)
    broken("no table of its own");
  (void)listen_at("127.0.0.1", &address.v4);
  fd = connect_bound_to("127.0.0.8", &address);
  if (fcntl(fd, F_DUPFD_CLOEXEC, 3000) < 0)
    broken("no high descriptor");
  close(fd);
  apart->outcome = connect_once(apart->setup);
  return NULL;
}

static enum outcome in_thread_apart(const struct setup *setup) {
  struct apart apart = {.setup = setup};
  pthread_t thread;

  allow_descriptors(4000);
  if (pthread_create(&thread, NULL, connect_apart, &apart) != 0 || pthread_join(thread, NULL) != 0)
    broken("no thread");
  return apart.outcome;
}

static enum outcome among_too_many_by_name(const struct setup *setup) {
  replace_policy("names");
  return among_too_many(setup);
}

/* ---- The name localhost ---- */

/* Connects to a host that the policy names by its address. ret_address: its peer. */
static void connect_aside(union address *ret_address) {
  replace_policy("aside");
  (void)listen_at("127.0.0.2", &ret_address->v4);
  (void)connect_bound_to("127.0.0.8", ret_address);
}

static void connect_datagrams(const union address *to) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || connect(fd, &to->any, sizeof to->v4) != 0)
    broken("no connection");
}

static enum outcome localhost_elsewhere(const struct setup *setup) {
  union address aside;

  connect_aside(&aside);
  return connect_once(setup);
}

static enum outcome two_addresses_elsewhere(const struct setup *setup) {
  union address aside;
  SSL_CTX *client;

  connect_aside(&aside);
  client = client_context(setup);
  X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(client), "127.0.0.4", 0);
  return connect_from(setup, client);
}

static enum outcome localhost_beside(const struct setup *setup) {
  union address aside;

  connect_aside(&aside);
  (void)connect_to_backend();
  return connect_once(setup);
}

static enum outcome localhost_v6_beside(const struct setup *setup) {
  union address address = {.v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}};
  socklen_t size = sizeof address.v6;
  int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0),
      fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  union address aside;

  connect_aside(&aside);
  if (bind(listener, &address.any, size) != 0)
    not_applicable("no IPv6 here");
  if (listen(listener, 1) != 0 || getsockname(listener, &address.any, &size) != 0 ||
      connect(fd, &address.any, size) != 0)
    broken("no connection");
  return connect_once(setup);
}

/* Like a socket of libcoap, which sends the name for a host elsewhere. */
static enum outcome localhost_datagrams_beside(const struct setup *setup) {
  union address aside = {.v4 = {.sin_family = AF_INET, .sin_port = htons(443)}};

  replace_policy("aside");
  inet_pton(AF_INET, "127.0.0.2", &aside.v4.sin_addr);
  connect_datagrams(&aside);
  (void)connect_to_backend();
  return connect_once(setup);
}

static enum outcome localhost_both_beside(const struct setup *setup) {
  union address aside;

  connect_aside(&aside);
  connect_datagrams(&aside);
  (void)connect_to_backend();
  return connect_once(setup);
}

/* A client's address does not show where this process connects to. */
static enum outcome localhost_with_client(const struct setup *setup) {
  union address aside;

  connect_aside(&aside);
  (void)serve_clients("127.0.0.1", 1);
  return connect_once(setup);
}

/* ---- A port that OpenSSL cannot learn ---- */

/* The policy "names" with these ports in place of 1 and 2: the first belongs to the key "bad", the other to
   "nobody". */
static void use_ports(uint16_t first, uint16_t second) {
  const char *policy = getenv("PATHS_POLICY");
  FILE *in = fopen(pki("policy-", "names", ".cfg"), "r"), *out = policy != NULL ? fopen(policy, "w") : NULL;
  char line[512], *found;
  unsigned port;
  int replaced = 0;

  if (in == NULL || out == NULL)
    broken("no policy");
  while (fgets(line, sizeof line, in) != NULL) {
    found = strstr(line, "ports = [ ");
    if (found == NULL) {
      fputs(line, out);
      continue;
    }
    port = replaced++ == 0 ? first : second;
    fprintf(out, "%.*sports = [ %u%s", (int)(found - line), line, port, found + strlen("ports = [ 1"));
  }
  fclose(in);
  if (fclose(out) != 0 || replaced != 2)
    broken("the policy is not as expected");
}

static uint16_t port_of(const union address *address) {
  return ntohs(address->v4.sin_port);
}

/* Two hosts' ports at an address that the client's name resolved to. */
static void listen_at_ports(union address ret_hosts[2]) {
  if (!resolve_name("localhost"))
    not_applicable("this machine does not resolve localhost");
  (void)listen_at("127.0.0.1", &ret_hosts[0].v4);
  (void)listen_at("127.0.0.1", &ret_hosts[1].v4);
  use_ports(port_of(&ret_hosts[0]), port_of(&ret_hosts[1]));
}

static enum outcome at_one_port(const struct setup *setup) {
  union address hosts[2];

  listen_at_ports(hosts);
  (void)connect_bound_to("127.0.0.8", &hosts[0]);
  (void)connect_bound_to("127.0.0.8", &hosts[0]);
  return connect_once(setup);
}

static enum outcome at_two_ports(const struct setup *setup) {
  union address hosts[2];

  listen_at_ports(hosts);
  (void)connect_bound_to("127.0.0.8", &hosts[0]);
  (void)connect_bound_to("127.0.0.8", &hosts[1]);
  return connect_once(setup);
}

/* A client from that address has a port too, but is no host that the process talks to. */
static enum outcome at_one_port_with_client(const struct setup *setup) {
  union address hosts[2];

  listen_at_ports(hosts);
  (void)connect_bound_to("127.0.0.8", &hosts[0]);
  (void)serve_clients("127.0.0.1", 1);
  return connect_once(setup);
}

/* The first socket at the address has a port without an entry, which says nothing about the second. */
static enum outcome at_covered_port_after_another(const struct setup *setup) {
  union address hosts[2], other;

  listen_at_ports(hosts);
  (void)listen_at("127.0.0.1", &other.v4);
  (void)connect_bound_to("127.0.0.8", &other);
  (void)connect_bound_to("127.0.0.8", &hosts[0]);
  return connect_once(setup);
}

/* The only socket at the address has a port without an entry: the connection need not use that socket,
 * because a proxy's may carry it. */
static enum outcome at_another_port(const struct setup *setup) {
  union address hosts[2], other;

  listen_at_ports(hosts);
  (void)listen_at("127.0.0.1", &other.v4);
  (void)connect_bound_to("127.0.0.8", &other);
  return connect_once(setup);
}

static enum outcome at_no_port(const struct setup *setup) {
  union address hosts[2];

  listen_at_ports(hosts);
  return connect_once(setup);
}

/* Connections to other hosts do not matter. */
static enum outcome at_another_address(const struct setup *setup) {
  union address hosts[2], other;

  listen_at_ports(hosts);
  (void)listen_at("127.0.0.9", &other.v4);
  (void)connect_bound_to("127.0.0.8", &hosts[0]);
  (void)connect_bound_to("127.0.0.8", &other);
  return connect_once(setup);
}

#define SHIM_REFUSES .without = ACCEPTED, .provider = ACCEPTED, .shim = REFUSED
#define OF_FIRST_PORT .chain = "bad", .sni = "localhost"
#define OF_OTHER_PORT .chain = "nobody", .sni = "localhost"
#define ONLY_SHIM "only the shim knows which address the name has"

static const struct test_case cases[] = {
    {"port/one/right-key", at_one_port, {OF_FIRST_PORT}, ALL_ACCEPT},
    {"port/one/other-ports-key", at_one_port, {OF_OTHER_PORT}, SHIM_REFUSES, .note = ONLY_SHIM},
    {"port/one/wrong-key", at_one_port, {.chain = "good", .sni = "localhost"}, WE_REFUSE},
    {"port/two/first-ports-key",
     at_two_ports,
     {OF_FIRST_PORT},
     ALL_ACCEPT,
     .note = "it is unknown which port"},
    {"port/two/other-ports-key",
     at_two_ports,
     {OF_OTHER_PORT},
     ALL_ACCEPT,
     .note = "it is unknown which port"},
    {"port/two/wrong-key", at_two_ports, {.chain = "good", .sni = "localhost"}, WE_REFUSE},
    {"port/client/right-key", at_one_port_with_client, {OF_FIRST_PORT}, ALL_ACCEPT},
    {"port/client/other-ports-key",
     at_one_port_with_client,
     {OF_OTHER_PORT},
     SHIM_REFUSES,
     .note = ONLY_SHIM},
    {"port/nameless/other-ports-key",
     at_covered_port_after_another,
     {.chain = "nobody"},
     SHIM_REFUSES,
     .note = ONLY_SHIM},
    {"port/nameless/right-key", at_covered_port_after_another, {.chain = "bad"}, ALL_ACCEPT},
    {"port/other/first-ports-key", at_another_port, {OF_FIRST_PORT}, ALL_ACCEPT},
    {"port/other/other-ports-key", at_another_port, {OF_OTHER_PORT}, ALL_ACCEPT},
    {"port/other/wrong-key", at_another_port, {.chain = "good", .sni = "localhost"}, WE_REFUSE},
    {"port/other/wrong-key-verified",
     at_another_port,
     {.chain = "good", .sni = "other.test.example", .host = "localhost", .unverified = true},
     WE_REFUSE},
    {"port/none/either-key", at_no_port, {OF_OTHER_PORT}, ALL_ACCEPT},
    {"port/elsewhere/other-ports-key", at_another_address, {OF_OTHER_PORT}, SHIM_REFUSES, .note = ONLY_SHIM},
    {"sockets/300-clients/right-key", among_300_clients, {.chain = "good"}, ALL_ACCEPT},
    {"sockets/300-clients/wrong-key", among_300_clients, {.chain = "nobody"}, WE_REFUSE},
    {"sockets/client-at-the-address", with_client_at_the_address, {.chain = "nobody"}, ALL_ACCEPT},
    {"sockets/client-and-backend/wrong-key", with_both, {.chain = "nobody"}, WE_REFUSE},
    {"sockets/client-of-another-listener",
     with_inherited_client,
     {.chain = "nobody"},
     WE_REFUSE,
     .note = "it is unknown who connected"},
    {"sockets/chroot/wrong-key", in_chroot, {.chain = "nobody"}, WE_REFUSE},
    {"sockets/chroot/right-key", in_chroot, {.chain = "good"}, ALL_ACCEPT},
    {"sockets/chroot/no-backend", in_chroot_without, {.chain = "nobody"}, ALL_ACCEPT},
    {"localhost/elsewhere/wrong-key", localhost_elsewhere, {OF_OTHER_PORT}, WE_REFUSE},
    {"localhost/elsewhere/right-key", localhost_elsewhere, {.chain = "good", .sni = "localhost"}, ALL_ACCEPT},
    {"localhost/beside/any-key", localhost_beside, {OF_OTHER_PORT}, ALL_ACCEPT},
    {"localhost/beside/nameless", localhost_beside, {.chain = "nobody"}, WE_REFUSE},
    {"localhost/beside-v6/any-key", localhost_v6_beside, {OF_OTHER_PORT}, ALL_ACCEPT},
    {"localhost/datagrams-beside/wrong-key", localhost_datagrams_beside, {OF_OTHER_PORT}, WE_REFUSE},
    {"localhost/stream-and-datagrams-beside/wrong-key", localhost_both_beside, {OF_OTHER_PORT}, WE_REFUSE},
    {"localhost/with-client/wrong-key", localhost_with_client, {OF_OTHER_PORT}, WE_REFUSE},
    {"localhost/by-address/elsewhere/wrong-key",
     localhost_elsewhere,
     {.chain = "nobody", .sni = "127.0.0.1"},
     WE_REFUSE},
    {"localhost/by-address/beside/any-key",
     localhost_beside,
     {.chain = "nobody", .sni = "127.0.0.1"},
     ALL_ACCEPT},
    {"sockets/address-sent/any-key",
     localhost_elsewhere,
     {.chain = "nobody", .sni = "127.0.0.3"},
     ALL_ACCEPT,
     .note = "the covered address is another connection's"},
    {"sockets/two-addresses-sent/wrong-key",
     two_addresses_elsewhere,
     {.chain = "nobody", .sni = "127.0.0.3", .unverified = true},
     WE_REFUSE,
     .note = "it is unknown which port"},
    {"sockets/thread-apart/wrong-key", in_thread_apart, {.chain = "nobody"}, WE_REFUSE},
    {"sockets/thread-apart/right-key", in_thread_apart, {.chain = "good"}, ALL_ACCEPT},
    {"sockets/too-many", among_too_many, {.chain = "nobody"}, WE_REFUSE, .note = "too many to look at"},
    {"sockets/too-many/entries-by-name", among_too_many_by_name, {.chain = "nobody"}, ALL_ACCEPT},
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
