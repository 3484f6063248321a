/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads a command line by a verb's table of options. Options may stand before, between and after operands;
 * "--" ends them; "--name VALUE" and "--name=VALUE" mean the same. Names cannot be abbreviated: an option
 * that is added later could change what an abbreviation means.
 */
#ifndef PINCTL_CLI_ARGUMENTS_H
#define PINCTL_CLI_ARGUMENTS_H

#include <stdint.h>

#include "base/must_use.h"
#include "cli/verb.h"

/* "pinctl VERB [options] OPERANDS". For free(3). */
char *usage_line(const struct verb *verb);

/* "pinctl: VERB: message" and the usage line, to stderr. Always returns false. */
bool wrong_usage(const struct verb *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* wrong_usage for functions that return an exit status: always EXIT_USAGE. */
int usage_status(const struct verb *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The options of a verb in turn, first those of its table, then the common ones; start with *cursor = 0.
 * NULL: no more. The common options have no row in the verb's table: "--host HOST" and "--file FILE" are
 * other words for the first kind of operand, and main handles --quiet, --json (of verbs that print no data)
 * and --help.
 */
const struct option *verb_option_next(const struct verb *verb, size_t *cursor);

struct argument_value {
  enum option_id id;
  const char *value; /* a word of argv; NULL: the option is a flag */
};

struct arguments {
  const struct verb *verb;
  char **operands; /* words of argv, ended by NULL */
  size_t operand_count;
  size_t host_options;           /* how many of the operands, the first ones, were given by --host */
  struct argument_value *values; /* in the order of the command line */
  size_t value_count;
};

/*
 * Reads argv[0..], which must be NULL-terminated and outlive the result. False, having said what is wrong and
 * how the verb is used. At --help it stops reading and checks nothing. To be cleared in any case.
 */
MUST_USE bool arguments_read(const struct verb *verb, char **argv, struct arguments *ret_arguments);
void arguments_clear(struct arguments *arguments);

bool arguments_has(const struct arguments *arguments, enum option_id id);
/* The last value given, or NULL. */
const char *arguments_value(const struct arguments *arguments, enum option_id id);
/* Whether the option was given and its last value is this word. */
bool arguments_is(const struct arguments *arguments, enum option_id id, const char *word);
/*
 * The value of an option that is a number from `least` to `most`. what: what it counts, for the message
 * (days, seconds ...). *number is unchanged where the option was not given. False, having said how the verb
 * is used.
 */
MUST_USE bool arguments_number(const struct arguments *arguments, enum option_id id, const char *what,
                               long least, long most, long *number);
/* The values of a repeatable option in turn; start with *cursor = 0. NULL: no more. */
const char *arguments_next(const struct arguments *arguments, enum option_id id, size_t *cursor);

/* --policy, else $PINNING_POLICY (not in a privileged process), else PIN_DEFAULT_POLICY. */
const char *arguments_policy(const struct arguments *arguments);
/* " --policy FILE", quoted for a shell, where the policy is not the system's, else "". For free(3). */
char *policy_option(const char *path);
/* The policy_option of this run, for commands that messages advise. Static. */
const char *same_policy(void);

/*
 * The ports given by --port, ascending, each once; *ret_ports is for free(3). False, having said why: a value
 * is no port, and *ret_ports is NULL.
 */
MUST_USE bool arguments_ports(const struct arguments *arguments, uint16_t **ret_ports, uint32_t *ret_count);

/*
 * Reads HOST or HOST:PORT as host_and_port_read does; *ret_host is for free(3). False, having said how the
 * verb is used.
 */
MUST_USE bool arguments_host_and_port(const struct arguments *arguments, const char *text, char **ret_host,
                                      uint16_t *ret_port);

/*
 * Reads an operand as the name of an entry; *ret_name is canonical and for free(3). False, having said how
 * the verb is used: it is no name, or has a port, for which there is --port, or is a URL.
 */
MUST_USE bool arguments_entry_name(const struct arguments *arguments, const char *typed, char **ret_name);

#endif
