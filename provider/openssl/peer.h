/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Finds out who the peer of a verification is, and asks the policy for every name that the client used. */
#ifndef PIN_PEER_H
#define PIN_PEER_H

#include "common/question.h"
#include "openssl.h"
#include "pinpolicy.h"

/* A verification has at most two sets of parameters with names: its own and its store's. */
#define PEER_PARAMS 2
/* For how many verified names the peer remembers that any subdomain is accepted too. */
#define PEER_BELOW 4

/* Where the client's names are found. All of it is borrowed. */
struct peer_sources {
  const struct libcrypto *crypto;
  const struct libssl *libssl;            /* NULL: no libssl is loaded; only outside TLS */
  X509_VERIFY_PARAM *params[PEER_PARAMS]; /* each may be NULL */
  SSL *ssl;                               /* the connection; NULL: outside TLS */
  X509 *certificate;                      /* the peer's; NULL: it showed none, or it is not known */
  const char *checked_name;  /* a name or address that the program checks by itself; NULL: none */
  const char *sent_name;     /* see struct subject_matter */
  enum question_stage stage; /* of the handshake */
};

/* A peer, and the names that lead to it. */
struct peer {
  struct peer_sources sources;
  int64_t now;              /* seconds since the epoch */
  bool is_named;            /* the client gave a name or an address */
  uint16_t port;            /* of the socket; 0: not known */
  int fd;                   /* the socket; -1: none */
  bool will_connect;        /* the socket exists, but is not connected yet */
  const char *server_name;  /* SNI; borrowed; NULL: none */
  const char *session_name; /* name of the offered session; borrowed; NULL: none, or the client sent a name */
  const char *connect_name; /* host of a BIO that connects (BIO_s_connect(3)); borrowed; NULL: none */
  bool is_within_tls;       /* that BIO carries another TLS connection, in which this one runs */
  char *verified_addresses[PEER_PARAMS]; /* owned by OpenSSL's allocator; NULL: none */
  bool asked_for_addresses;              /* verified_addresses is filled in */
  /* The first below_count: names whose subdomains the client accepts as well. Kept in `names`. */
  const char *below[PEER_BELOW];
  size_t below_count;
  struct asked_names names; /* holds the names that findings point to */
};

/* Collects what the client gave, without asking a policy. The caller passes *ret_peer to peer_clear. */
void peer_begin(const struct peer_sources *sources, struct peer *ret_peer);

/*
 * Calls pin_select for each name of the peer: SNI, checked and verified names, the host of a BIO that
 * connects, and the verified addresses (left out if a host was given and the policy names no address).
 *
 * If the client gave no name of a host, the address of its socket is used, together with the names that the
 * process resolved to that address, if the shim saw that. If the socket cannot be found either, because the
 * program carries OpenSSL's data itself, the addresses of all connected sockets of the process are used; they
 * are looked at only if something among them could be covered. If no entry is found that way, the names in
 * the peer's certificate are used, unless the policy says not to.
 *
 * Returns what pin_select_end returns. *ret_verdict points into the sources and the peer. May be called again
 * with another policy.
 */
enum pin_needs peer_select(struct peer *peer, const struct pin_policy *policy,
                           struct pin_verdict *ret_verdict);

/* Frees what the peer owns. */
void peer_clear(struct peer *peer);

#endif
