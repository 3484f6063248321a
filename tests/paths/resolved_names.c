/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Clients that give OpenSSL no name, but resolved it with libc: the shim sees that, for each function that
 * libc has for it. */
#include "kit.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool by_getaddrinfo(void) {
  return resolve_name("localhost");
}

static bool by_gethostbyname(void) {
  return gethostbyname("localhost") != NULL;
}

static bool by_gethostbyname2(void) {
  return gethostbyname2("localhost", AF_INET) != NULL;
}

static bool by_gethostbyname_r(void) {
  struct hostent host, *found;
  char buffer[4096];
  int error;

  return gethostbyname_r("localhost", &host, buffer, sizeof buffer, &found, &error) == 0 && found != NULL;
}

static bool by_gethostbyname2_r(void) {
  struct hostent host, *found;
  char buffer[4096];
  int error;

  return gethostbyname2_r("localhost", AF_INET, &host, buffer, sizeof buffer, &found, &error) == 0 &&
         found != NULL;
}

static bool by_v4mapped(void) {
  const struct addrinfo hints = {
      .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_V4MAPPED | AI_ALL};
  struct addrinfo *addresses;

  if (getaddrinfo("localhost", "443", &hints, &addresses) != 0)
    return false;
  freeaddrinfo(addresses);
  return true;
}

/* ---- getaddrinfo_a ---- */

static const struct addrinfo v4_hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};

static void suspend_until_done(const struct gaicb *const waited[], int count) {
  int status;

  do
    status = gai_suspend(waited, count, NULL);
  while (status != 0 && status != EAI_ALLDONE);
}

/* The final status, asked for again and again. */
static int poll_until_done(struct gaicb *request) {
  int status;

  while ((status = gai_error(request)) == EAI_INPROGRESS)
    usleep(1000);
  return status;
}

/* The name is freed when the result comes, and the result when its status is asked for again. */
static bool end_request(struct gaicb *request, char *name) {
  memset(name, 'x', strlen(name));
  if (gai_error(request) != 0)
    return false;
  freeaddrinfo(request->ar_result);
  request->ar_result = (struct addrinfo *)(void *)name;
  return gai_error(request) == 0;
}

static struct gaicb request_for(const char *name) {
  return (struct gaicb){.ar_name = name, .ar_service = "443", .ar_request = &v4_hints};
}

static bool by_waiting(void) {
  char name[] = "localhost";
  struct gaicb request = request_for(name), *list[] = {NULL, &request};

  return getaddrinfo_a(GAI_WAIT, list, 2, NULL) == 0 && end_request(&request, name);
}

/* Resolves another name too, so that one slot is used twice. */
static bool by_suspending(void) {
  char name[] = "localhost";
  struct gaicb requests[] = {request_for("127.0.0.2"), request_for(name)};

  for (int i = 0; i < 2; i++) {
    struct gaicb *list[] = {&requests[i]};
    const struct gaicb *waited[] = {NULL, &requests[i]};

    if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0)
      return false;
    suspend_until_done(waited, 2);
  }
  return end_request(&requests[1], name);
}

static bool by_polling(void) {
  char name[] = "localhost";
  struct gaicb request = request_for(name), *list[] = {&request};

  if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0)
    return false;
  (void)poll_until_done(&request);
  return end_request(&request, name);
}

/* If the program has not asked for the result, a name without an address counts for every address. */
static bool by_forgetting(void) {
  static char name[] = "localhost";
  static struct gaicb request, *list[] = {&request};

  request = request_for(name);
  return getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) == 0;
}

/* A covered name without an address, or whose request was cancelled, counts for no address once the program
 * was told. */
static struct gaicb failing_request(void) {
  return (struct gaicb){.ar_name = "localhost", .ar_service = "no-such-service", .ar_request = &v4_hints};
}

static bool by_failing_wait(void) {
  struct gaicb request = failing_request(), *list[] = {&request};

  return getaddrinfo_a(GAI_WAIT, list, 1, NULL) == 0;
}

static bool by_failing_suspension(void) {
  struct gaicb request = failing_request(), *list[] = {&request};
  const struct gaicb *waited[] = {&request};

  if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) != 0)
    return false;
  suspend_until_done(waited, 1);
  return true;
}

