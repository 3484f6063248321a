/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Asks live servers what they show. Many are asked at once, each with its own time limit and bounded memory,
 * whatever it answers. Nothing that a server shows is trusted: a result says whether the chain verified, and
 * no pin of this machine is enforced. Proxies come from the environment, as with libcurl.
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
 * What a client offers, in place of OpenSSL's default. Lists are in the form of OpenSSL; NULL: the default.
 * They must live as long as the target; not owned.
 */
struct probe_offer {
  int version;            /* e.g. TLS1_2_VERSION: only this one; 0: all */
  const char *suites;     /* of TLS 1.2 and older */
  const char *suites13;   /* of TLS 1.3 */
  const char *groups;     /* for the key exchange */
  const char *signatures; /* algorithms */
};

/* What is asked of a server. */
enum probe_question {
  PROBE_HANDSHAKE = 0,
  PROBE_HTTPS, /* GET / over TLS, with any certificate; the body is not read */
  PROBE_HTTP,  /* the same without TLS */
  PROBE_SSL3,  /* whether the server accepts SSL 3; only for PROBE_TLS; the rest of the answer is not read */
  PROBE_SSL2,  /* the same with SSL 2 */
  PROBE_SUITES /* which of `suites` it chooses, up to TLS 1.2; OpenSSL need not know them; for PROBE_TLS */
};

struct probe_target {
  const char *host; /* canonical */
  uint16_t port;
  enum probe_protocol protocol;    /* of PROBE_HANDSHAKE */
  const struct probe_offer *offer; /* NULL: the default; with an offer no chain is built */
  enum probe_question question;
  const char *address;    /* connect there, without `connect` and proxies; NULL: to the host */
  const uint16_t *suites; /* of PROBE_SUITES: IANA's numbers */
  size_t suite_count;
};

struct curl_slist;

struct probe_settings {
  const char *ca_file;        /* NULL: the roots that OpenSSL trusts by default */
  long timeout;               /* milliseconds for each host, from first packet to last */
  size_t jobs;                /* hosts at once */
  bool (*is_over)(void);      /* called often: true ends the run early; NULL: nothing does */
  struct curl_slist *connect; /* owned; HOST:PORT:ADDRESS:PORT, as for CURLOPT_CONNECT_TO; NULL: none */
};

/* Further certificates of a server are ignored; one more than pinning.so tries as issuers. */
#define PROBE_MOST_CERTIFICATES 101
/* OpenSSL refuses a longer certificate message. */
#define PROBE_MOST_BYTES (100 * 1024)

/* A longer HTTP header or location is cut to this size. */
#define PROBE_HEADER_SIZE 256

/* Headers by which a site protects its visitors. */
enum probe_header {
  PROBE_CONTENT_SECURITY_POLICY = 0,
  PROBE_X_FRAME_OPTIONS,
  PROBE_X_CONTENT_TYPE_OPTIONS,
  PROBE_REFERRER_POLICY,
  PROBE_PERMISSIONS_POLICY,
  PROBE_HEADERS
};

/* "Content-Security-Policy". */
const char *probe_header_name(enum probe_header header);

/* The answer to PROBE_HTTPS and PROBE_HTTP. */
struct probe_http {
  long status;                      /* 0: the server does not speak HTTP */
  bool has_hsts;                    /* it sent Strict-Transport-Security */
  char hsts[PROBE_HEADER_SIZE];     /* the first one's value */
  char location[PROBE_HEADER_SIZE]; /* target of a redirect; "": none */
  bool limits_framing;              /* a Content-Security-Policy has frame-ancestors, maybe in its cut part */
  bool has[PROBE_HEADERS];
  char headers[PROBE_HEADERS][PROBE_HEADER_SIZE]; /* the first non-empty value of each */
};

/* A timestamp of Certificate Transparency (RFC 6962, 3.2). */
struct probe_sct {
  int source;    /* OpenSSL's sct_source_t */
  bool embedded; /* it is in the certificate */
  unsigned char log[32];
  uint64_t at; /* milliseconds since the epoch */
  size_t length;
  unsigned char *bytes; /* for OPENSSL_free */
};

/* All timestamps that came; OpenSSL's limits for messages bound them. */
struct probe_scts {
  struct probe_sct *items;
  size_t count;
};

void probe_scts_clear(struct probe_scts *scts);

/* What the server chose, in IANA's numbers; known even if the handshake failed later. */
struct probe_answer {
  uint16_t version; /* of the ServerHello, e.g. 0x0303: TLS 1.2, 2: SSL 2; 0: none came, all else is 0 */
  uint16_t suite;
  uint16_t group;     /* of the key exchange; 0: none, or not a named group */
  uint16_t signature; /* algorithm of the handshake signature, from TLS 1.2 on; 0: not seen */
  int dh_bits;        /* size of the prime of a finite-field exchange; 0: no such exchange */
  bool compressed;
  bool renegotiation_info; /* RFC 5746 */
};

struct probe_result {
  char *error;                 /* owned, unescaped; why no chain was seen; NULL: one was */
  bool timed_out;              /* the error is a timeout */
  char *address;               /* owned; of the server, or of the proxy; NULL: no connection */
  struct objects certificates; /* as shown, the server's own first */
  size_t shown;                /* number of certificates; only PROBE_MOST_CERTIFICATES are kept */
  struct chain chain;          /* chain.error says whether it verified for this host */
  char version[16];            /* "TLSv1.3"; "": the handshake was not completed */
  char cipher[64];
  bool staple;                 /* an OCSP response came with the certificate */
  unsigned char *staple_bytes; /* that response, if the target had an offer; for OPENSSL_free */
  size_t staple_length;
  struct probe_scts scts; /* if the target had an offer */
  bool unaskable;         /* this OpenSSL cannot make the offer: nothing was asked */
  bool refused;           /* the handshake began and failed */
  bool alerted; /* with an alert, if the target had an offer or suites; else the connection just ended */
  struct probe_answer answer;
  struct probe_http http;
  double seconds;
};

/* May move parts out of *result and zero them; the rest is cleared afterwards. */
typedef void probe_result_fn(size_t index, struct probe_result *result, void *arg);

/*
 * Asks all targets, and calls `done` once for each as it finishes; not for those without an answer when the
 * run ends early. Returns false, having said why, if nothing could be asked at all. Changes PINNING_POLICY in
 * the environment meanwhile, so no other thread may read the environment.
 */
MUST_USE bool probe_all(const struct probe_target *targets, size_t count,
                        const struct probe_settings *settings, probe_result_fn *done, void *arg);

/*
 * The proxy that the environment names for HTTPS, found as libcurl does. It is also used for protocols
 * without a variable of their own. NULL: none. libcurl takes care of the exceptions (no_proxy).
 */
const char *probe_proxy(void);

/* A source of targets, for questions that depend on earlier answers. */
struct probe_source {
  /*
   * The next target, with an index for `done`; it must live until then. NULL: none now; then *ret_wait is the
   * number of milliseconds after which to call again, or sooner after an answer. -1: none until an answer
   * comes, and the end if none is due.
   */
  const struct probe_target *(*next)(void *arg, size_t *ret_index, long *ret_wait);
  probe_result_fn *done;
  void *arg;
};

/* Asks the targets of a source; otherwise as probe_all. */
MUST_USE bool probe_run(const struct probe_source *source, const struct probe_settings *settings);

void probe_result_clear(struct probe_result *result);

#endif
