/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads a pin given on the command line: a digest, "@pinset", or a file that carries the key. */
#ifndef PINCTL_KEYS_PIN_ARGUMENT_H
#define PINCTL_KEYS_PIN_ARGUMENT_H

#include "base/must_use.h"
#include "keys/key_object.h"

/*
 * Reads a pin for a list of an entry. Of a file with several keys, pins take the leaf's (or the only key
 * or request), intermediates the intermediate's, anchors the root's; fingerprints take the leaf
 * certificate. *ret_written is the text for the policy, for free(3). Returns an exit status, after a
 * message on failure.
 */
MUST_USE int pin_argument_read(const char *text, enum pin_list list, char **ret_written);

/* The same, with the certificate that carries the key, if the file has it. */
struct pin_argument {
  char *written;
  X509 *certificate; /* NULL: a digest, a pin set, or a bare key */
  enum role role;    /* role of the certificate */
};

/* Clear the result in any case. */
MUST_USE int pin_argument_take(const char *text, enum pin_list list, struct pin_argument *ret_argument);
void pin_argument_clear(struct pin_argument *argument);

#endif
