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

#include "keys/chain.h"

/* How TLS begins. */
enum probe_protocol {
  PROBE_TLS = 0, /* at once */
  PROBE_SMTP,    /* after STARTTLS, STLS or AUTH TLS */
  PROBE_IMAP,
  PROBE_POP3,
  PROBE_FTP,
  PROBE_POSTGRES, /* after SSLRequest */
  PROBE_LDAP      /* after StartTLS */
};

/* The protocol that usually speaks on a port. */
enum probe_protocol probe_protocol_of_port(uint16_t port);

struct probe_target {
  const char *host; /* canonical */
  uint16_t port;
  enum probe_protocol protocol;
};

struct curl_slist;

struct probe_settings {
  const char *ca_file;        /* NULL: the roots that OpenSSL trusts by default */
  long timeout;               /* milliseconds for each host, from its first packet to its last */
  size_t jobs;                /* hosts at once */
  struct curl_slist *connect; /* HOST:PORT:ADDRESS:PORT, as CURLOPT_CONNECT_TO takes them */
};

/* A server that shows more is looked at no further: one more than pinning.so tries as issuers. */
#define PROBE_MOST_CERTIFICATES 101
/* OpenSSL refuses a longer certificate message. */
#define PROBE_MOST_BYTES (100 * 1024)

struct probe_result {
  char *error;                 /* why no chain was seen, unescaped; NULL: it was */
  bool timed_out;              /* error is about time */
  char *address;               /* of the server, or of the proxy; NULL: there was no connection */
  struct objects certificates; /* as shown, the server's own first */
  size_t shown;                /* so many certificates, of which only PROBE_MOST_CERTIFICATES are kept */
  struct chain chain;          /* chain.error says whether it verified for this host */
  char version[16];            /* "TLSv1.3"; "" where the handshake was not completed */
  char cipher[64];
  bool staple; /* an OCSP response came with the certificate */
  double seconds;
};

/* The result may be moved out (and *result zeroed); what is left is cleared afterwards. */
typedef void probe_result_fn(size_t index, struct probe_result *result, void *arg);

/*
 * Asks all targets; calls `done` once for each, in the order in which they finish. Returns false, having said
 * why, when nothing could be asked at all. Changes PINNING_POLICY in this process's environment meanwhile, so
 * no other thread may read it.
 */
bool probe_all(const struct probe_target *targets, size_t count, const struct probe_settings *settings,
               probe_result_fn *done, void *arg);

void probe_result_clear(struct probe_result *result);

#endif
