/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reading and printing host names, ports and HOST[:PORT], as users type them. */
#ifndef PINCTL_BASE_HOST_PORT_H
#define PINCTL_BASE_HOST_PORT_H

#include "base/must_use.h"

#include <stdbool.h>
#include <stdint.h>

#include "pinpolicy.h"

/* The port of a server where none is given. */
#define HTTPS_PORT 443

/* Reads a port: decimal digits only, 1 to 65535. */
MUST_USE bool port_read(const char *text, uint16_t *ret_port);
/* Reads a port, or the name of a TCP service (services(5)). */
MUST_USE bool service_read(const char *text, uint16_t *ret_port);

/*
 * Reads "name", "name:443", "192.0.2.1:443", "2001:db8::1" (several colons: no port) or "[2001:db8::1]:443".
 * *ret_host: in canonical form where it is a valid name, else as typed; for free(3). *ret_port: 0 where none
 * was given. Returns false, having set nothing, for any other text.
 */
MUST_USE bool host_and_port_read(const char *text, char **ret_host, uint16_t *ret_port);

/* "name:443" or "[2001:db8::1]:443". For free(3). */
char *host_and_port_format(const char *host, uint16_t port);

/* pin_name_canonical that also accepts an IPv6 address in brackets, as URLs have it. */
MUST_USE enum pin_status host_name_read(const char *typed, char **ret_name, const char **ret_why);

/*
 * The canonical name or address by which the policy knows a host: "127.1" becomes 127.0.0.1, "fe80::1%eth0"
 * becomes fe80::1. Any other text is returned unchanged. For free(3).
 */
char *host_as_covered(const char *host);

/* Whether the text is an IP address, without brackets. */
bool host_is_address(const char *host);

/* "443, 8443", or "any" where the list is empty. For free(3). */
char *ports_format(const uint16_t *ports, uint32_t count);

/* Whether two ascending lists have a port in common; an empty list stands for every port. */
bool ports_overlap(const uint16_t *a, uint32_t a_count, const uint16_t *b, uint32_t b_count);
void ports_sort(uint16_t *ports, uint32_t count);
bool ports_equal(const uint16_t *a, uint32_t a_count, const uint16_t *b, uint32_t b_count);

/* What messages say about entries of one name that differ only in their ports. */
#define PORTS_ARE_ALTERNATIVES "a program that does not show its port is accepted by any of them"

#endif
