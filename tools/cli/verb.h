/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * A verb of pinctl is one file with one `struct verb`; verbs/verbs.c lists them. The table of its options is
 * what the command line is read by and what --help prints, so the two cannot differ.
 */
#ifndef PINCTL_CLI_VERB_H
#define PINCTL_CLI_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"

/* One word per option, whatever verbs take it. */
enum option_id {
  OPTION_HELP = 0,
  OPTION_POLICY,
  OPTION_JSON,
  OPTION_DRY_RUN,
  OPTION_BACKUP,
  OPTION_INTERMEDIATE,
  OPTION_ANCHOR,
  OPTION_FINGERPRINT,
  OPTION_PORT,
  OPTION_INCLUDE_SUBDOMAINS,
  OPTION_NO_INCLUDE_SUBDOMAINS,
  OPTION_MODE,
  OPTION_REQUIRE,
  OPTION_EXPIRES,
  OPTION_ON_EXPIRY,
  OPTION_COMMENT,
  OPTION_NO_COMMENT,
  OPTION_STRICT,
  OPTION_CHAIN,
  OPTION_CA,
  OPTION_CONNECT,
  OPTION_TIMEOUT,
  OPTION_STARTTLS,
  OPTION_JOBS,
  OPTION_RATE,
  OPTION_FAIL_BELOW,
  OPTION_BASELINE,
  OPTION_CT_LOGS,
  OPTION_HEADERS,
  OPTION_SCAN,
  OPTION_FROM_SERVER,
  OPTION_PIN,
  OPTION_YES,
  OPTION_TRUST_UNVERIFIED,
  OPTION_FORMAT,
  OPTION_WARNING,
  OPTION_CRITICAL,
  OPTION_HISTORY,
  OPTION_NO_HISTORY,
  OPTION_HOSTS,
  OPTION_NOTIFY,
  OPTION_NOTIFY_FILE,
  OPTION_NOTIFY_COMMAND,
  OPTION_NOTIFY_MAIL,
  OPTION_NOTIFY_WEBHOOK,
  OPTION_NOTIFY_SYSLOG,
  OPTION_RENOTIFY,
  OPTION_OUTPUT,
  OPTION_DECISIONS,
  OPTION_ALL,
  OPTION_REPORT,
  OPTION_RETIRE,
  OPTION_ALGORITHM,
  OPTION_PASSPHRASE_FILE,
  OPTION_NO_PASSPHRASE,
  OPTION_RECORDED,
  OPTION_OPENSSL_CONF,
  OPTION_ON_POLICY_ERROR,
  OPTION_PRELOAD,
  OPTION_SYSTEMD,
  OPTION_ROOT,
  OPTION_CONFIRM,
  OPTION_CONFIRMED,
  OPTION_UNCONFIRMED,
  OPTION_OWN,
  OPTION_HOST,
  OPTION_SINCE,
  OPTION_FOLLOW,
  OPTION_FILE,
  OPTION_FROM_HOSTS,
  OPTION_STABLE,
  OPTION_SYSTEM_ANCHORS,
  OPTION_NAME,
  OPTION_PINS,
  OPTION_WITHOUT,
  OPTION_LOSSY,
  OPTION_CERTIFICATE,
  OPTION_LIST,
  OPTION_ORIGIN,
  OPTION_FOR,
  OPTION_ENFORCED,
  OPTION_QUIET,
  OPTION_PROBLEMS,
  OPTION_SORT,
  OPTION_HOST_OPERAND,
  OPTION_FILE_OPERAND,
  OPTION_NO_NOTES,
  OPTION_RESULT
};

struct option {
  enum option_id id;
  const char *name;     /* without the dashes */
  const char *argument; /* what the help calls it; NULL: a flag */
  const char *older;    /* a spelling that goes on working and is not shown; NULL: there is none */
  const char *help;     /* lines joined by '\n', each at most 50 columns */
  char letter;          /* "-q" means the same as the name; '\0': none does. Only of flags */
  bool one_of;          /* argument is "a|b|c": one of these words is expected */
  bool repeatable;
};

/* A row of a verb's table. Behind the help, a text, there may be further members. */
#define OPTION(word, long_name, argument_name, ...)                                                          \
  { .id = OPTION_##word, .name = long_name, .argument = argument_name, .help = __VA_ARGS__ }
#define FLAG(word, long_name, ...) OPTION(word, long_name, NULL, __VA_ARGS__)
/* The table in `struct verb`. */
#define OPTIONS_IN(table) .options = table, .option_count = COUNT_OF(table)

/* The options that most verbs share, spelled once. */
#define SHARED_POLICY                                                                                        \
  OPTION(POLICY, "policy", "FILE", "the policy (default: $PINNING_POLICY, else\n/etc/pinning/policy.cfg)")
#define SHARED_JSON FLAG(JSON, "json", "print the data as JSON")
#define SHARED_QUIET                                                                                         \
  FLAG(QUIET, "quiet",                                                                                       \
       "or -q, for cron: print nothing if there is\nnothing to do, else one line for each host",             \
       .letter = 'q')
#define SHARED_DRY_RUN FLAG(DRY_RUN, "dry-run", "write nothing; print the change as a diff")

#define OPERANDS_UNLIMITED ((size_t)-1)

struct arguments;

/* What is told of a run, by options that are none of the verb's own (verb_option_next). */
enum verb_reports {
  REPORTS_QUIETLY = 1, /* --quiet: without notes */
  REPORTS_RESULT = 2   /* --json: what was done; of verbs that print no data */
};

struct verb {
  const char *name;
  const char *group;        /* title of the group that it begins in the help; NULL: it begins none */
  const char *operands;     /* for the usage line, e.g. "HOST [PIN]..."; "" for none */
  const char *summary;      /* one line, at most 60 columns, no full stop */
  const char *details;      /* lines of at most 80 columns, or NULL */
  void (*print_more)(void); /* more of the help, behind the details; or NULL */
  const char *example;      /* a command line that works as it stands where its files exist */
  const struct option *options;
  size_t option_count;
  size_t least_operands, most_operands;
  unsigned reports;     /* enum verb_reports, joined by | */
  bool program_follows; /* everything from the first operand on belongs to another program */
  int (*run)(const struct arguments *arguments); /* returns an enum exit_status */
};

#endif
