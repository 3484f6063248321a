/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* A pin as people give it on the command line: a digest, "@pinset", or a file that carries the key. */
#ifndef PINCTL_KEYS_PIN_ARGUMENT_H
#define PINCTL_KEYS_PIN_ARGUMENT_H

#include "base/must_use.h"
#include "keys/key_object.h"

/*
 * For the list it is meant for: of a file that holds several keys, pins take the leaf's (or the only key or
 * request), intermediates the intermediate's, anchors the root's; fingerprints take the leaf certificate.
 * *ret_written is what goes into the policy, for free(3). Returns an exit status, having said what was wrong.
 */
MUST_USE int pin_argument_read(const char *text, enum pin_list list, char **ret_written);

/* The same with the certificate that carries the key, where the file has it. */
struct pin_argument {
  char *written;
  X509 *certificate; /* NULL: a digest, a pin set, or a bare key */
  enum role role;    /* of the certificate */
};

/* To be cleared in any case. */
MUST_USE int pin_argument_take(const char *text, enum pin_list list, struct pin_argument *ret_argument);
void pin_argument_clear(struct pin_argument *argument);

#endif
