/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The findings of `pinctl monitor` on each server, and its reports. Only short copies of what a server showed
 * are kept, so that a thousand servers take little memory.
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
  char *about;      /* owned; tells several findings of one code apart, e.g. a subject; NULL: there is one */
  char *text;       /* owned, unescaped */
};

/* A longer subject is cut to this size, in bytes with the NUL. */
#define WATCH_SUBJECT_SIZE 128

struct watch_key {
  enum role role;
  char subject[WATCH_SUBJECT_SIZE];
  struct pin_digest key;
  struct pin_digest certificate;
  int64_t begins;      /* notBefore of the certificate, seconds since the epoch */
  int64_t expires;     /* notAfter */
  bool proven;         /* signatures prove it, so it counts for the policy */
  char entry_list[16]; /* the list of the entry that has this key, e.g. "pins"; "": none has */
};

struct history_drawing;

struct watch_host {
  char *host; /* owned; NULL: findings about no server (watch.machine) */
  uint16_t port;
  enum probe_protocol protocol;
  bool asked;  /* the server was asked, and the result is known */
  bool listed; /* it comes from a list, and need not be pinned */
  bool seen;   /* it showed a chain */
  enum severity severity;
  struct finding *findings; /* owned */
  size_t finding_count;
  struct watch_key *keys; /* owned; the path, from the server's own key upwards */
  size_t key_count;
  bool cut;               /* the path goes on above these keys */
  struct vouched vouched; /* of its chain */
  bool covered;
  struct pin_entry entry;          /* the entry that decided; only if covered; points into the policy */
  struct history_drawing *drawing; /* owned; its keys over time; NULL: not asked for */
  int64_t backup_seen;             /* when the history last saw one of its backup pins here; 0: never */
  enum pin_outcome outcome;
  enum pin_reason reason;
  bool verified;
  char version[16];
  char cipher[64];
  bool staple;
  double seconds;
};

struct watch {
  struct watch_host *hosts; /* owned */
  size_t count;
  size_t listed;           /* the first so many hosts come from a list */
  void *listed_names;      /* their names: a tree of tsearch(3) */
  const char *policy_path; /* the policy that judged the hosts; not owned; NULL: none did yet */
  const struct pin_policy *policy;
  size_t well_left_out;  /* hosts without a finding that were removed from `hosts` */
  size_t wildcards;      /* entries that name no single server */
  size_t interrupted_of; /* the run was interrupted, and should have asked so many hosts; 0: it was not */
  int warning_days, critical_days;
  int64_t now;
  bool whole;          /* all hosts of the policy and the list are to be asked, not some of them */
  bool asked;          /* the servers were asked */
  double seconds;      /* the whole run */
  const char *trouble; /* a problem of no server, for people; static; NULL: none */
  bool policy_broken;
  bool history_lost;         /* the history could not be written */
  bool not_told;             /* some notification failed, or it is not known whether it arrived */
  size_t paused;             /* pauses that are in force */
  struct json_object *scan;  /* owned; the output of "pinctl scan --json"; NULL: the report has none */
  struct watch_host machine; /* the findings about no server */
};

/* Adds a finding. Takes over the text. */
void watch_add_finding(struct watch_host *host, enum severity severity, const char *code, char *text);
/* The same where a host may have several findings of a code. about: copied. */
void watch_add_finding_about(struct watch_host *host, enum severity severity, const char *code,
                             const char *about, char *text);
void watch_add(struct watch *watch, const char *host, uint16_t port, enum probe_protocol protocol);
/* The same for a host from a list, unless it is there already. To be called before any watch_add. */
void watch_add_listed(struct watch *watch, const char *host, uint16_t port, enum probe_protocol protocol);
void watch_host_clear(struct watch_host *host);
/* Whether the host comes from a list. */
bool watch_is_listed(const struct watch *watch, const char *host, uint16_t port);
void watch_clear(struct watch *watch);

/* "api.example.com:443", "[2001:db8::1]:443". For free(3). */
char *watch_host_name(const struct watch_host *host);
/*
 * What a report says of a host: for each index below finding_count the text of that finding; for
 * finding_count itself a closing remark, "all well" or that the state is that of a CA's certificate. NULL:
 * nothing, e.g. for a finding that the report shows once for all hosts.
 */
const char *watch_text(const struct watch_host *host, size_t index);
/* Whether the report shows every finding of the host once for all hosts. */
bool watch_is_reported_once(const struct watch_host *host);
/* All texts of watch_text on one line. For free(3). */
char *watch_findings_text(const struct watch_host *host);

enum severity watch_severity(const struct watch *watch);
size_t watch_count(const struct watch *watch, enum severity severity);
/* When the first certificate of the path expires; 0: none was seen. */
int64_t watch_expires(const struct watch_host *host);

/* Adds all findings about what a server showed, except those that need the history. */
void watch_examine(const struct watch *watch, const struct pin_policy *policy, struct probe_result *result,
                   struct watch_host *host);

/*
 * The code for a CA's certificate that will expire. Each host that has it in its chain gets such a finding,
 * which sets the host's state. watch_group_issuers adds one finding for all hosts, with their number, to
 * watch->machine: that one is shown to people.
 */
#define ISSUER_EXPIRES "issuer-expires"
void watch_group_issuers(struct watch *watch);

/* The verdict of a policy on the path that a server has shown. *ret_verdict points into both. */
void watch_judge(const struct pin_policy *policy, const struct watch_host *host, int64_t now,
                 struct pin_verdict *ret_verdict);

/* The forms of the report, on stdout. */
void watch_print_table(const struct watch *watch);
void watch_print_json(const struct watch *watch);
void watch_print_nagios(const struct watch *watch);
void watch_print_prometheus(const struct watch *watch);
void watch_print_html(const struct watch *watch);

/* Reads the output of "pinctl scan --json" into watch->scan, for the HTML report. False, having said why. */
MUST_USE bool scan_report_read(const char *path, struct watch *watch);

#endif
