/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What live servers show. Many are asked at once, each within its own time and a bounded amount of memory,
 * whatever it answers. Nothing that is seen is trusted: a result says whether the chain verified, and no pin
 * of this machine is enforced on the way. Proxies are taken from the environment, as libcurl does.
 */
#ifndef PINCTL_PROBE_PROBE_H
#define PINCTL_PROBE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/must_use.h"
#include "keys/chain.h"

/* How TLS begins. */
enum probe_protocol {
  PROBE_TLS = 0, /* at once */
  PROBE_SMTP,    /* after STARTTLS, STLS or AUTH TLS */
  PROBE_IMAP,
  PROBE_POP3,
  PROBE_FTP,
  PROBE_POSTGRES, /* after SSLRequest */
  PROBE_LDAP,     /* after StartTLS */
  PROBE_PROTOCOLS
};

/* The protocol that usually speaks on a port. */
enum probe_protocol probe_protocol_of_port(uint16_t port);

/*
 * What a client offers, in place of all that OpenSSL is able to by default. Lists are in OpenSSL's own form;
 * NULL: the default. The caller keeps them as long as the target.
 */
struct probe_offer {
  int version;            /* TLS1_2_VERSION: this one alone; 0: all */
  const char *suites;     /* of TLS 1.2 and older */
  const char *suites13;   /* of TLS 1.3 */
  const char *groups;     /* for the key exchange */
  const char *signatures; /* algorithms */
};

/* What is asked of a server. */
enum probe_question {
  PROBE_HANDSHAKE = 0,
  PROBE_HTTPS, /* GET / over TLS, whatever the certificate is worth; the body is not read */
  PROBE_HTTP,  /* the same without TLS */
  PROBE_SSL3,  /* whether a server with TLS at once goes on in SSL 3; the rest of the answer is not read */
  PROBE_SSL2,  /* the same with SSL 2 */
  PROBE_SUITES /* which of `suites` such a server chooses, up to TLS 1.2; whether OpenSSL knows them or not */
};

struct probe_target {
  const char *host; /* canonical */
  uint16_t port;
  enum probe_protocol protocol;    /* of PROBE_HANDSHAKE */
  const struct probe_offer *offer; /* NULL: the default. With one, no chain is built of what is shown */
  enum probe_question question;
  const char *address;    /* connect there, past `connect` and proxies; NULL: to the host */
  const uint16_t *suites; /* of PROBE_SUITES: IANA's numbers */
  size_t suite_count;
};

struct curl_slist;

struct probe_settings {
  const char *ca_file;        /* NULL: the roots that OpenSSL trusts by default */
  long timeout;               /* milliseconds for each host, from its first packet to its last */
  size_t jobs;                /* hosts at once */
  bool (*is_over)(void);      /* asked often: true ends it all early; NULL: nothing does */
  struct curl_slist *connect; /* HOST:PORT:ADDRESS:PORT, as CURLOPT_CONNECT_TO takes them */
};

/* A server that shows more is looked at no further: one more than pinning.so tries as issuers. */
#define PROBE_MOST_CERTIFICATES 101
/* OpenSSL refuses a longer certificate message. */
#define PROBE_MOST_BYTES (100 * 1024)

/* As much of a header of HTTP as is kept, and of a location. */
#define PROBE_HEADER_SIZE 256

/* Headers by which a site protects those who read it; their names: probe_header_name. */
enum probe_header {
  PROBE_CONTENT_SECURITY_POLICY = 0,
  PROBE_X_FRAME_OPTIONS,
  PROBE_X_CONTENT_TYPE_OPTIONS,
  PROBE_REFERRER_POLICY,
  PROBE_PERMISSIONS_POLICY,
  PROBE_HEADERS
};

const char *probe_header_name(enum probe_header header);

