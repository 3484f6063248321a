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

/* Bytes of early data that the server takes. */
#define EARLY_DATA_ROOM 1024

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

enum number { NO_NUMBER, OF_NOTHING, OF_FILE };

/* One connection. Zero is the plain case: TLS 1.3, a client that verifies nothing and sends its name. */
struct setup {
  const char *chain;  /* what the server shows: tests/paths/pki.c */
  const char *second; /* what it shows in a second handshake; NULL: there is none */
  const char *name;   /* of the host */
  enum names names;
  enum verification verification;
  enum authentication authentication;
  bool second_asked;                         /* by the server, not by the client */
  enum authentication second_authentication; /* in place of CERTIFICATES: ANONYMOUS, PRE_SHARED */
  bool old;                                  /* TLS 1.2 */
  bool datagram;
  bool media;              /* both have keys for media (DTLS-SRTP) */
  bool beside;             /* by datagrams, and the process has a connection to 127.0.0.1 besides */
  bool cached;             /* the server keeps sessions itself, in place of tickets */
  enum number number;      /* which the program gives GnuTLS for its own transport */
  bool own_transport;      /* a push function of the program's: no descriptor shows */
  bool untrusting;         /* the root is not among what the credentials trust */
  const char *trusted;     /* a certificate more that they trust: of that name in the folder of pki.c */
  bool false_start;        /* TLS 1.2 */
  bool client_certificate; /* the client has one, and the server asks for it */
  bool asked_later;        /* the client has one, and the server asks for it after the handshake */
  bool key_update;         /* both sides use new keys when the handshake is over */
  bool stubborn;           /* goes on after an error */
  bool program_hook;       /* of the client's own: for all messages, unless: */
  unsigned hook_type;      /* 0: GNUTLS_HANDSHAKE_ANY */
  int hook_when;
  bool hook_fails;
  bool extension;                /* the program registers one for all sessions */
  bool extension_late;           /* when its session is there already */
  bool set_up_again;             /* the program has taken GnuTLS down, and set it up anew */
  bool reversed;                 /* the certificates behind the server's own come the other way round */
  const char *appended;          /* a certificate more: of that name in the folder of pki.c */
  const gnutls_datum_t *session; /* to resume; NULL: none */
  const char *early_data;
  bool fast_open;      /* the client's first packet opens the connection (gnutls_transport_set_fastopen) */
  bool pending;        /* the client begins before its socket is connected */
  bool forgetful;      /* the server knows no session of before */
  bool looked_up;      /* the session and the early data go to functions that the program has looked up */
  bool session_first;  /* it is offered before the name is set */
  const char *renamed; /* another name, set at last by a function that the program has looked up */
  /* Offered first, to a handshake that ends before it says anything; NULL: there is none. */
  const gnutls_datum_t *session_before;
  const char *name_before; /* of that; NULL: the same */
};

struct result {
  int error;              /* of the client's handshake; 0: none */
  int sent;               /* what sending said afterwards; 0: not tried */
  size_t server_received; /* bytes of the program's */
  size_t early_received;  /* the same, as early data */
  unsigned certificates;  /* Certificate and CertificateVerify of the client that reached the server */
  unsigned hellos;        /* that reached the server */
  int alert;              /* that the server got; -1: none */
  int server_error;       /* of the server's handshake; 0: none */
  unsigned hook_calls;    /* of the program's own hook */
  size_t early_room;      /* bytes of early data that the client was told that the server takes */
  unsigned extensions;    /* of the program's that were received, by either side */
  bool echoed;            /* data came back */
  bool resumed;
  gnutls_datum_t session; /* for gnutls_free; of an accepted connection */
};

/* Fails the test. */
_Noreturn __attribute__((format(printf, 1, 2))) void broken(const char *format, ...);

/* A file of the folder that pki.c filled. Valid until the fourth call after this one in the same thread. */
const char *pki(const char *kind, const char *name, const char *suffix);

/* Puts a policy of pki.c in force, and waits until it is taken up; "missing": none; "paused": good,
 * and a pause for everything. */
void use_policy(const char *name);

/* Makes what all connections of the process share. */
void kit_begin(void);

struct result connection(const struct setup *setup);

#endif
