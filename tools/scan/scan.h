/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What servers are able to, whether anybody uses it or not: versions, suites, groups, signature algorithms,
 * and what their certificates and their HTTP are worth. Each server is asked one question after the other,
 * many servers at once; nothing that is seen is trusted.
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
/* The other way round. False: it is none. */
MUST_USE bool scan_grade_read(const char *word, enum scan_grade *ret_grade);

/* A kind of finding: a row of the table in kinds.c. */
struct scan_kind {
  const char *code; /* one word, e.g. "tls10"; stable */
  enum scan_severity severity;
  enum scan_grade cap; /* the best grade that a host with it gets */
  const char *remedy;  /* what to do, a sentence without its full stop */
};

/* All kinds, in the order in which they are shown, ended by a code of NULL. */
extern const struct scan_kind scan_kinds[];

struct scan_finding {
  const struct scan_kind *kind;
  char *text; /* what was found; unescaped */
  bool known; /* a baseline has it too */
};

/* The versions that are asked for, newest first. */
enum scan_version { SCAN_TLS13 = 0, SCAN_TLS12, SCAN_TLS11, SCAN_TLS10, SCAN_VERSIONS };

/* "TLSv1.3". */
const char *scan_version_name(enum scan_version version);

/* Of SSL 3 and SSL 2, which OpenSSL does not speak. */
enum scan_old { SCAN_OLD_UNKNOWN = 0, SCAN_OLD_REFUSED, SCAN_OLD_ACCEPTED };

enum scan_order { SCAN_ORDER_UNKNOWN = 0, SCAN_ORDER_SERVER, SCAN_ORDER_CLIENT };

/* Something that the server chose from an offer, by IANA's number. */
struct scan_choice {
  uint16_t number;
  const char *name; /* OpenSSL's; static or the library's */
  uint16_t group;   /* of a suite: the key exchange that was seen with it */
  int dh_bits;
};

struct scan_choices {
  struct scan_choice *items;
  size_t count;
};

/* In the order in which the server chose: its own, where that is what it follows. */
struct scan_suites {
  bool accepted;   /* the version */
  bool unanswered; /* whether it is, or which suites more, was asked in vain */
  struct scan_choices suites;
  enum scan_order order;
};

/* One address of a name, asked by itself. */
struct scan_address {
  char *address;
  char *error; /* why it showed no key; unescaped. NULL: it did */
  struct pin_digest key;
};

/* What is known of a timestamp of Certificate Transparency by a list of logs. */
enum scan_timestamp_status {
  SCAN_TIMESTAMP_UNVERIFIED = 0, /* there is no list, or the issuer is not known */
  SCAN_TIMESTAMP_VALID,
  SCAN_TIMESTAMP_INVALID, /* the signature does not hold, or it is of the future */
  SCAN_TIMESTAMP_UNKNOWN_LOG,
  SCAN_TIMESTAMP_NOT_COUNTED /* the signature holds, and the list says that the log's do not count */
};

struct scan_timestamp {
  char *log;  /* as the list calls it; NULL: not known */
  int64_t at; /* milliseconds since the epoch */
  enum scan_timestamp_status status;
  size_t operator; /* of the log, a number of the list's; where it knows the log */
  bool counts_now; /* the log's new ones do, too */
};

/* What the history has of a host's own keys (depth 0) and of their issuers' (1). */
struct scan_past {
  size_t keys;   /* different ones; 0: it knows nothing */
  int64_t since; /* the one of now was first seen; 0: it is new */
};

struct json_object;
struct log_list;
struct lookup;
struct scan_questions;

struct scan_host {
  char *host; /* canonical */
  uint16_t port;
  enum probe_protocol protocol;
  char *error;     /* why nothing could be asked; unescaped. NULL: it was, and the rest holds */
  bool incomplete; /* some question got no answer twice: what is missing below may be there */
  char *address;
  struct scan_suites versions[SCAN_VERSIONS];
  enum scan_old ssl3, ssl2;       /* where TLS begins at once */
  struct scan_choices groups;     /* ECDHE and finite-field groups of the newest version */
  struct scan_choices signatures; /* algorithms of the newest version */
  bool compressed;
  bool no_renegotiation_info; /* TLS 1.2 or older without RFC 5746 */
  struct objects shown;       /* certificates, as in the first handshake that showed any */
  size_t shown_count;         /* with those that cannot be read */
  struct chain chain;
  struct objects others; /* the server's own certificates that other handshakes showed, each key once */
  struct lookup *lookup; /* of its addresses; NULL: none is under way */
  struct scan_address *addresses; /* of a name that has several */
  size_t address_count;
  bool staple;
  unsigned char *staple_bytes;
  size_t staple_length;
  struct probe_scts scts;
  size_t sct_logs;                   /* that they are of; with a list: of those that count */
  struct scan_timestamp *timestamps; /* of the same, once they were looked at; else NULL */
  struct scan_past past[2];          /* the caller's: it is not known here */
  bool http_asked;
  struct probe_http https, http; /* status 0: it does not speak HTTP */
  int score;                     /* from 0 to 100, see docs/grades.md */
  enum scan_grade grade;         /* where there is no error */
  struct scan_finding *findings;
  size_t finding_count;
  size_t connections;
  double seconds;
  struct scan_questions *questions; /* while it is asked */
};

struct scan {
  struct scan_host *hosts;
  size_t count;
  int64_t now;
  int warning_days;
  long rate;                    /* connections per second to each host; 0: no limit */
  struct log_list *logs;        /* NULL: none, and no timestamp is verified; the scan's own */
  struct json_object *baseline; /* an earlier report; NULL: none; the scan's own */
  bool headers;                 /* what HTTP could say for the safety of its readers is looked at */
  bool public_roots;            /* chains are verified by the roots that OpenSSL trusts by default */
  double seconds;
  size_t interrupted_of; /* somebody ended it early: of so many hosts some are left out; 0: all are there */
};

void scan_add(struct scan *scan, const char *host, uint16_t port, enum probe_protocol protocol);
void scan_clear(struct scan *scan);

/*
 * Asks all hosts, and looks at what they said. Shows a progress bar. False, having said why, where nothing
 * could be asked at all. An interrupt leaves the hosts that have said all; before any has, it ends the
 * process.
 */
MUST_USE bool scan_run(struct scan *scan, const struct probe_settings *settings);

/*
 * Before scan_run, which then marks what an earlier report in JSON has for the same host and port: codes
 * count, and not their texts. False, having said why, where the file is no such report.
 */
MUST_USE bool scan_read_baseline(struct scan *scan, const char *path);

/* The worst of a host that is not known; SCAN_NOTE where there is none. */
enum scan_severity scan_host_severity(const struct scan_host *host);

/* How many are not known. */
size_t scan_host_findings(const struct scan_host *host);

/* The forms of the report, on stdout. */
void scan_print_table(const struct scan *scan);
void scan_print_json(const struct scan *scan);

#endif
