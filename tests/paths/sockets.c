/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Clients that give OpenSSL neither a name nor a socket, in processes with many sockets of their own. */
#include "kit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
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

static int listen_at(const char *address, union address *ret_address) {
  socklen_t size = sizeof *ret_address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  *ret_address = (union address){.v4 = {.sin_family = AF_INET}};
  inet_pton(AF_INET, address, &ret_address->v4.sin_addr);
  if (bind(listener, &ret_address->any, size) != 0 || listen(listener, 4096) != 0 ||
      getsockname(listener, &ret_address->any, &size) != 0)
    broken("no sockets");
  return listener;
}

static int connect_from(const char *from, const union address *to) {
  union address own = {.v4 = {.sin_family = AF_INET}};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  inet_pton(AF_INET, from, &own.v4.sin_addr);
  if (fd < 0 || bind(fd, &own.any, sizeof own) != 0 || connect(fd, &to->any, sizeof *to) != 0)
    broken("no connection");
  return fd;
}

/* Clients of ours, each from that address. Their own ends are in this process too, and go to 127.0.0.9. */
static int serve_clients(const char *from, unsigned count) {
  union address address;
  int listener = listen_at("127.0.0.9", &address);

  for (unsigned i = 0; i < count; i++) {
    (void)connect_from(from, &address);
    if (accept(listener, NULL, NULL) < 0)
      broken("no client");
  }
  return listener;
}

/* A connection to the address that the policy names, by which the client's bytes might go. */
static int connect_to_backend(void) {
  union address address;

  (void)listen_at("127.0.0.1", &address);
  return connect_from("127.0.0.8", &address);
}

/* More clients than a table of names could hold, each from an address of its own. */
static enum outcome among_clients(const struct setup *setup, unsigned clients) {
  union address address;
  int listener = listen_at("127.0.0.9", &address);

  allow_descriptors(4 * clients + 100);
  for (unsigned i = 0; i < clients; i++) {
    char from[32];

    snprintf(from, sizeof from, "127.1.%u.%u", i / 250, 1 + i % 250);
    (void)connect_from(from, &address);
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

/* Another process listens: nobody here can tell who connected to whom. */
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

/* No /proc that lists the sockets, and the backend's has a high number. */
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

/* More descriptors than anybody looks at. */
static enum outcome among_too_many(const struct setup *setup) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  allow_descriptors(40000);
  for (int i = 0; i < 33000; i++) {
    if (dup(fd) < 0)
      not_applicable("not so many descriptors here");
  }
  return connect_once(setup);
}

static enum outcome among_too_many_by_name(const struct setup *setup) {
  replace_policy("names");
  return among_too_many(setup);
}

static const struct test_case cases[] = {
    {"sockets/300-clients/right-key", among_300_clients, {.chain = "good"}, ALL_ACCEPT},
    {"sockets/300-clients/wrong-key", among_300_clients, {.chain = "nobody"}, WE_REFUSE},
    {"sockets/client-at-the-address", with_client_at_the_address, {.chain = "nobody"}, ALL_ACCEPT},
    {"sockets/client-and-backend/wrong-key", with_both, {.chain = "nobody"}, WE_REFUSE},
    {"sockets/client-of-another-listener",
     with_inherited_client,
     {.chain = "nobody"},
     WE_REFUSE,
     .note = "nobody can tell who connected"},
    {"sockets/chroot/wrong-key", in_chroot, {.chain = "nobody"}, WE_REFUSE},
    {"sockets/chroot/right-key", in_chroot, {.chain = "good"}, ALL_ACCEPT},
    {"sockets/chroot/no-backend", in_chroot_without, {.chain = "nobody"}, ALL_ACCEPT},
    {"sockets/too-many", among_too_many, {.chain = "nobody"}, WE_REFUSE, .note = "too many to look at"},
    {"sockets/too-many/entries-by-name", among_too_many_by_name, {.chain = "nobody"}, ALL_ACCEPT},
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
