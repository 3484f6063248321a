/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Asks the policy for the names of a peer, one after the other. Names are not collected first, so no name
 * can displace another; only names that an entry covers are kept. */
#ifndef PIN_QUESTION_H
#define PIN_QUESTION_H

#include "host_part.h"
#include "module.h"
#include "pinpolicy.h"
#include "sockets.h"

struct kept_name;

/* The names that findings point to. */
struct asked_names {
  struct kept_name *kept;     /* names that were copied; owned; NULL: none */
  char first[PEER_NAME_SIZE]; /* a name to report if there is no other */
};

/* How far the handshake has come. */
enum question_stage {
  QUESTION_ANSWERED,  /* the peer has sent something */
  QUESTION_OFFER,     /* a session is about to be offered, with which data may leave at once */
  QUESTION_EARLY_DATA /* data is about to leave that the peer has not answered to */
};

/* The state of asking, from question_begin to pin_select_end. All pointers are borrowed. */
struct question {
  const struct pin_policy *policy;
  struct pin_verdict *verdict; /* filled in while asking */
  struct asked_names *names;   /* must last as long as the verdict */
  int fd;                      /* the connection's socket; -1: none */
  /* If fd is -1: the host to which the connection opens its own socket; NULL: not known. */
  const char *opens_to;
  uint16_t port; /* of the connection; 0: not known */
  enum question_stage stage;
  bool is_media;            /* the connection is for media, so other sockets tell nothing of its peer */
  bool host_is_given;       /* the client gave a name of a host, so nothing has to be concluded */
  bool is_localhost;        /* the name given is localhost, which may mean another host */
  unsigned given_addresses; /* number of different uncovered addresses given in place of a name */
  struct socket_peer given; /* the first of them */
  bool concludes;           /* names asked for now are not the client's own (see struct pin_finding) */
};

/* Makes these functions the source of resolved names; NULL: no name was seen. If an older shim lacks some
 * of them, none is called, and any name counts as resolved, which is logged once. seen: must stay valid. */
void question_use_seen(const struct pinning_seen *seen);

/* Copies a name; valid as long as `names`. NULL: no memory. */
const char *question_keep(struct asked_names *names, const char *name);
/* Frees the copies. */
void question_forget(struct asked_names *names);

/* Begins the verdict again with pin_select_begin, and forgets what is known of the peer. now: seconds
 * since the epoch. */
void question_begin(struct question *question, int64_t now);

/* Asks for a name that lasts as long as the verdict. */
void question_ask(struct question *question, const char *name, uint16_t port);

/* Asks for a name that need not last. Findings point to a copy. Without memory they get the name of their
 * entry, and then no CA alone satisfies them. */
void question_ask_passing(struct question *question, const char *name, uint16_t port);

/*
 * Considers how a name that was asked for is spelled. A text that is not a host's name counts as no name, so
 * that names are also concluded; but the host in it is asked for too, so that no spelling avoids a pin. An
 * address also counts as no name, unless an entry covers a name already, but it tells where the connection
 * goes.
 */
void question_consider_spelling(struct question *question, const char *name);

/* Does both for a name that the client gave and that lasts as long as the verdict. name: may be NULL or
 * empty: none. localhost also counts as no name unless an entry covers a name already. */
void question_ask_given(struct question *question, const char *name);

/*
 * For a client that gave no name of a host. Asks for the address that it gave or is connected to, and for the
 * names that the process resolved to that address, if the shim saw that. If there is no such address, asks
 * for those of every socket that the process connected; sockets are looked at only if something among them
 * could be covered.
 *
 * - If localhost was given and a stream goes there, streams to other places do not count.
 * - For media (DTLS-SRTP, RFC 5763) other sockets do not count: its peer is not a host with a name, but
 *   anybody who has the fingerprint that was agreed on elsewhere.
 * - If data leaves before it is known where to (TCP Fast Open, or no socket yet), that is refused if it could
 *   be covered.
 * - If the connection opens its socket itself, its host was given as a name, or is an address, which is asked
 *   for here.
 */
void question_conclude_from_sockets(struct question *question);

/* Asks for a name of the peer's certificate. A pinning_visit_name_fn; arg: the question. */
bool question_ask_concluded(const char *name, void *arg);

/*
 * If entries depend on an unknown port: the only port to which the process is connected at the addresses of
 * their names, provided each of these names has an entry for it. 0: no entry depends on the port, or the port
 * cannot be found.
 */
uint16_t question_seek_port(struct question *question);

#endif
