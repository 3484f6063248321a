/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Reads passphrases of private keys. The caller must erase each with OPENSSL_cleanse(3). */
#ifndef PINCTL_CLI_PASSPHRASE_H
#define PINCTL_CLI_PASSPHRASE_H

#include "base/must_use.h"

#include <stdbool.h>

/* Including the NUL; the limit of OpenSSL's own programs. */
#define PASSPHRASE_SIZE 1024

enum passphrase_answer { PASSPHRASE_GIVEN = 0, PASSPHRASE_NO_TERMINAL, PASSPHRASE_NOT_GIVEN };

/*
 * Asks on the terminal, without echo, and never on standard input, which may be the key itself. twice: a new
 * passphrase is asked for twice, and both answers must be equal.
 */
enum passphrase_answer passphrase_ask(bool twice, char *buffer, int size);

/*
 * Reads the first line of a file ("-": standard input), like "openssl -passin file:". False, having said why:
 * the file cannot be read, or the line is empty or too long.
 */
MUST_USE bool passphrase_read(const char *path, char ret_passphrase[PASSPHRASE_SIZE]);

#endif
