/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Whether the OpenSSL in a process lacks a function without which pinning.so can judge nothing. It then
 * refuses every connection of a client, and says so in the log of that process alone.
 */
#ifndef PINCTL_SYSTEM_OPENSSL_LACKS_H
#define PINCTL_SYSTEM_OPENSSL_LACKS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/memory.h"

/* Most processes have the same two files. */
struct known_openssl {
  dev_t devices[2];
  ino_t files[2];
  const char *lacks;
};

struct known_openssls {
  struct known_openssl *items;
  size_t count;
};

#ifdef BOUND_FUNCTIONS
/* Made of provider/openssl/openssl.h and openssl.c when pinctl is built; sorted. */
extern const char *const bound_functions[BOUND_FUNCTIONS];
#endif

/*
 * The first function that is missing, static, or NULL: none is, or nobody can tell, since the files are gone
 * or too large. mapped: the files of libssl and libcrypto that a process maps, by its own paths. Where it has
 * several, each libssl goes with the libcrypto of the same version. *left: how many bytes may be read.
 */
const char *openssl_lacks(struct known_openssls *known, const char *pid, const struct text_list *mapped,
                          uint64_t *left);

void known_openssls_clear(struct known_openssls *known);

#endif
