/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * `pinctl scan`: what servers accept (versions, suites, groups, signature algorithms), and how good their
 * certificates and HTTP headers are. Many servers are asked at once, each one question after another; nothing
 * that they show is trusted.
 */
#ifndef PINCTL_SCAN_SCAN_H
#define PINCTL_SCAN_SCAN_H

#include "base/must_use.h"
#include "keys/chain.h"
#include "probe/probe.h"

enum scan_severity { SCAN_NOTE = 0, SCAN_WARNING, SCAN_CRITICAL };

/* "note", "warning", "critical". */
const char *scan_severity_word(enum scan_severity severity);

/* As docs/grades.md has it, the best first. */
enum scan_grade {
  SCAN_GRADE_A_PLUS = 0,
  SCAN_GRADE_A,
  SCAN_GRADE_A_MINUS,
  SCAN_GRADE_B,
  SCAN_GRADE_C,
  SCAN_GRADE_D,
  SCAN_GRADE_E,
  SCAN_GRADE_F
};

/* "A+". */
const char *scan_grade_word(enum scan_grade grade);
/* Reads a grade. False: the word is none. */
MUST_USE bool scan_grade_read(const char *word, enum scan_grade *ret_grade);

/* A kind of finding: a row of the table in findings.c. */
struct scan_kind {
  const char *code; /* one word, e.g. "tls10"; stable */
  enum scan_severity severity;
  enum scan_grade cap; /* the best grade of a host with this finding */
  const char *remedy;  /* what to do: a sentence without a full stop */
};

/* All kinds, in the order of reports; the last has a code of NULL. */
extern const struct scan_kind scan_kinds[];

struct scan_finding {
  const struct scan_kind *kind;
  char *text; /* owned, unescaped */
  bool known; /* the baseline has it too */
};

/* The versions that are asked, newest first. */
enum scan_version { SCAN_TLS13 = 0, SCAN_TLS12, SCAN_TLS11, SCAN_TLS10, SCAN_VERSIONS };

/* "TLSv1.3". */
const char *scan_version_name(enum scan_version version);

/* Whether a server accepts SSL 3 or SSL 2. */
enum scan_old { SCAN_OLD_UNKNOWN = 0, SCAN_OLD_REFUSED, SCAN_OLD_ACCEPTED };

enum scan_order { SCAN_ORDER_UNKNOWN = 0, SCAN_ORDER_SERVER, SCAN_ORDER_CLIENT };

/* Something that the server chose from an offer, by IANA's number. */
struct scan_choice {
  uint16_t number;
  const char *name; /* static, or OpenSSL's */
  uint16_t group;   /* of a suite: the group of its key exchange; 0: none seen */
  int dh_bits;
};

struct scan_choices {
  struct scan_choice *items;
  size_t count;
};

/* A version and its suites, in the order in which the server chose them. */
struct scan_suites {
  bool accepted;   /* the server accepts the version */
  bool unanswered; /* a question about it got no answer: there may be more */
  struct scan_choices suites;
  enum scan_order order;
};

/* One address of a name. */
struct scan_address {
  char *address;
  char *error; /* owned, unescaped; why it showed no key; NULL: it did */
  struct pin_digest key;
};

/* The result for a Certificate Transparency timestamp. */
enum scan_timestamp_status {
  SCAN_TIMESTAMP_UNVERIFIED = 0, /* there is no list, or the issuer is not known */
  SCAN_TIMESTAMP_VALID,
  SCAN_TIMESTAMP_INVALID, /* the signature is wrong, or the time is in the future */
  SCAN_TIMESTAMP_UNKNOWN_LOG,
  SCAN_TIMESTAMP_NOT_COUNTED /* valid, but of a log whose timestamps do not count */
};

struct scan_timestamp {
  char *log;  /* owned; its name in the list; NULL: not known */
  int64_t at; /* milliseconds since the epoch */
  enum scan_timestamp_status status;
  size_t operator; /* of the log, an index of the list; only if it knows the log */
  bool counts_now; /* new timestamps of the log count, too */
};