static bool by_failing_poll(void) {
  struct gaicb request = failing_request(), *list[] = {&request};

  return getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) == 0 && poll_until_done(&request) != 0;
}

static bool by_cancelling(void) {
  struct gaicb requests[64], *list[64];

  for (int i = 0; i < 64; i++) {
    requests[i] = request_for(i == 63 ? "localhost" : "127.0.0.2");
    requests[i].ar_service = i == 63 ? "no-such-service" : "443";
    list[i] = &requests[i];
  }
  if (getaddrinfo_a(GAI_NOWAIT, list, 64, NULL) != 0)
    return false;
  while (gai_cancel(&requests[63]) == EAI_NOTCANCELED)
    usleep(1000);
  for (int i = 0; i < 63; i++)
    (void)poll_until_done(&requests[i]);
  return true;
}

/* A name that the policy does not have. */
static bool by_number(void) {
  return resolve_name("127.0.0.2");
}

static bool by_nobody(void) {
  return true;
}

/* A name that does not resolve, and one whose answer does not fit: the caller gets the usual failure. */
static bool in_vain(void) {
  struct hostent host, *found = &host;
  struct addrinfo *addresses;
  char buffer[1];
  int error;

  return getaddrinfo("-", NULL, NULL, &addresses) != 0 && gethostbyname("-") == NULL &&
         gethostbyname_r("localhost", &host, buffer, sizeof buffer, &found, &error) == ERANGE &&
         found == NULL;
}

/* In a child, so that this process remembers nothing of it. */
static bool is_resolvable(void) {
  int status;
  pid_t child = fork();

  if (child == 0)
    _exit(by_getaddrinfo() ? 0 : 1);
  return waitpid(child, &status, 0) == child && status == 0;
}

static void resolve_under_policy(bool (*resolve_by)(void)) {
  if (!is_resolvable())
    not_applicable("this machine does not resolve localhost");
  replace_policy("resolved");
  if (!resolve_by())
    broken("localhost does not resolve as it should");
}

static enum outcome connect_after(bool (*resolve_by)(void), const struct setup *setup) {
  resolve_under_policy(resolve_by);
  return connect_once(setup);
}

#define RESOLVER(name)                                                                                       \
  static enum outcome after_##name(const struct setup *setup) {                                              \
    return connect_after(by_##name, setup);                                                                  \
  }
RESOLVER(getaddrinfo)
RESOLVER(gethostbyname)
RESOLVER(gethostbyname2)
RESOLVER(gethostbyname_r)
RESOLVER(gethostbyname2_r)
RESOLVER(v4mapped)
RESOLVER(waiting)
RESOLVER(suspending)
RESOLVER(polling)
RESOLVER(forgetting)
RESOLVER(failing_wait)
RESOLVER(failing_suspension)
RESOLVER(failing_poll)
RESOLVER(cancelling)
RESOLVER(nobody)

static enum outcome after_failures(const struct setup *setup) {
  return connect_after(in_vain, setup);
}

/* ---- Sockets for datagrams ---- */

/* The socket does not show its peer, like that of openvpn. */
static int open_datagrams(void) {
  const struct sockaddr_in own = {.sin_family = AF_INET};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || bind(fd, (const struct sockaddr *)(const void *)&own, sizeof own) != 0)
    broken("no socket for datagrams");
  return fd;
}

/* Sends to another host than the resolved one. */
static void connect_elsewhere(void) {
  connect_at("127.0.0.9");
}

/* Another process connects to this one, not from the covered host's address.
 * Returns the listener. */
static int serve_a_client(bool privileged) {
  struct sockaddr_in theirs = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000009)}, host;
  int listener = listen_at("127.0.0.9", &host), fd;

  if (fork() == 0) {
    fd = socket(AF_INET, SOCK_STREAM, 0);
    close(listener);
    if (privileged ? bindresvport(fd, &theirs) != 0 : bind(fd, (void *)&theirs, sizeof theirs) != 0)
      _exit(1);
    /* Stays until this process ends. */
    _exit(connect(fd, (void *)&host, sizeof host) == 0 && read(fd, &host, 1) == 0 ? 0 : 1);
  }
  if (poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, 10000) != 1 ||
      accept(listener, NULL, NULL) < 0)
    broken("no client");
  return listener;
}

