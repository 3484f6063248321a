/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cleared.h"
#include "libc_functions.h"

/* Without /proc, descriptors are searched up to this number. The kernel gives the lowest free number, so a
 * process with higher ones has more than SOCKETS_MAX open, or chose the number on purpose. */
#define HIGHEST_SOUGHT (1L << 20)
/* A larger table of descriptors is mostly empty, so the kernel is asked to list it. */
#define LARGE_TABLE (2L * SOCKETS_MAX)
/* How many descriptors are asked for at once. Small, because the stack may be. */
#define CHUNK 256
/* Ports below this are for servers (ip(7), ip_unprivileged_port_start). */
#define FIRST_CLIENT_PORT 1024

union socket_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static uint16_t port_of(const union socket_address *address) {
  if (address->any.sa_family == AF_INET)
    return ntohs(address->v4.sin_port);
  return address->any.sa_family == AF_INET6 ? ntohs(address->v6.sin6_port) : 0;
}

/* Writes what inet_ntop(3) writes, which takes ten times as long. */
static bool write_v4(const uint8_t bytes[4], char *at) {
  for (int i = 0; i < 4; i++) {
    unsigned byte = bytes[i];

    if (i > 0)
      *at++ = '.';
    if (byte >= 100)
      *at++ = (char)('0' + byte / 100);
    if (byte >= 10)
      *at++ = (char)('0' + byte / 10 % 10);
    *at++ = (char)('0' + byte % 10);
  }
  *at = '\0';
  return true;
}

/* False: not the address of a host. */
static bool read_address(const union socket_address *address, struct socket_peer *ret_peer) {
  const struct in6_addr *v6 = &address->v6.sin6_addr;

  memset(ret_peer->bytes, 0, sizeof ret_peer->bytes);
  ret_peer->family = address->any.sa_family;
  if (ret_peer->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(v6)) {
    /* An IPv4 address on an IPv6 socket was resolved as IPv4. */
    ret_peer->family = AF_INET;
    memcpy(ret_peer->bytes, &v6->s6_addr[12], sizeof(struct in_addr));
  } else if (ret_peer->family == AF_INET6) {
    memcpy(ret_peer->bytes, v6, sizeof *v6);
  } else if (ret_peer->family == AF_INET) {
    memcpy(ret_peer->bytes, &address->v4.sin_addr, sizeof(struct in_addr));
  } else {
    return false;
  }
  if (ret_peer->family == AF_INET)
    return write_v4(ret_peer->bytes, ret_peer->address);
  return inet_ntop(ret_peer->family, ret_peer->bytes, ret_peer->address, sizeof ret_peer->address) != NULL;
}

bool socket_peer_of(int fd, struct socket_peer *ret_peer) {
  union socket_address address = {.any = {.sa_family = AF_UNSPEC}};
  socklen_t size = sizeof address;

  if (fd < 0 || getpeername(fd, &address.any, &size) != 0)
    return false;
  ret_peer->port = port_of(&address);
  return read_address(&address, ret_peer);
}

/* ---- All descriptors ---- */

/* Gets one open descriptor. Returning false ends the walk. */
typedef bool visit_descriptor_fn(int fd, const struct libc_functions *libc, void *arg);

/* A walk over the open descriptors. */
struct walk {
  struct libc_functions libc;
  visit_descriptor_fn *visit;
  void *arg;
  unsigned seen;
};

static bool see(struct walk *walk, int fd) {
  return fd < 0 || (walk->seen++ < SOCKETS_MAX && walk->visit(fd, &walk->libc, walk->arg));
}

/* -1: the name is not a number. */
static int descriptor_of(const char *name) {
  int fd = 0;

  for (const char *digit = name; *digit != '\0'; digit++) {
    if (*digit < '0' || *digit > '9' || fd > INT_MAX / 10 - 1)
      return -1;
    fd = 10 * fd + *digit - '0';
  }
  return *name != '\0' ? fd : -1;
}

static bool walk_folder(struct walk *walk, DIR *descriptors) {
  const struct dirent64 *entry;
  bool going_on = true;

  while (going_on && (entry = walk->libc.readdir64(descriptors)) != NULL)
    going_on = see(walk, descriptor_of(entry->d_name));
  walk->libc.closedir(descriptors);
  return going_on;
}

