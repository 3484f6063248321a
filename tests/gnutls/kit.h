/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A client and a server in one process, as any GnuTLS program would set them up. The server counts what it
 * gets. Nothing here knows of pinning.
 */
#ifndef GNUTLS_KIT_H
#define GNUTLS_KIT_H

#include <stdbool.h>
#include <stddef.h>

#include <gnutls/gnutls.h>

enum verification {
  NONE,             /* none at all */
  AFTERWARDS,       /* gnutls_certificate_verify_peers3, when the handshake is over */
  CREDENTIALS_YES,  /* a callback of the credentials that says yes */
  SESSION_YES,      /* a callback of the session that says yes */
  BY_LIBRARY,       /* gnutls_session_set_verify_cert */
  BY_LIBRARY_TYPED, /* gnutls_session_set_verify_cert2 */
};

enum authentication { CERTIFICATES, ANONYMOUS, PRE_SHARED, RAW_KEY };

enum names { SEND_NAME, SEND_NOTHING, VERIFY_ONLY, RESOLVE_ONLY };

/* One connection. Zero is the plain case: TLS 1.3, a client that verifies nothing and sends its name. */
struct setup {
  const char *chain; /* what the server shows: tests/paths/pki.c */
  const char *name;  /* of the host */
  enum names names;
  enum verification verification;
  enum authentication authentication;
  bool old; /* TLS 1.2 */
  bool datagram;
  bool cached;             /* the server keeps sessions itself, in place of tickets */
  bool own_transport;      /* a push function of the program's: no descriptor shows */
  bool untrusting;         /* the root is not among what the credentials trust */
  const char *trusted;     /* a certificate more that they trust: of that name in the folder of pki.c */
  bool false_start;        /* TLS 1.2 */
  bool client_certificate; /* the client has one, and the server asks for it */
  bool stubborn;           /* goes on after an error */
  bool program_hook;       /* of the client's own */
  bool hook_fails;
  bool reversed;                 /* the certificates behind the server's own come the other way round */
  const char *appended;          /* a certificate more: of that name in the folder of pki.c */
  const gnutls_datum_t *session; /* to resume; NULL: none */
  const char *early_data;
};

struct result {
  int error;              /* of the client's handshake; 0: none */
  int sent;               /* what sending said afterwards; 0: not tried */
  size_t server_received; /* bytes of the program's */
  size_t early_received;  /* the same, as early data */
  unsigned certificates;  /* Certificate and CertificateVerify of the client that reached the server */
  unsigned hellos;        /* that reached the server */
  int alert;              /* that the server got; -1: none */
  unsigned hook_calls;    /* of the program's own hook */
  bool echoed;            /* data came back */
  bool resumed;
  gnutls_datum_t session; /* for gnutls_free; of an accepted connection */
};

/* Fails the test. */
_Noreturn __attribute__((format(printf, 1, 2))) void broken(const char *format, ...);

/* A file of the folder that pki.c filled. Valid until the fourth call after this one. */
const char *pki(const char *kind, const char *name, const char *suffix);

/* Puts a policy of pki.c in force, and waits until it is taken up; "missing": none; "paused": good,
 * and a pause for everything. */
void use_policy(const char *name);

/* Makes what all connections of the process share. */
void kit_begin(void);

struct result connection(const struct setup *setup);

#endif