/* What the history has of a host's keys (depth 0), or of its issuers' keys (1). */
struct scan_past {
  size_t keys;   /* different keys; 0: nothing is known */
  int64_t since; /* when the present key was first seen; 0: it is new */
};

struct json_object;
struct log_list;
struct lookup;
struct scan_questions;

struct scan_host {
  char *host; /* canonical */
  uint16_t port;
  enum probe_protocol protocol;
  char *error;     /* owned, unescaped; why nothing could be asked; NULL: the rest is set */
  bool incomplete; /* some question got no answer: there may be more than is set below */
  char *address;   /* owned; of the first connection; NULL: none */
  struct scan_suites versions[SCAN_VERSIONS];
  enum scan_old ssl3, ssl2;       /* only asked if TLS begins at once */
  struct scan_choices groups;     /* ECDHE and finite-field groups of the newest version */
  struct scan_choices signatures; /* algorithms of the newest version */
  bool compressed;
  bool no_renegotiation_info; /* TLS 1.2 or older without RFC 5746 */
  struct objects shown;       /* certificates of the first handshake that showed any */
  size_t shown_count;         /* their number, with those that cannot be read */
  struct chain chain;
  struct objects others; /* the server's certificates with other keys, of later handshakes; each key once */
  struct lookup *lookup; /* owned; of the addresses; NULL: none is running */
  struct scan_address *addresses; /* owned; of a name with several addresses */
  size_t address_count;
  bool staple;
  unsigned char *staple_bytes;
  size_t staple_length;
  struct probe_scts scts;
  size_t sct_logs; /* number of logs of these timestamps; with a list: of those that count */
  struct scan_timestamp *timestamps; /* owned; one for each of scts; NULL: not checked yet */
  struct scan_past past[2];          /* set by the caller */
  bool http_asked;
  struct probe_http https, http; /* status 0: the server does not speak HTTP */
  int score;                     /* from 0 to 100, see docs/grades.md */
  enum scan_grade grade;         /* only without an error */
  struct scan_finding *findings;
  size_t finding_count;
  size_t connections;
  double seconds;
  struct scan_questions *questions; /* owned; while the host is asked, else NULL */
};

struct scan {
  struct scan_host *hosts;
  size_t count;
  int64_t now;
  int warning_days;
  long rate;                    /* connections per second to each host; 0: no limit */
  struct log_list *logs;        /* owned; NULL: none, and no timestamp is verified */
  struct json_object *baseline; /* owned; an earlier report; NULL: none */
  bool headers;                 /* check the HTTP headers that protect visitors */
  bool public_roots;            /* the roots are those that OpenSSL trusts by default */
  double seconds;
  size_t interrupted_of; /* the scan was interrupted, and should have asked so many hosts; 0: it was not */
};

void scan_add(struct scan *scan, const char *host, uint16_t port, enum probe_protocol protocol);
void scan_clear(struct scan *scan);

/*
 * Asks all hosts, and adds findings and grades. Shows a progress bar. False, having said why: nothing could
 * be asked at all. After an interrupt only the hosts that have finished are left; before any has, it ends the
 * process.
 */
MUST_USE bool scan_run(struct scan *scan, const struct probe_settings *settings);

/*
 * Reads an earlier report in JSON; to be called before scan_run. That marks the findings that the report has
 * for the same host and port, by their codes. False, having said why: the file is no such report.
 */
MUST_USE bool scan_read_baseline(struct scan *scan, const char *path);

/* The worst severity of the findings that are not known; SCAN_NOTE if there is none. */
enum scan_severity scan_host_severity(const struct scan_host *host);

/* How many findings are not known. */
size_t scan_host_findings(const struct scan_host *host);

/* The forms of the report, on stdout. */
void scan_print_table(const struct scan *scan);
void scan_print_json(const struct scan *scan);

#endif
