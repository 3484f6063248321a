/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Asking the policy for the names of a peer, one after the other. Nothing is collected first, so nothing can
 * be crowded out; only names that an entry covers are kept.
 */
#ifndef PIN_QUESTION_H
#define PIN_QUESTION_H

#include "host_part.h"
#include "module.h"
#include "pinpolicy.h"
#include "sockets.h"

struct kept_name;

/* Names that findings point to. */
struct asked_names {
  struct kept_name *kept;     /* owned */
  char first[PEER_NAME_SIZE]; /* one to report, where no other is at hand */
};

/* How far the connection has come. */
enum question_stage {
  QUESTION_ANSWERED,  /* its peer has sent something */
  QUESTION_OFFER,     /* a session is about to be offered, by which data may leave at once */
  QUESTION_EARLY_DATA /* data is about to leave that the peer has not answered to */
};

/* What is known while the policy is asked: between question_begin and pin_select_end. */
struct question {
  const struct pin_policy *policy;
  struct pin_verdict *verdict;
  struct asked_names *names; /* lasts as long as the verdict */
  int fd;                    /* of the connection's socket; -1: none */
  const char *opens_to;      /* with fd -1: the host to which it opens a socket of its own; NULL: not known */
  uint16_t port;             /* of the connection; 0: not known */
  enum question_stage stage;
  bool is_media;            /* the process's other sockets say nothing of the peer (question_conclude...) */
  bool host_is_given;       /* nothing need be concluded */
  bool is_localhost;        /* by the name that was given, which may be another host's */
  unsigned given_addresses; /* different ones in the place of a name, which no entry covers */
  struct socket_peer given; /* the first of them */
  bool concludes;           /* what is asked now is not the client's own name (struct pin_finding) */
};

/* Names that were resolved are asked from these functions from now on; NULL: nobody saw any. An older shim's,
 * which lacks some, are not called: then any name may have been resolved. */
void question_use_seen(const struct pinning_seen *seen);

/* A copy of a name that lasts as long as `names`; NULL: no memory. */
const char *question_keep(struct asked_names *names, const char *name);
/* Frees what was kept. */
void question_forget(struct asked_names *names);

/* Begins the verdict anew: pin_select_begin, and nothing is known of the peer.
 * now: seconds since the epoch. */
void question_begin(struct question *question, int64_t now);

/* For a name that lasts as long as the verdict. */
void question_ask(struct question *question, const char *name, uint16_t port);

/* For a name that is gone afterwards. Findings get a copy; without memory the name of their entry, and then
 * no CA's word is taken for them. */
void question_ask_passing(struct question *question, const char *name, uint16_t port);

/*
 * For the spelling of a name that was asked for. A name that is no host's counts as none, so that what can be
 * concluded is asked for too; the host in it is looked up all the same, so that no spelling steps round a
 * pin. An address counts as none too, where no entry covers a name so far, but tells where the connection
 * goes.
 */
void question_consider_spelling(struct question *question, const char *name);

/*
 * Both, for a name that the client gave and that lasts as long as the verdict. NULL: none. Where no entry
 * covers a name so far, localhost counts as none as well.
 */
void question_ask_given(struct question *question, const char *name);

/*
 * Where a client gave no name of a host, the address it gave or is connected to is its name, together with
 * the names that the process resolved to that address, where the shim saw it; and where there is neither,
 * those of every socket that the process connected; they are only looked at where something of them
 * could be covered. Where localhost was given, and a stream goes there, streams that go elsewhere are
 * others'. Nor do other sockets count for media (DTLS-SRTP, RFC 5763), whose peer is no host with a name but
 * whoever has the fingerprint that was agreed on elsewhere. Refused is what leaves before anybody can say
 * where to (TCP Fast Open, no socket yet), if that could be covered. Where the connection opens its socket
 * itself, its host was given, or is an address, which is asked for here.
 */
void question_conclude_from_sockets(struct question *question);

/* A pinning_visit_name_fn for names of the peer's certificate; arg: the question. */
bool question_ask_concluded(const char *name, void *arg);

/*
 * The one port to which the process is connected at the addresses of a name for which the port decides, and
 * for which each such name has an entry. 0: it decides for none, or nobody can tell.
 */
uint16_t question_seek_port(struct question *question);

#endif
