/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A client and a server in one process, set up as any GnuTLS program would. The server counts what it
 * receives. Nothing here knows of pinning.
 */
#ifndef GNUTLS_KIT_H
#define GNUTLS_KIT_H

#include <stdbool.h>
#include <stddef.h>

#include <gnutls/gnutls.h>

/* How many bytes of early data the server accepts. */
#define EARLY_DATA_ROOM 1024

enum verification {
  NONE,             /* no verification */
  AFTERWARDS,       /* gnutls_certificate_verify_peers3, after the handshake */
  CREDENTIALS_YES,  /* a callback of the credentials that accepts */
  SESSION_YES,      /* a callback of the session that accepts */
  BY_LIBRARY,       /* gnutls_session_set_verify_cert */
  BY_LIBRARY_TYPED, /* gnutls_session_set_verify_cert2 */
};

enum authentication { CERTIFICATES, ANONYMOUS, PRE_SHARED, RAW_KEY };

enum names { SEND_NAME, SEND_NOTHING, VERIFY_ONLY, RESOLVE_ONLY };

enum number { NO_NUMBER, OF_NOTHING, OF_FILE };

/* One connection. Zero means the plain case: TLS 1.3, a client that verifies nothing and sends its name. */
struct setup {
  const char *chain;  /* the server's: tests/paths/pki.c */
  const char *second; /* its chain in a second handshake; NULL: there is none */
  const char *name;   /* the host's */
  enum names names;
  enum verification verification;
  enum authentication authentication;
  bool second_asked;                         /* the server asks for it, not the client */
  enum authentication second_authentication; /* instead of CERTIFICATES: ANONYMOUS, PRE_SHARED */
  bool old;                                  /* TLS 1.2 */
  bool datagram;
  bool media;              /* both have keys for media (DTLS-SRTP) */
  bool beside;             /* uses datagrams, and the process also has a connection to 127.0.0.1 */
  bool cached;             /* the server stores sessions itself, instead of sending tickets */
  enum number number;      /* which the program gives GnuTLS for its own transport */
  bool own_transport;      /* a push function of the program's, so no descriptor is known */
  bool untrusting;         /* the credentials do not trust the root */
  const char *trusted;     /* one more certificate that they trust: its name in the folder of pki.c */
  bool false_start;        /* TLS 1.2 */
  bool client_certificate; /* the client has one, and the server asks for it */
  bool asked_later;        /* the client has one, and the server asks for it after the handshake */
  bool key_update;         /* both sides change keys after the handshake */
  bool stubborn;           /* continues after an error */
  bool program_hook;       /* the client's own hook, for all messages unless hook_type is set */
  unsigned hook_type;      /* 0: GNUTLS_HANDSHAKE_ANY */
  int hook_when;
  bool hook_fails;
  bool extension;                /* the program registers one for all sessions */
  bool extension_late;           /* after its session was made */
  bool set_up_again;             /* the program has deinitialised GnuTLS and initialised it again */
  bool reversed;                 /* the certificates after the server's own are in reverse order */
  const char *appended;          /* one more certificate: its name in the folder of pki.c */
  const gnutls_datum_t *session; /* to resume; NULL: none */
  const char *early_data;
  bool fast_open;      /* the client's first packet opens the connection (gnutls_transport_set_fastopen) */
  bool pending;        /* the client begins before its socket is connected */
  bool forgetful;      /* the server knows no earlier session */
  bool looked_up;      /* session and early data are set by functions that the program looked up */
  bool session_first;  /* the session is set before the name */
  const char *renamed; /* another name, set last by a function that the program looked up */
  /* Set first, for a handshake that ends before it sends anything; NULL: there is none. */
  const gnutls_datum_t *session_before;
  const char *name_before; /* the name in that handshake; NULL: name */
};

struct result {
  int error;              /* of the client's handshake; 0: none */
  int sent;               /* what sending returned afterwards; 0: not tried */
  size_t server_received; /* bytes of application data */
  size_t early_received;  /* bytes of early data */
  unsigned certificates;  /* Certificate and CertificateVerify of the client that reached the server */
  unsigned hellos;        /* ClientHellos that reached the server */
  int alert;              /* that the server received; -1: none */
  int server_error;       /* of the server's handshake; 0: none */
  unsigned hook_calls;    /* of the program's own hook */
  size_t early_room;      /* how many bytes of early data the server accepts, as told to the client */
  unsigned extensions;    /* how often either side received the program's extension */
  bool echoed;            /* data came back */
  bool resumed;
  gnutls_datum_t session; /* of an accepted connection; for gnutls_free */
};

/* Fails the test. */
_Noreturn __attribute__((format(printf, 1, 2))) void broken(const char *format, ...);

/* A file of the folder that pki.c filled. The name is valid until the fourth call after this one in the same
 * thread. */
const char *pki(const char *kind, const char *name, const char *suffix);

/* Puts a policy of pki.c in force, and waits until it is loaded; "missing": none; "paused": good, with a
 * pause for everything. */
void use_policy(const char *name);

/* Makes what all connections of the process share. */
void kit_begin(void);

struct result connection(const struct setup *setup);

#endif
