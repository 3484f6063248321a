/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Ports, and HOST[:PORT] as people type it. */
#ifndef PINCTL_BASE_HOST_PORT_H
#define PINCTL_BASE_HOST_PORT_H

#include "base/must_use.h"

#include <stdbool.h>
#include <stdint.h>

#include "pinpolicy.h"

/* Where no port is given. */
#define HTTPS_PORT 443

/* Decimal digits only, 1 to 65535. */
MUST_USE bool port_read(const char *text, uint16_t *ret_port);
/* The same, or the name of a service over TCP (services(5)). */
MUST_USE bool service_read(const char *text, uint16_t *ret_port);

/*
 * "name", "name:443", "192.0.2.1:443", "2001:db8::1" (several colons: no port) or "[2001:db8::1]:443".
 * *ret_host: as an entry would be compared where it is a valid name, else as typed; for free(3). *ret_port:
 * 0 where none was given. Returns false, having written nothing, when it is none of these.
 */
MUST_USE bool host_and_port_read(const char *text, char **ret_host, uint16_t *ret_port);

/* The way back: "name:443", "[2001:db8::1]:443". For free(3). */
char *host_and_port_format(const char *host, uint16_t port);

/* pin_name_canonical, which also takes an address in brackets, as it stands in a URL. */
MUST_USE enum pin_status host_name_read(const char *typed, char **ret_name, const char **ret_why);

/*
 * The host that a name stands for to the policy, which has canonical names and addresses: "127.1" is
 * 127.0.0.1, and "fe80::1%eth0" is fe80::1 behind an interface. What is neither stays as it is. For free(3).
 */
char *host_as_covered(const char *host);

/* Whether it is an IP address, without brackets. */
bool host_is_address(const char *host);

/* "443, 8443", or "any" for none. For free(3). */
char *ports_format(const uint16_t *ports, uint32_t count);

/* Whether some port is in both (ascending) lists; an empty list stands for every port. */
bool ports_overlap(const uint16_t *a, uint32_t a_count, const uint16_t *b, uint32_t b_count);
void ports_sort(uint16_t *ports, uint32_t count);
bool ports_equal(const uint16_t *a, uint32_t a_count, const uint16_t *b, uint32_t b_count);

/* What is said of entries of one name that differ in their ports. */
#define PORTS_ARE_ALTERNATIVES "a program that does not show its port is accepted by any of them"

#endif
