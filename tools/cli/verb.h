/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * What describes a verb of pinctl: its name, operands, options and help. Each verb is one file with a `struct
 * verb`; verbs/verbs.c lists them. The command line is read by the same table of options that --help prints,
 * so the two cannot differ.
 */
#ifndef PINCTL_CLI_VERB_H
#define PINCTL_CLI_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"

/* One value per option; several verbs may have the option. */
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
  const char *argument; /* what the help calls its value; NULL: the option is a flag */
  const char *older;    /* an earlier name that still works and is not shown; NULL: there is none */
  const char *help;     /* lines joined by '\n', each at most 50 columns */
  char letter;          /* the 'q' of "-q", only for flags; '\0': there is no short form */
  bool one_of;          /* argument is "a|b|c", and the value must be one of these words */
  bool repeatable;
};

/* A row of a verb's table. The last argument is the help; designated members may follow it. */
#define OPTION(word, long_name, argument_name, ...)                                                          \
  { .id = OPTION_##word, .name = long_name, .argument = argument_name, .help = __VA_ARGS__ }
#define FLAG(word, long_name, ...) OPTION(word, long_name, NULL, __VA_ARGS__)
/* Sets the table of options in a `struct verb`. */
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

/* How a verb reports its run; each adds a common option (verb_option_next). */
enum verb_reports {
  REPORTS_QUIETLY = 1, /* has --quiet, which hides notes */
  REPORTS_RESULT = 2   /* prints no data, and has --json, which prints what was done */
};

struct verb {
  const char *name;
  const char *group;        /* the title of a group that begins with this verb in the help; NULL: none does */
  const char *operands;     /* for the usage line, e.g. "HOST [PIN]..."; "" for none */
  const char *summary;      /* one line, at most 60 columns, no full stop */
  const char *details;      /* lines of at most 80 columns, or NULL */
  void (*print_more)(void); /* prints more help below the details; or NULL */
  const char *example;      /* a command line that works where its files exist */
  const struct option *options;
  size_t option_count;
  size_t least_operands, most_operands;
  unsigned reports;     /* values of enum verb_reports, joined by | */
  bool program_follows; /* everything from the first operand on is the command line of another program */
  int (*run)(const struct arguments *arguments); /* returns an enum exit_status */
};

#endif