/* What a server answers to PROBE_HTTPS and PROBE_HTTP. */
struct probe_http {
  long status;                      /* 0: it does not speak HTTP */
  bool has_hsts;                    /* Strict-Transport-Security came */
  char hsts[PROBE_HEADER_SIZE];     /* the first one's value */
  char location[PROBE_HEADER_SIZE]; /* where a redirect leads; "" for none */
  bool limits_framing;              /* some Content-Security-Policy, in whole, has frame-ancestors */
  bool has[PROBE_HEADERS];
  char headers[PROBE_HEADERS][PROBE_HEADER_SIZE]; /* the first value of each that is not empty */
};

/* A timestamp of Certificate Transparency (RFC 6962, 3.2). */
struct probe_sct {
  int source;    /* OpenSSL's sct_source_t: where it stood */
  bool embedded; /* in the certificate */
  unsigned char log[32];
  uint64_t at; /* milliseconds since the epoch */
  size_t length;
  unsigned char *bytes; /* for OPENSSL_free */
};

/* All that came: so many as OpenSSL's limits for messages let through. */
struct probe_scts {
  struct probe_sct *items;
  size_t count;
};

void probe_scts_clear(struct probe_scts *scts);

/* What the server chose, by the numbers of IANA's registries, from its messages: also where the handshake
 * failed later. */
struct probe_answer {
  uint16_t version; /* of the ServerHello, 0x0303: TLS 1.2, 2: SSL 2; 0: none came, and all else is 0 */
  uint16_t suite;
  uint16_t group;     /* of the key exchange; 0: none, or one of its own */
  uint16_t signature; /* algorithm of its handshake signature, from TLS 1.2 on; 0: not seen */
  int dh_bits;        /* size of a finite-field prime; 0: no such exchange */
  bool compressed;
  bool renegotiation_info; /* RFC 5746 */
};

struct probe_result {
  char *error;                 /* why no chain was seen, unescaped; NULL: it was */
  bool timed_out;              /* error is about time */
  char *address;               /* of the server, or of the proxy; NULL: there was no connection */
  struct objects certificates; /* as shown, the server's own first */
  size_t shown;                /* so many certificates, of which only PROBE_MOST_CERTIFICATES are kept */
  struct chain chain;          /* chain.error says whether it verified for this host */
  char version[16];            /* "TLSv1.3"; "" where the handshake was not completed */
  char cipher[64];
  bool staple;                 /* an OCSP response came with the certificate */
  unsigned char *staple_bytes; /* it, where the target had an offer; for OPENSSL_free */
  size_t staple_length;
  struct probe_scts scts; /* where the target had an offer */
  bool unaskable;         /* this OpenSSL cannot make the offer: nothing was asked */
  bool refused;           /* the handshake began, and failed */
  /* One side said so in TLS, where the target had an offer or suites; else the connection only ended. */
  bool alerted;
  struct probe_answer answer;
  struct probe_http http;
  double seconds;
};

/* The result may be moved out (and *result zeroed); what is left is cleared afterwards. */
typedef void probe_result_fn(size_t index, struct probe_result *result, void *arg);

/*
 * Asks all targets; calls `done` once for each, in the order in which they finish, or for none of those that
 * were not answered when it was over early. Returns false, having said why, when nothing could be asked at
 * all. Changes PINNING_POLICY in this process's environment meanwhile, so no other thread may read it.
 */
MUST_USE bool probe_all(const struct probe_target *targets, size_t count,
                        const struct probe_settings *settings, probe_result_fn *done, void *arg);

/*
 * The proxy that the environment names for HTTPS, as libcurl looks for it: for whatever begins with TLS, and
 * for what no other variable is there for. NULL: none. Which hosts go past it (no_proxy) is left to libcurl.
 */
const char *probe_proxy(void);

/* For questions that depend on answers. */
struct probe_source {
  /*
   * The next target, with an index for `done`; it lives until then. NULL: none now; then *ret_wait is the
   * number of milliseconds after which to ask again, at the latest after the next answer, or -1: none until
   * an answer comes, and none at all where no answer is due.
   */
  const struct probe_target *(*next)(void *arg, size_t *ret_index, long *ret_wait);
  probe_result_fn *done;
  void *arg;
};

/* As probe_all. */
MUST_USE bool probe_run(const struct probe_source *source, const struct probe_settings *settings);

void probe_result_clear(struct probe_result *result);

#endif
