/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The shared part of the programs of this room: a client and a server in one process, set up as any OpenSSL
 * program would, and a table of cases. Only `link_outcome` knows of pinning; it looks for pinning's name in
 * the error queue.
 */
#ifndef PATHS_KIT_H
#define PATHS_KIT_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

enum outcome {
  ACCEPTED, /* data went both ways, and the client's error queue stayed empty */
  REFUSED,  /* the client failed, and its error queue says that pinning refused */
  REJECTED, /* the client failed for another reason */
  NOT_APPLICABLE,
  BROKEN /* the test itself does not work, or something happened that must never happen */
};

/* MAPPED: an IPv6 socket that is connected to an IPv4 address, as in dual-stack programs. */
enum transport { BIO_PAIR, MEMORY, SOCKET, MAPPED };

/* One connection. Zero means the plain case: TLS 1.3, a client that verifies and trusts the root. */
struct setup {
  const char *chain; /* which one the server shows; see pki.c */
  const char *sni;   /* NULL: none */
  const char *host;  /* the verified name; NULL: none */
  int version;       /* 0: TLS 1.3 */
  bool unverified;   /* SSL_VERIFY_NONE */
  bool untrusting;   /* the client does not trust the root */
  enum transport transport;
};

struct link {
  SSL *client, *server;
  int client_socket, server_socket; /* -1: none */
  BIO *to_server, *to_client;       /* memory; NULL: none */
  bool client_failed, server_failed;
  bool ours;                 /* the client's error names pinning */
  bool names_host;           /* and the host */
  bool queue_dirty;          /* a successful call of the client's left errors in the queue */
  unsigned long first_error; /* of the failure; 0: the queue was empty */
  long verify_result;
  size_t server_received; /* bytes of plaintext */
};

/* Fails the test: prints why and exits with 2. */
_Noreturn __attribute__((format(printf, 1, 2))) void broken(const char *format, ...);

/* Ends the case, because this OpenSSL cannot do what the case needs. */
_Noreturn void not_applicable(const char *why);

/* A file of the folder that pki.c filled. The name is valid until the fourth call after this one. */
const char *pki(const char *kind, const char *name, const char *suffix);

/* The first certificate of cert-NAME.pem, and the key of key-NAME.pem; the caller frees them. */
X509 *read_certificate(const char *name);
EVP_PKEY *read_key(const char *name);
/* Trusts only that certificate. */
X509_STORE *store_trusting(const char *name);

/* Puts a policy of pki.c in force, and waits until a verification loads it. */
void use_policy(const char *name);
/* The same without waiting. */
void replace_policy(const char *name);

/* Makes libc resolve a name to IPv4 addresses, and frees them; false: there are none. */
bool resolve_name(const char *name);
/* Waits until the process looks at its policy again, half a second after the last look; a process without
 * pinning never does. */
void wait_for_look(void);

/* Makes a context in a library context of the program's own; NULL: the default one. */
SSL_CTX *client_context_in(OSSL_LIB_CTX *library, const SSL_METHOD *method, const struct setup *setup);
SSL_CTX *client_context(const struct setup *setup);
SSL_CTX *server_context(const struct setup *setup);
void load_chain(SSL_CTX *context, const char *chain);

struct sockaddr_in;

/* Makes a listener at an address, with a port that the system chooses. */
int listen_at(const char *text, struct sockaddr_in *ret_address);

/* Makes a non-blocking UDP socket on the loopback, with a port that the system chooses. */
int udp_socket(struct sockaddr_in *ret_address);

/* Connects this process with itself, over that address. */
void connect_at(const char *text);

/* Makes a listening socket, and its port as text. */
int listen_on_loopback(char ret_port[8]);
/* Connects the server's end to the next connection, and closes the listener. */
void link_accept(struct link *link, int listener);

void set_server_name(SSL *ssl, const char *name);

/* Makes libssl call an info callback as at the start, again and again while it writes the ClientHello: after
 * the last check of the session and the name in it. One at a time. */
void change_at_hello(SSL *ssl, void (*change)(const SSL *ssl, int where, int result));

/* Makes both connections. Takes no reference to the contexts of its own. */
void link_open(struct link *link, const struct setup *setup, SSL_CTX *client, SSL_CTX *server);
/* The same without the names, which the caller sets. */
void link_open_nameless(struct link *link, const struct setup *setup, SSL_CTX *client, SSL_CTX *server);
/* Connects both ends by a TCP connection of the loopback. */
void link_join_by_sockets(struct link *link, bool mapped);
/* Runs both ends until the handshake is complete or one end failed. */
void link_handshake(struct link *link);
/* After the handshake: both ends write and read. */
void link_exchange(struct link *link);
/* Lets the client try to write `data`, and the server read it. */
void link_send(struct link *link, const char *data);
/* One turn of the server: reads the plaintext that has come. */
void link_serve(struct link *link);
/* After a failed call of the client's: records its error queue. */
void link_note_failure(struct link *link);
enum outcome link_outcome(const struct link *link);
void link_close(struct link *link);

/* Does the handshake and the exchange, and returns the outcome. */
enum outcome link_run(struct link *link);
/* Closes the link and frees the contexts. */
void link_free(struct link *link, SSL_CTX *client, SSL_CTX *server);
/* Returns the outcome of what the link has done so far, after link_free(). */
enum outcome link_end(struct link *link, SSL_CTX *client, SSL_CTX *server);
/* Does the handshake and the exchange, and returns the outcome after link_free(). */
enum outcome link_finish(struct link *link, SSL_CTX *client, SSL_CTX *server);
/* Makes a connection from start to end, with its own contexts. */
enum outcome connect_once(const struct setup *setup);
/* The same with contexts of the caller's, which are kept. */
enum outcome connect_with(const struct setup *setup, SSL_CTX *client, SSL_CTX *server);
/* The same with a client context of the caller's, which is freed. */
enum outcome connect_from(const struct setup *setup, SSL_CTX *client);
/* The same with a client whose program verifies instead of OpenSSL; see SSL_CTX_set_cert_verify_callback(3).
 */
enum outcome connect_verifying(const struct setup *setup, int (*callback)(X509_STORE_CTX *, void *));

/* Makes a client whose newest session is kept in newest_session, which owns it; NULL: none yet. */
SSL_CTX *caching_client(const struct setup *setup);
extern SSL_SESSION *newest_session;

/* The public function of that name in the running OpenSSL; NULL: this release has none. */
void *optional_symbol(const char *name);

/* Runs a function in a forked child, whose output is printed too, and returns its outcome. */
enum outcome in_child(enum outcome (*run)(const struct setup *setup), const struct setup *setup);

/* ---- Cases ---- */

struct test_case {
  const char *name;
  enum outcome (*run)(const struct setup *setup);
  struct setup setup;
  /* The expected outcomes without pinning, with the provider and with the shim. */
  enum outcome without, provider, shim;
  const char *note; /* why an expectation is unusual; NULL: it is not */
  bool same_output; /* the output must be the same in all ways */
};

#define ALL_ACCEPT .without = ACCEPTED, .provider = ACCEPTED, .shim = ACCEPTED
#define WE_REFUSE .without = ACCEPTED, .provider = REFUSED, .shim = REFUSED
#define OPENSSL_REJECTS .without = REJECTED, .provider = REJECTED, .shim = REJECTED
#define BOTH_REFUSE .without = REJECTED, .provider = REFUSED, .shim = REFUSED

/* `program --list` prints the table for run.py; `program NAME` runs one case and prints its outcome. */
int cases_main(int argc, char **argv, const struct test_case *cases, size_t count);

#endif
