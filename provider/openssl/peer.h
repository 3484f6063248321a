/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Who a verification is about: asks the policy for every name the client used (common/question.h). */
#ifndef PIN_PEER_H
#define PIN_PEER_H

#include "common/question.h"
#include "openssl.h"
#include "pinpolicy.h"

/* Verification parameters that a verification can draw names from. */
#define PEER_PARAMS 2
/* Of so many verified names the peer remembers that any subdomain will do as well. */
#define PEER_BELOW 4

/* Where names are looked for. All of it is borrowed. */
struct peer_sources {
  const struct libcrypto *crypto;
  const struct libssl *libssl;            /* NULL only outside TLS */
  X509_VERIFY_PARAM *params[PEER_PARAMS]; /* any may be NULL */
  SSL *ssl;                               /* NULL outside TLS */
  X509 *certificate;                      /* what the peer showed; NULL: none, or not known */
  const char *checked_name;               /* a name or address that the program checks itself; NULL: none */
  const char *sent_name;                  /* as in struct subject_matter */
  enum question_stage stage;
};

struct peer {
  struct peer_sources sources;
  int64_t now;                           /* seconds since the epoch */
  bool is_named;                         /* the client gave a name, if only an address */
  uint16_t port;                         /* of the socket; 0: not known */
  int fd;                                /* of the socket; -1: none */
  bool will_connect;                     /* the socket is not connected yet */
  const char *server_name;               /* SNI; NULL: none */
  const char *session_name;              /* for which the session was made; NULL: none, or a name was sent */
  const char *connect_name;              /* of a BIO that connects; NULL: none */
  bool is_within_tls;                    /* that BIO is below another TLS */
  char *verified_addresses[PEER_PARAMS]; /* owned; NULL: none */
  bool asked_for_addresses;
  const char *below[PEER_BELOW]; /* of these any subdomain was verified too; the first below_count, kept */
  size_t below_count;
  struct asked_names names; /* names that findings point to */
};

/* Looks at what the client gave, without a policy. To be given to peer_clear. */
void peer_begin(const struct peer_sources *sources, struct peer *ret_peer);

/*
 * pin_select for the names of the peer: verified and checked names, the server name, the host of a connect
 * BIO, and the verified addresses, which decide nothing where the policy names none. Where a client gave no
 * name of a host, the address it is connected to is its name, together with the names that the process
 * resolved to that address, where the shim saw it; and where its socket cannot be found either, because the
 * program drives OpenSSL through BIOs of its own, those of every socket that the process connected; they are
 * only looked at where something of them could be covered. Where that leads to no entry either, the names in
 * the peer's certificate count, unless the policy says no. May be called again, with another policy. What
 * *ret_verdict points to lasts as long as the sources and the peer.
 */
enum pin_needs peer_select(struct peer *peer, const struct pin_policy *policy,
                           struct pin_verdict *ret_verdict);

/* Frees what the two above allocated. */
void peer_clear(struct peer *peer);

#endif