/* Asks poll(2) which of many descriptors are closed, because listing them takes the kernel longer. */
static bool walk_numbers(struct walk *walk, long limit) {
  struct pollfd chunk[CHUNK];

  for (int first = 0; first < limit; first += CHUNK) {
    nfds_t count = limit - first < CHUNK ? (nfds_t)(limit - first) : CHUNK;

    for (nfds_t i = 0; i < count; i++)
      chunk[i] = (struct pollfd){.fd = first + (int)i};
    /* If this fails, it has excluded nothing, and every descriptor is tried. */
    (void)walk->libc.poll(chunk, count, 0);
    for (nfds_t i = 0; i < count; i++) {
      if ((chunk[i].revents & POLLNVAL) == 0 && !see(walk, chunk[i].fd))
        return false;
    }
  }
  return true;
}

/* The size of the process's table of descriptors; 0: not known. */
static long table_size(const struct libc_functions *libc) {
  static const char field[] = "\nFDSize:";
  char text[1024];
  const char *digit;
  ssize_t length;
  long size = 0;
  int fd;

  /* This thread's own, as below, because it may have left the table that the others share (unshare(2)). */
  fd = libc->open("/proc/thread-self/status", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    fd = libc->open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  length = libc->read(fd, text, sizeof text - 1);
  libc->close(fd);
  text[length > 0 ? length : 0] = '\0';
  digit = strstr(text, field);
  if (digit == NULL)
    return 0;
  for (digit += strlen(field); *digit == ' ' || *digit == '\t'; digit++)
    continue;
  for (; *digit >= '0' && *digit <= '9' && size <= LARGE_TABLE; digit++)
    size = 10 * size + *digit - '0';
  return *digit == '\n' ? size : 0;
}

/* The limit of the search without /proc, as in a chroot. */
static long highest_allowed(const struct libc_functions *libc) {
  long limit = libc->sysconf(_SC_OPEN_MAX);

  return limit < 0 || limit > HIGHEST_SOUGHT ? HIGHEST_SOUGHT : limit;
}

static bool walk_descriptors(visit_descriptor_fn *visit, void *arg) {
  struct walk walk = {.visit = visit, .arg = arg};
  DIR *descriptors;
  long size;

  if (!libc_functions_bind(&walk.libc))
    return false;
  size = table_size(&walk.libc);
  if (size > 0 && size <= LARGE_TABLE)
    return walk_numbers(&walk, size);
  /* Not "self", whose folder is empty once the first thread has ended. */
  descriptors = walk.libc.opendir("/proc/thread-self/fd");
  if (descriptors == NULL)
    descriptors = walk.libc.opendir("/proc/self/fd");
  return descriptors != NULL ? walk_folder(&walk, descriptors)
                             : walk_numbers(&walk, highest_allowed(&walk.libc));
}

static int option_of(int fd, int option, const struct libc_functions *libc) {
  int value = 0;
  socklen_t size = sizeof value;

  return libc->getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : 0;
}

static bool is_unconnected_datagram(int fd, const struct libc_functions *libc) {
  union socket_address address;
  socklen_t size = sizeof address;
  int domain;

  if (getpeername(fd, &address.any, &size) == 0 || errno != ENOTCONN ||
      option_of(fd, SO_TYPE, libc) != SOCK_DGRAM)
    return false;
  domain = option_of(fd, SO_DOMAIN, libc);
  return domain == AF_INET || domain == AF_INET6;
}

bool socket_sends_anywhere(int fd) {
  struct libc_functions libc;

  return fd >= 0 && libc_functions_bind(&libc) && is_unconnected_datagram(fd, &libc);
}

bool socket_is_stream(int fd) {
  struct libc_functions libc;

  return fd >= 0 && libc_functions_bind(&libc) && option_of(fd, SO_TYPE, &libc) == SOCK_STREAM;
}

/*
 * Whether an unconnected TCP socket can send data before it is connected: connect(2) was delayed
 * (TCP_FASTOPEN_CONNECT), or was not called and the first data may connect (MSG_FASTOPEN). A socket whose
 * connection has ended does not count. The kernel keeps its round trip time until connect(2) resets it, and
 * no data leaves before that. The count of confirmed bytes (tcpi_bytes_acked) cannot be used: before Linux
 * 5.3 it was kept after that.
 */
static bool may_send_at_once(int fd, const struct libc_functions *libc) {
  struct tcp_info info;
  socklen_t info_size = sizeof info, size = sizeof(int);
  int is_put_off = 0;

  memset(&info, 0, sizeof info);
  if (libc->getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_size) != 0)
    return false;
  if (info.tcpi_state == TCP_CLOSE)
    return info.tcpi_rtt == 0;
  return libc->getsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &is_put_off, &size) == 0 && is_put_off != 0;
}