/* Goes to the resolved host, and this connection may use that socket. */
static enum outcome beside_covered_connection(const struct setup *setup) {
  connect_at("127.0.0.1");
  return connect_after(by_getaddrinfo, setup);
}

static enum outcome by_datagrams(const struct setup *setup) {
  (void)open_datagrams();
  return connect_after(by_getaddrinfo, setup);
}

static enum outcome by_datagrams_numerically(const struct setup *setup) {
  (void)open_datagrams();
  return connect_after(by_number, setup);
}

static enum outcome by_datagrams_not_yet_resolved(const struct setup *setup) {
  (void)open_datagrams();
  return connect_after(by_forgetting, setup);
}

/* The policy has no entry for the name, but one for its address. */
static enum outcome by_datagrams_to_address(const struct setup *setup) {
  (void)open_datagrams();
  if (!is_resolvable())
    not_applicable("this machine does not resolve localhost");
  if (!by_getaddrinfo())
    broken("localhost does not resolve");
  return connect_once(setup);
}

static enum outcome by_datagrams_of_nobody(const struct setup *setup) {
  (void)open_datagrams();
  return connect_after(by_nobody, setup);
}

static enum outcome beside_a_client(const struct setup *setup) {
  (void)serve_a_client(false);
  return by_datagrams(setup);
}

/* The port is one that a server might have. */
static enum outcome beside_a_privileged_client(const struct setup *setup) {
  if (geteuid() != 0)
    not_applicable("only root may choose such a port");
  (void)serve_a_client(true);
  return by_datagrams(setup);
}

static enum outcome beside_a_client_without_listener(const struct setup *setup) {
  close(serve_a_client(false));
  return by_datagrams(setup);
}

static enum outcome beside_a_connection(const struct setup *setup) {
  connect_elsewhere();
  return by_datagrams(setup);
}

/* A datagram socket that shows its peer, which is another host. */
static enum outcome by_connected_datagrams(const struct setup *setup) {
  const struct sockaddr_in host = {
      .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x7f000009)};

  if (connect(open_datagrams(), (const struct sockaddr *)(const void *)&host, sizeof host) != 0)
    broken("no peer for datagrams");
  return connect_after(by_getaddrinfo, setup);
}

/* OpenSSL sees the connection's socket, which is a stream socket. */
static enum outcome beside_a_stream(const struct setup *setup) {
  SSL_CTX *client, *server;
  struct link link;
  int ends[2];

  (void)open_datagrams();
  resolve_under_policy(by_getaddrinfo);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
    broken("no sockets");
  client = client_context(setup);
  server = server_context(setup);
  link_open(&link, setup, client, server);
  SSL_set_fd(link.client, ends[0]);
  SSL_set_fd(link.server, ends[1]);
  return link_finish(&link, client, server);
}

/* A name that counts for every address, also for that of another connection. */
static enum outcome beside_a_connection_not_yet_resolved(const struct setup *setup) {
  connect_elsewhere();
  return connect_after(by_forgetting, setup);
}

/* ---- A shim that is older than the module, after an upgrade ---- */

/* It has none of the functions of today's shim. */
static void attach_older_shim(void) {
  static const size_t older = sizeof older;
  void *module = dlopen(getenv("PATHS_MODULE"), RTLD_LAZY | RTLD_NOLOAD);
  void *symbol = module == NULL ? NULL : dlsym(module, "pinning_attach");
  int (*attach)(const void *address, const void *seen);
  __typeof__(X509_new) *address = X509_new;
  const void *in_openssl;

  if (symbol == NULL)
    return;
  memcpy(&attach, &symbol, sizeof attach);
  memcpy(&in_openssl, &address, sizeof in_openssl);
  if (attach(in_openssl, &older) != 1)
    broken("the module does not attach");
}

static enum outcome under_older_shim(const struct setup *setup) {
  SSL_CTX_free(SSL_CTX_new(TLS_client_method()));
  attach_older_shim();
  connect_elsewhere();
  return connect_once(setup);
}

/* ---- Crowds of names and of sockets ---- */

