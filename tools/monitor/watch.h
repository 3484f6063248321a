/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What `pinctl monitor` found on each server. Only small copies are kept, so that a thousand servers,
 * whatever they show, take little memory.
 */
#ifndef PINCTL_MONITOR_WATCH_H
#define PINCTL_MONITOR_WATCH_H

#include <stdint.h>

#include "probe/probe.h"

enum severity { SEVERITY_OK = 0, SEVERITY_WARNING, SEVERITY_CRITICAL };

/* "ok", "warning", "critical". */
const char *severity_word(enum severity severity);

struct finding {
  enum severity severity;
  const char *code; /* static, one word, e.g. "not-pinned" */
  char *about;      /* which of several with this code at one host it is; NULL: there is one */
  char *text;       /* unescaped */
};

/* As much of a subject as is kept, in bytes. */
#define WATCH_SUBJECT_SIZE 128

struct watch_key {
  enum role role;
  char subject[WATCH_SUBJECT_SIZE];
  struct pin_digest key;
  struct pin_digest certificate;
  int64_t begins;      /* notBefore of the certificate, seconds since the epoch */
  int64_t expires;     /* notAfter */
  bool proven;         /* it counts for the policy */
  char entry_list[16]; /* the list of the policy that holds it: "pins"; "" for none */
};

struct history_drawing;

struct watch_host {
  char *host;
  uint16_t port;
  enum probe_protocol protocol;
  bool asked;  /* it was asked, and it is known what came of it */
  bool listed; /* it is watched though it need not be pinned */
  bool seen;   /* a chain was shown */
  enum severity severity;
  struct finding *findings;
  size_t finding_count;
  struct watch_key *keys; /* the path, from the server's own key upwards */
  size_t key_count;
  bool cut;               /* the path goes on above them */
  struct vouched vouched; /* of its chain */
  bool covered;
  struct pin_entry entry;          /* that decided, where it is covered; points into the policy */
  struct history_drawing *drawing; /* its keys over time; NULL: not asked for */
  int64_t backup_seen;             /* when one of its backups was last seen here, by the history; 0: never */
  enum pin_outcome outcome;
  enum pin_reason reason;
  bool verified;
  char version[16];
  char cipher[64];
  bool staple;
  double seconds;
};

struct watch {
  struct watch_host *hosts;
  size_t count;
  size_t listed;           /* so many hosts, the first ones, are from a list */
  void *listed_names;      /* of those, for tsearch(3) */
  const char *policy_path; /* what the hosts were judged by; NULL: by nothing yet */
  const struct pin_policy *policy;
  size_t well_left_out;  /* so many hosts that are well are no longer among them */
  size_t wildcards;      /* so many entries name no single server */
  size_t interrupted_of; /* somebody ended it early: of so many hosts some were not asked; 0: all were */
  int warning_days, critical_days;
  int64_t now;
  bool whole;          /* all that policy and list name is to be asked, not some of it */
  bool asked;          /* the servers were */
  double seconds;      /* the whole run */
  const char *trouble; /* what is wrong beside the servers, in words; NULL: nothing. Static */
  bool policy_broken;
  bool history_lost;         /* the history could not be kept */
  bool not_told;             /* what had to be told was not, or it is not known */
  size_t paused;             /* so many pauses hold */
  struct json_object *scan;  /* what "pinctl scan --json" printed; NULL: nothing is to be said of it */
  struct watch_host machine; /* without a name; its findings are about no server */
};

/* Takes over the text. */
void watch_find(struct watch_host *host, enum severity severity, const char *code, char *text);
/* The same where there may be several of a code; about: copied. */
void watch_find_about(struct watch_host *host, enum severity severity, const char *code, const char *about,
                      char *text);
void watch_add(struct watch *watch, const char *host, uint16_t port, enum probe_protocol protocol);
/* The same for a host of a list, which is added before all others, once. */
void watch_add_listed(struct watch *watch, const char *host, uint16_t port, enum probe_protocol protocol);
void watch_host_clear(struct watch_host *host);
/* Whether a list has it. */
bool watch_is_listed(const struct watch *watch, const char *host, uint16_t port);
void watch_clear(struct watch *watch);

/* "api.example.com:443", "[2001:db8::1]:443". For free(3). */
char *watch_host_name(const struct watch_host *host);
/*
 * What people are told of a host, by the index of its findings, and last, by their number, what else there is
 * to say of its state: "all well", or that it is that of a CA's certificate. NULL: nothing, or it is told
 * once for all its hosts.
 */
const char *watch_text(const struct watch_host *host, size_t index);
/* Whether all that was found at it is told once for all its hosts. */
bool watch_is_told_elsewhere(const struct watch_host *host);
/* What watch_text has, in one line. For free(3). */
char *watch_findings_text(const struct watch_host *host);

enum severity watch_severity(const struct watch *watch);
size_t watch_count(const struct watch *watch, enum severity severity);
/* The first moment at which a certificate of the path expires; 0 where none was seen. */
int64_t watch_expires(const struct watch_host *host);

/* Looks at what a server showed: everything but what needs the history. */
void watch_take(const struct watch *watch, const struct pin_policy *policy, struct probe_result *result,
                struct watch_host *host);

/*
 * Certificates of CAs that will expire: a finding of each host that has one in its chain, whose state it is;
 * and of the machine, once, with the number of hosts, which is what people are told.
 */
#define ISSUER_EXPIRES "issuer-expires"
void watch_join_issuers(struct watch *watch);

/* What a policy says of the path that a server has shown. *ret_verdict points into both. */
void watch_judge(const struct pin_policy *policy, const struct watch_host *host, int64_t now,
                 struct pin_verdict *ret_verdict);

/* The forms of the report, on stdout. */
void watch_print_table(const struct watch *watch);
void watch_print_json(const struct watch *watch);
void watch_print_nagios(const struct watch *watch);
void watch_print_prometheus(const struct watch *watch);
void watch_print_html(const struct watch *watch);

/* Reads what "pinctl scan --json" printed, for the HTML report, into watch->scan. False, having said why. */
MUST_USE bool scan_report_read(const char *path, struct watch *watch);

#endif