bool socket_is_unconnected_stream(int fd) {
  union socket_address address;
  socklen_t size = sizeof address;

  return fd >= 0 && getpeername(fd, &address.any, &size) != 0 && errno == ENOTCONN && socket_is_stream(fd);
}

bool socket_may_send_at_once(int fd) {
  struct libc_functions libc;

  return socket_is_unconnected_stream(fd) && libc_functions_bind(&libc) && may_send_at_once(fd, &libc);
}

struct socket_visit {
  visit_socket_fn *visit;
  void *arg;
  struct unconnected_sockets *unconnected;
};

static void note_unconnected(int fd, const struct libc_functions *libc,
                             struct unconnected_sockets *unconnected) {
  unconnected->datagrams = unconnected->datagrams || is_unconnected_datagram(fd, libc);
  unconnected->opening = unconnected->opening || may_send_at_once(fd, libc);
}

static bool visit_descriptor(int fd, const struct libc_functions *libc, void *arg) {
  const struct socket_visit *sockets = arg;
  struct socket_peer peer;

  if (socket_peer_of(fd, &peer))
    return sockets->visit(fd, &peer, sockets->arg);
  if (errno == ENOTCONN && sockets->unconnected != NULL)
    note_unconnected(fd, libc, sockets->unconnected);
  return true;
}

bool sockets_visit(visit_socket_fn *visit, void *arg, struct unconnected_sockets *ret_unconnected) {
  struct socket_visit sockets = {visit, arg, ret_unconnected};

  if (ret_unconnected != NULL)
    *ret_unconnected = (struct unconnected_sockets){.datagrams = false};
  return walk_descriptors(visit_descriptor, &sockets);
}

/* ---- Accepted sockets ---- */

/* The port of our end; 0: none. */
static uint16_t own_port(int fd, const struct libc_functions *libc) {
  union socket_address address = {.any = {.sa_family = AF_UNSPEC}};
  socklen_t size = sizeof address;
  int (*get_name)(int, struct sockaddr *, socklen_t *); /* as POSIX has it; glibc's takes a union */

  memcpy(&get_name, &libc->getsockname, sizeof get_name);
  return get_name(fd, &address.any, &size) == 0 ? port_of(&address) : 0;
}

static bool note_listening(int fd, const struct libc_functions *libc, void *arg) {
  struct listening_ports *listening = arg;
  int accepts = 0;
  socklen_t size = sizeof accepts;
  uint16_t port;

  if (libc->getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) != 0 || accepts == 0)
    return true;
  port = own_port(fd, libc);
  listening->ports[port / CHAR_BIT] |= (uint8_t)(1u << port % CHAR_BIT);
  return true;
}

bool socket_was_accepted(struct listening_ports *listening, int fd, uint16_t peer_port) {
  struct libc_functions libc;
  uint16_t port;

  if (peer_port < FIRST_CLIENT_PORT || !libc_functions_bind(&libc))
    return false;
  if (!listening->known) {
    listening->known = true;
    listening->ports = cleared_memory((UINT16_MAX + 1) / CHAR_BIT);
    if (listening->ports != NULL)
      (void)walk_descriptors(note_listening, listening);
  }
  port = own_port(fd, &libc);
  return port != 0 && listening->ports != NULL &&
         (listening->ports[port / CHAR_BIT] & 1u << port % CHAR_BIT) != 0;
}
