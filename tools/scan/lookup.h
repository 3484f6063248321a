/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The resolver, asked while other things go on: getaddrinfo(3) has no limit of time, and waits for a dead
 * name server as long as resolv.conf(5) says.
 */
#ifndef PINCTL_SCAN_LOOKUP_H
#define PINCTL_SCAN_LOOKUP_H

#include <netdb.h>
#include <stdbool.h>

#include "base/must_use.h"

/* Begins to ask for the addresses of a name, in a thread. NULL: there can be no further one. */
MUST_USE struct lookup *lookup_new(const char *name);

enum lookup_state {
  LOOKUP_GOES_ON = 0,
  LOOKUP_ENDED,
  LOOKUP_LATE /* there was no answer so many seconds after the question */
};

/*
 * What has become of it. Does not wait. *ret_found: the answer, once, for freeaddrinfo; NULL: there is none,
 * or the resolver knows no address.
 */
enum lookup_state lookup_look(struct lookup *lookup, double seconds, struct addrinfo **ret_found);

/* Takes NULL. What is still being asked goes on, and is freed when it ends. */
void lookup_free(struct lookup *lookup);

#endif
