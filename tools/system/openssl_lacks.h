/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Finds whether the OpenSSL in a process lacks a function that pinning.so needs. pinning.so then refuses
 * every connection of a client, and only the log of that process says so.
 */
#ifndef PINCTL_SYSTEM_OPENSSL_LACKS_H
#define PINCTL_SYSTEM_OPENSSL_LACKS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/memory.h"

/* The result for two files, since most processes have the same. */
struct known_openssl {
  dev_t devices[2]; /* of libssl and libcrypto */
  ino_t files[2];
  const char *lacks; /* static; NULL: nothing */
};

struct known_openssls {
  struct known_openssl *items;
  size_t count;
};

#ifdef BOUND_FUNCTIONS
/* Generated from provider/openssl/openssl.h and openssl.c by bound_functions.cmake; sorted. */
extern const char *const bound_functions[BOUND_FUNCTIONS];
#endif

/*
 * The first function that is missing, static. NULL: none, or the files are gone or too large. mapped: the
 * files of libssl and libcrypto that a process maps, by its own paths; each libssl belongs to the libcrypto
 * of the same version. *left: how many bytes may be read.
 */
const char *openssl_lacks(struct known_openssls *known, const char *pid, const struct text_list *mapped,
                          uint64_t *left);

void known_openssls_clear(struct known_openssls *known);

#endif
