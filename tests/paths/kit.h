/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * What the programs of this room share: a client and a server in one process, as any OpenSSL program would
 * set them up, and a table of cases. Nothing here knows of pinning but `link_outcome`, which looks for its
 * name in the error queue.
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
  BROKEN /* the test itself does not work, or something happened that never may */
};

/* MAPPED: an IPv6 socket connected to an IPv4 address, as dual-stack programs do. */
enum transport { BIO_PAIR, MEMORY, SOCKET, MAPPED };

/* One connection. Zero is the plain case: TLS 1.3, a client that verifies and trusts the root. */
struct setup {
  const char *chain; /* what the server shows; see pki.c */
  const char *sni;   /* NULL: none */
  const char *host;  /* the verified name; NULL: none */
  int version;       /* 0: TLS 1.3 */
  bool unverified;   /* SSL_VERIFY_NONE */
  bool untrusting;   /* the root is not among the client's trusted certificates */
  enum transport transport;
};

struct link {
  SSL *client, *server;
  int client_socket, server_socket; /* -1: none */
  BIO *to_server, *to_client;       /* memory; NULL: none */
  bool client_failed, server_failed;
  bool ours;                 /* the client's failure names pinning */
  bool names_host;           /* and the host */
  bool queue_dirty;          /* a call of the client's succeeded and left errors behind */
  unsigned long first_error; /* of the failure; 0: the queue was empty */
  long verify_result;
  size_t server_received; /* bytes of plaintext */
};

/* Fails the test: prints why and exits with 2. */
_Noreturn __attribute__((format(printf, 1, 2))) void broken(const char *format, ...);

/* Ends the case: this OpenSSL cannot do what it is about. */
_Noreturn void not_applicable(const char *why);

/* A file of the folder that pki.c filled. Valid until the fourth call after this one. */
const char *pki(const char *kind, const char *name, const char *suffix);

/* The first certificate of cert-NAME.pem, and the key of key-NAME.pem; the caller frees them. */
X509 *read_certificate(const char *name);
EVP_PKEY *read_key(const char *name);
/* Trusts that certificate alone. */
X509_STORE *store_trusting(const char *name);

/* Puts a policy of pki.c in force, and waits until a verification takes it up. */
void use_policy(const char *name);
/* The same without waiting. */
void replace_policy(const char *name);

/* Has libc resolve a name to addresses of IP version 4, and forgets them; false: there are none. */
bool resolve_name(const char *name);
/* A process looks at its policy again half a second after the last look; one that has nothing of ours in it
 * never. */
void wait_for_look(void);

/* For a library context of the program's own; NULL: the default one. */
SSL_CTX *client_context_in(OSSL_LIB_CTX *library, const SSL_METHOD *method, const struct setup *setup);
SSL_CTX *client_context(const struct setup *setup);
SSL_CTX *server_context(const struct setup *setup);
void load_chain(SSL_CTX *context, const char *chain);

struct sockaddr_in;

/* A listener at an address, and at a port that the system chooses. */
int listen_at(const char *text, struct sockaddr_in *ret_address);

/* A UDP socket on the loopback, which does not block, at a port that the system chooses. */
int udp_socket(struct sockaddr_in *ret_address);

/* A connection of this process's with itself, which goes to that address. */
void connect_at(const char *text);

/* A listening socket, and its port as text. */
int listen_on_loopback(char ret_port[8]);
/* Joins the server's end to the next connection, and closes the listener. */
void link_accept(struct link *link, int listener);

void set_server_name(SSL *ssl, const char *name);

/* Has an info callback called as at the start, again and again while the ClientHello is written: behind the
 * last look at the session and the name that it will have. One at a time. */
void change_at_hello(SSL *ssl, void (*change)(const SSL *ssl, int where, int result));

/* Takes no reference to the contexts beyond its connections. */
void link_open(struct link *link, const struct setup *setup, SSL_CTX *client, SSL_CTX *server);
/* Without the names: they are left to the caller. */
void link_open_nameless(struct link *link, const struct setup *setup, SSL_CTX *client, SSL_CTX *server);
/* Joins both ends by a TCP connection of the loopback from now on. */
void link_join_by_sockets(struct link *link, bool mapped);
/* Lets both ends run until the handshake is over or one failed. */
void link_handshake(struct link *link);
/* After the handshake: both write, both read. */
void link_exchange(struct link *link);
/* Lets the client try to write `data`, and the server read it. */
void link_send(struct link *link, const char *data);
/* One turn of the server: reads what plaintext there is. */
void link_serve(struct link *link);
/* After a failed call of the client's: what its error queue says. */
void link_note_failure(struct link *link);
enum outcome link_outcome(const struct link *link);
void link_close(struct link *link);

/* Handshake, exchange, outcome. */
enum outcome link_run(struct link *link);
/* Closes the link and frees the contexts. */
void link_free(struct link *link, SSL_CTX *client, SSL_CTX *server);
/* The outcome of what the link has done so far, then link_free(). */
enum outcome link_end(struct link *link, SSL_CTX *client, SSL_CTX *server);
/* Handshake, exchange, outcome, then link_free(). */
enum outcome link_finish(struct link *link, SSL_CTX *client, SSL_CTX *server);
/* A connection from its opening to its end, with contexts of its own. */
enum outcome connect_once(const struct setup *setup);
/* With contexts that the caller keeps. */
enum outcome connect_with(const struct setup *setup, SSL_CTX *client, SSL_CTX *server);
/* With a client of the caller's, which is freed. */
enum outcome connect_from(const struct setup *setup, SSL_CTX *client);
/* With a client whose program verifies in place of OpenSSL; see SSL_CTX_set_cert_verify_callback(3). */
enum outcome connect_verifying(const struct setup *setup, int (*callback)(X509_STORE_CTX *, void *));

/* A client whose newest session is kept in newest_session, which owns it; NULL: none yet. */
SSL_CTX *caching_client(const struct setup *setup);
extern SSL_SESSION *newest_session;

/* The public function of that name in the running OpenSSL, or NULL: newer releases have more. */
void *optional_symbol(const char *name);

/* What it comes to in a forked child, which prints what it prints. */
enum outcome in_child(enum outcome (*run)(const struct setup *setup), const struct setup *setup);

/* ---- Cases ---- */

struct test_case {
  const char *name;
  enum outcome (*run)(const struct setup *setup);
  struct setup setup;
  /* What is expected without pinning, with the provider, with the shim. */
  enum outcome without, provider, shim;
  const char *note; /* why an expectation is not the usual one; NULL: none */
  bool same_output; /* what is printed must be the same in all ways */
};

#define ALL_ACCEPT .without = ACCEPTED, .provider = ACCEPTED, .shim = ACCEPTED
#define WE_REFUSE .without = ACCEPTED, .provider = REFUSED, .shim = REFUSED
#define OPENSSL_REJECTS .without = REJECTED, .provider = REJECTED, .shim = REJECTED
#define BOTH_REFUSE .without = REJECTED, .provider = REFUSED, .shim = REFUSED

/* `program --list` prints the table for run.py; `program NAME` runs one case and prints its outcome. */
int cases_main(int argc, char **argv, const struct test_case *cases, size_t count);

#endif
