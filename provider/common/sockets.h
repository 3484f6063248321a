/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Looks at the process's sockets, for a connection that shows no socket of its own. Any thread. */
#ifndef PIN_SOCKETS_H
#define PIN_SOCKETS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* A process with more open descriptors than this is not searched. */
#define SOCKETS_MAX 32768

/* A peer's address and port; an IPv4-mapped address is stored as IPv4. */
struct socket_peer {
  char address[INET6_ADDRSTRLEN];         /* as inet_ntop(3) writes it */
  int family;                             /* AF_INET or AF_INET6 */
  uint8_t bytes[sizeof(struct in6_addr)]; /* the address, padded with zeroes */
  uint16_t port;
};

/* Finds to which host a descriptor is connected. False: to none; errno then says why if it is not a socket
 * or not connected. */
bool socket_peer_of(int fd, struct socket_peer *ret_peer);

/* Gets one connected socket. Returning false ends the visit. */
typedef bool visit_socket_fn(int fd, const struct socket_peer *peer, void *arg);

/* What there is among sockets that are not connected. */
struct unconnected_sockets {
  bool datagrams; /* one for which socket_sends_anywhere is true */
  bool opening;   /* one for which socket_may_send_at_once is true */
};

/*
 * Calls `visit` for each descriptor that is connected to a host. False: there are more than SOCKETS_MAX, or
 * the visit was ended. Allocates nothing. Costs one system call for each open descriptor, and one for every
 * 256 numbers up to the highest that the process has had open. ret_unconnected: found among the descriptors
 * that were looked at, for up to four more calls for each one that is not connected; NULL: not needed.
 */
bool sockets_visit(visit_socket_fn *visit, void *arg, struct unconnected_sockets *ret_unconnected);

/* Whether this is an IP datagram socket that is not connected, so it may send to any host. */
bool socket_sends_anywhere(int fd);
/* Whether this is a TCP socket that can send data with its first packet (TCP Fast Open, RFC 7413). Until
 * that packet is answered, the kernel does not tell where it goes. */
bool socket_may_send_at_once(int fd);
/* Whether this is a stream socket that is not connected yet. */
bool socket_is_unconnected_stream(int fd);
/* Whether this is a stream socket of any kind, connected or not. */
bool socket_is_stream(int fd);

/* The ports on which the process listens. All zero: not looked up yet. */
struct listening_ports {
  bool known;
  uint8_t *ports; /* one bit for each port; owned by the caller, freed by free(3); NULL: none, or no memory */
};

/*
 * Whether the process accepted this socket and did not connect it: the process listens on the socket's own
 * port. The kernel gives that port to an outgoing connection only on request (bind(2) with SO_REUSEADDR or
 * SO_REUSEPORT). If the peer's port is below 1024, the socket counts as connected all the same, because
 * servers have such ports and clients do not. False if in doubt. *listening is filled at the first call.
 */
bool socket_was_accepted(struct listening_ports *listening, int fd, uint16_t peer_port);

#endif
