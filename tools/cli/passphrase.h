/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Passphrases of private keys. Whoever gets one cleanses it: OPENSSL_cleanse(3). */
#ifndef PINCTL_CLI_PASSPHRASE_H
#define PINCTL_CLI_PASSPHRASE_H

#include "base/must_use.h"

#include <stdbool.h>

/* With the NUL; OpenSSL's own programs read no longer ones. */
#define PASSPHRASE_SIZE 1024

enum passphrase_answer { PASSPHRASE_GIVEN = 0, PASSPHRASE_NO_TERMINAL, PASSPHRASE_NOT_GIVEN };

/*
 * Asks on the terminal, without echo and never on standard input, which may be the key itself. twice: for a
 * new one; then both have to be the same.
 */
enum passphrase_answer passphrase_ask(bool twice, char *buffer, int size);

/*
 * The first line of a file ("-": standard input), as "openssl -passin file:" reads it. False, having said
 * why, where it is empty or too long.
 */
MUST_USE bool passphrase_read(const char *path, char ret_passphrase[PASSPHRASE_SIZE]);

#endif