/* Spellings of one address, each as a different name. */
static void resolve_spellings(const char *last, int count) {
  static const char zeros[] = "0000000000000000000000000000000000000000";

  for (int i = 0; i < count; i++) {
    char name[128];

    snprintf(name, sizeof name, "0177.%.*s0.%.*s0.%s", i % 40, zeros, i / 40 % 40, zeros, last);
    if (!resolve_name(name))
      broken("a spelling of an address is none");
  }
}

static double seconds_used(void) {
  struct timespec used;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static double seconds_of_connection(const struct setup *setup, enum outcome *ret_outcome) {
  double before = seconds_used();

  *ret_outcome = connect_once(setup);
  return seconds_used() - before;
}

/* Two addresses with many names each, and many sockets that alternate: each name is looked up once, not once
 * for each socket. */
static enum outcome in_a_crowd(const struct setup *setup) {
  enum outcome outcome;
  double few, many;

  resolve_under_policy(by_getaddrinfo);
  for (int i = 0; i < 200; i++) {
    connect_at("127.0.0.9");
    connect_at("127.0.0.73");
  }
  (void)connect_once(setup);
  few = seconds_of_connection(setup, &outcome);
  resolve_spellings("9", 1600);
  resolve_spellings("73", 1600);
  (void)connect_once(setup);
  many = seconds_of_connection(setup, &outcome);
  if (many > 10 * few + 0.01)
    broken("a crowd of names costs too much");
  return outcome;
}

#define SHIM_REFUSES .without = ACCEPTED, .provider = ACCEPTED, .shim = REFUSED
#define NO_NAME .note = "no name, and only the shim sees what was resolved"
#define ANYWHERE SHIM_REFUSES, .note = "it is unknown to which of the resolved hosts it sends"
#define NOT_COVERED ALL_ACCEPT, .note = "nothing leads to a host that an entry covers"

#define CASES(name)                                                                                          \
  {"resolved/" #name "/right-key", after_##name, {.chain = "good", .transport = SOCKET}, ALL_ACCEPT}, {      \
    "resolved/" #name "/wrong-key", after_##name, {.chain = "bad", .transport = SOCKET}, SHIM_REFUSES,       \
        NO_NAME                                                                                              \
  }

#define IN_VAIN(name)                                                                                        \
  {                                                                                                          \
    "resolved/" #name "/wrong-key", after_##name, {.chain = "bad", .transport = SOCKET}, ALL_ACCEPT,         \
        .note = "the name has no address"                                                                    \
  }

static const struct test_case cases[] = {
    CASES(getaddrinfo),
    CASES(gethostbyname),
    CASES(gethostbyname2),
    CASES(gethostbyname_r),
    CASES(gethostbyname2_r),
    CASES(waiting),
    CASES(suspending),
    CASES(polling),
    CASES(forgetting),
    IN_VAIN(failing_wait),
    IN_VAIN(failing_suspension),
    IN_VAIN(failing_poll),
    IN_VAIN(cancelling),
    {"datagrams/right-key", by_datagrams, {.chain = "good"}, ALL_ACCEPT},
    {"datagrams/wrong-key", by_datagrams, {.chain = "bad"}, ANYWHERE},
    {"datagrams/unverified-wrong-key", by_datagrams, {.chain = "bad", .unverified = true}, ANYWHERE},
    {"datagrams/number/right-key", by_datagrams_numerically, {.chain = "good"}, ALL_ACCEPT},
    {"datagrams/number/wrong-key", by_datagrams_numerically, {.chain = "bad"}, NOT_COVERED},
    {"datagrams/pending/wrong-key", by_datagrams_not_yet_resolved, {.chain = "bad"}, ANYWHERE},
    {"datagrams/address/wrong-key", by_datagrams_to_address, {.chain = "nobody"}, ANYWHERE},
    {"datagrams/client/wrong-key", beside_a_client, {.chain = "bad"}, ANYWHERE},
    {"datagrams/client/privileged/wrong-key", beside_a_privileged_client, {.chain = "bad"}, ANYWHERE},
    {"datagrams/client/handed-over/wrong-key",
     beside_a_client_without_listener,
     {.chain = "bad"},
     ALL_ACCEPT,
     .note = "a socket without its listener is taken for one to a host"},
    {"datagrams/not-resolved/wrong-key", by_datagrams_of_nobody, {.chain = "bad"}, NOT_COVERED},
    {"datagrams/connection/wrong-key",
     beside_a_connection,
     {.chain = "bad"},
     ALL_ACCEPT,
     .note = "the connection of the process is taken for this one"},
    {"datagrams/connected/wrong-key", by_connected_datagrams, {.chain = "bad"}, NOT_COVERED},
    {"resolved/elsewhere/pending/wrong-key",
     beside_a_connection_not_yet_resolved,
     {.chain = "bad"},
     SHIM_REFUSES,
     .note = "it counts for every address"},
    {"resolved/elsewhere/wrong-key", beside_a_connection, {.chain = "bad"}, NOT_COVERED},
    {"older-shim/right-key",
     under_older_shim,
     {.chain = "good"},
     WE_REFUSE,
     .note = "it is unknown what was resolved"},
    {"older-shim/wrong-key", under_older_shim, {.chain = "bad"}, WE_REFUSE},
    {"older-shim/named/right-key",
     under_older_shim,
     {.chain = "good", .sni = "pinned.test.example", .host = "pinned.test.example"},
     ALL_ACCEPT},
    {"older-shim/named/wrong-key",
     under_older_shim,
     {.chain = "bad", .sni = "pinned.test.example", .host = "pinned.test.example"},
     WE_REFUSE},
    {"resolved/crowd", in_a_crowd, {.chain = "bad"}, NOT_COVERED},
    {"datagrams/stream/wrong-key", beside_a_stream, {.chain = "bad"}, NOT_COVERED},
    {"datagrams/none/wrong-key", after_getaddrinfo, {.chain = "bad"}, NOT_COVERED},
    {"resolved/mapped/right-key", after_gethostbyname, {.chain = "good", .transport = MAPPED}, ALL_ACCEPT},
    {"resolved/mapped/wrong-key",
     after_gethostbyname,
     {.chain = "bad", .transport = MAPPED},
     SHIM_REFUSES,
     NO_NAME},
    {"resolved/v4mapped/wrong-key",
     after_v4mapped,
     {.chain = "bad", .transport = SOCKET},
     SHIM_REFUSES,
     NO_NAME},
    {"resolved/not/wrong-key", after_nobody, {.chain = "bad", .transport = SOCKET}, ALL_ACCEPT, NO_NAME},
    {"resolved/address-sent/right-key",
     after_getaddrinfo,
     {.chain = "good", .sni = "127.0.0.1", .transport = SOCKET},
     ALL_ACCEPT},
    {"resolved/address-sent/wrong-key",
     after_getaddrinfo,
     {.chain = "bad", .sni = "127.0.0.1", .transport = SOCKET},
     SHIM_REFUSES,
     NO_NAME},
    {"resolved/address-sent/port/wrong-key",
     after_getaddrinfo,
     {.chain = "bad", .sni = "127.0.0.1:443", .transport = SOCKET},
     SHIM_REFUSES,
     NO_NAME},
    {"resolved/address-sent/proxy/any-key",
     after_getaddrinfo,
     {.chain = "bad", .sni = "127.0.0.2", .transport = SOCKET},
     ALL_ACCEPT,
     .note = "the covered name is the proxy's"},
    {"resolved/address-sent/beside/any-key",
     beside_covered_connection,
     {.chain = "bad", .sni = "127.0.0.2"},
     ALL_ACCEPT,
     .note = "the covered name is another connection's"},
    {"resolved/address-sent/unseen/wrong-key",
     after_getaddrinfo,
     {.chain = "bad", .sni = "127.0.0.1"},
     SHIM_REFUSES,
     NO_NAME},
    {"resolved/address-sent/memory/wrong-key",
     after_nobody,
     {.chain = "bad", .sni = "127.0.0.1", .transport = MEMORY},
     ALL_ACCEPT,
     .note = "no name was resolved"},
    {"resolved/in-vain/wrong-key",
     after_failures,
     {.chain = "bad", .transport = SOCKET},
     ALL_ACCEPT,
     NO_NAME},
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
