/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The sockets of the process that are connected to a host,
 * for a connection that shows no socket of its own. */
#ifndef PIN_SOCKETS_H
#define PIN_SOCKETS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* A process with more open descriptors than this is not looked at. */
#define SOCKETS_MAX 32768

/* A peer's address, an IPv4-mapped one as IPv4, and its port. */
struct socket_peer {
  char address[INET6_ADDRSTRLEN]; /* as inet_ntop(3) writes it */
  int family;                     /* AF_INET or AF_INET6 */
  uint8_t bytes[sizeof(struct in6_addr)];
  uint16_t port;
};

/* What a descriptor is connected to. False: to no host, and errno says why where it is no socket
 * or not connected. */
bool socket_peer_of(int fd, struct socket_peer *ret_peer);

/* False ends the visit. */
typedef bool visit_socket_fn(int fd, const struct socket_peer *peer, void *arg);

/* What is among the sockets that are not connected. */
struct unconnected_sockets {
  bool datagrams; /* socket_sends_anywhere of one */
  bool opening;   /* socket_may_send_at_once of one */
};

/*
 * Calls `visit` for each descriptor that is connected to a host. False: there are more descriptors than are
 * looked at, or the visit was ended. No memory; one system call for each open descriptor, and one for
 * every 256 numbers up to the highest that the process has had open. ret_unconnected: of those that were
 * looked at, for up to four more calls for each that is not connected; NULL: nobody asks.
 */
bool sockets_visit(visit_socket_fn *visit, void *arg, struct unconnected_sockets *ret_unconnected);

/* Whether it is a socket for IP datagrams that is connected to nobody: it may send to any host. */
bool socket_sends_anywhere(int fd);
/* Whether it is a socket of TCP's that can carry data with its first packet (TCP Fast Open, RFC 7413): until
 * that is answered, nobody is told to whom. */
bool socket_may_send_at_once(int fd);
/* Whether it is a socket for a stream that is not connected yet. */
bool socket_is_unconnected_stream(int fd);
/* Whether it is a socket for a stream, of whatever kind, connected or not. */
bool socket_is_stream(int fd);

/* The ports on which the process listens; all zero: not looked at yet. */
struct listening_ports {
  bool known;
  uint8_t *ports; /* one bit each, for free(3); NULL: none, or no memory */
};

/*
 * Whether a socket was accepted and not connected by this process: it listens on the socket's own port, which
 * the kernel gives to no outgoing connection that did not ask for it (bind(2) with SO_REUSEADDR or
 * SO_REUSEPORT). One whose peer has a port below 1024 counts as connected all the same: servers have those,
 * and clients do not. In doubt false.
 */
bool socket_was_accepted(struct listening_ports *listening, int fd, uint16_t peer_port);

#endif
