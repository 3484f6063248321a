/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Who a verification is about: every name the client used, and the port. */
#ifndef PIN_PEER_H
#define PIN_PEER_H

#include "module.h"
#include "openssl.h"
#include "pinpolicy.h"

/* A client that uses more verified names than this is refused. */
#define PEER_MAX_NAMES 32
/* Verification parameters that a verification can draw names from. */
#define PEER_PARAMS 2
/* Names that are only concluded, where the client's own are not to be had, and room for them with their NULs.
 */
#define PEER_MAX_CONCLUDED 256
#define PEER_CONCLUDED_SIZE 16384
#define PEER_NAME_SIZE 254 /* RFC 1035, 2.3.4: 253 characters as text */

struct peer {
  struct pin_peer pin; /* points into the members below */
  bool too_many;       /* the client used more names than fit */
  bool asked_for_addresses;
  X509_VERIFY_PARAM *params[PEER_PARAMS];
  int fd;                                /* of the socket; -1: none */
  const char *server_name;               /* SNI; NULL: none */
  char *verified_addresses[PEER_PARAMS]; /* owned; NULL: none */
  size_t concluded_count;
  size_t concluded_used; /* bytes */
  char *concluded; /* copies of names, PEER_CONCLUDED_SIZE bytes, owned; NULL: none, a stack may be small */
  const char *names[PEER_MAX_NAMES + PEER_MAX_CONCLUDED]; /* the first pin.name_count */
};

/*
 * Gathers names from the verification parameters and, for a connection, SNI and the port of its socket; not
 * the verified addresses where there is another name.
 * Where a client gave no name at all, the address it is connected to is its name, together with the names
 * that the process resolved to that address, where the shim saw it; and where its socket cannot be found
 * either, because the program drives OpenSSL through BIOs of its own, the addresses that any socket of the
 * process is connected to. params: any may be NULL; ssl: NULL outside TLS; libssl: NULL only then. The names
 * belong to OpenSSL, and last as long as params and ssl, or are copies that the peer owns.
 */
void peer_gather(const struct libcrypto *crypto, const struct libssl *libssl,
                 X509_VERIFY_PARAM *const params[PEER_PARAMS], SSL *ssl, struct peer *ret_peer);

/*
 * Adds the verified addresses, if that was not done yet. OpenSSL raises an error where there is none, which
 * takes longer than a lookup: only where a policy names addresses do they decide anything.
 */
void peer_add_addresses(const struct libcrypto *crypto, struct peer *peer);

/* Frees what the two above allocated. */
void peer_clear(const struct libcrypto *crypto, struct peer *peer);

/* Names that were resolved to an address are asked from this function from now on. */
void peer_use_resolved_names(pinning_resolved_name_fn *resolved_name);

#endif
