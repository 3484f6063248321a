/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Finds the host in a text that a program gives as a host's name, but with a port, a scheme or a path. */
#ifndef PIN_HOST_PART_H
#define PIN_HOST_PART_H

#include <stdbool.h>
#include <stdint.h>

#define PEER_NAME_SIZE 254 /* RFC 1035, 2.3.4: 253 characters as text, and a NUL */

/* The part of a text that may be a host, and the port after it. */
struct host_part {
  char text[PEER_NAME_SIZE];
  uint16_t port; /* 0: none */
  bool is_all;   /* the text is a host or "host:port" and nothing else */
};

/* Whether the text has only characters of host names, and not only dots. */
bool host_part_is_name(const char *name);

/* Whether it is localhost or a name below it (RFC 6761, 6.3). Some programs send that name for other hosts
 * too. */
bool host_part_is_localhost(const char *name);

/* Whether the whole text is an IP address. */
bool host_part_is_address(const char *name);

/* The port number that the whole text is; 0: it is none. */
uint16_t host_part_port(const char *text);

/* Finds the host in a text. False: there is none, or it is longer than a name may be. */
bool host_part_read(const char *name, struct host_part *ret_part);

#endif
