/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * A command line, read by a verb's table of options. Options may stand before, between and after operands;
 * "--" ends them; "--name VALUE" and "--name=VALUE" mean the same. Names are never abbreviated: a later
 * option could make today's abbreviation mean something else.
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
/* The same for functions that return an exit status: always EXIT_USAGE. */
int usage_status(const struct verb *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The options of its table and then the common ones; start with *cursor 0. NULL: no more. The common ones are
 * one name for one thing, without a row in the table: "--host HOST" and "--file FILE" are other words for the
 * first kind of operand, by the verb's usage; what is quiet, and what its run did as JSON, is settled outside
 * of the verb.
 */
const struct option *verb_option_next(const struct verb *verb, size_t *cursor);

struct argument_value {
  enum option_id id;
  const char *value; /* NULL of a flag */
};

struct arguments {
  const struct verb *verb;
  char **operands; /* of argv, ended by NULL */
  size_t operand_count;
  size_t host_options; /* so many of them, the first ones, were given by --host */
  struct argument_value *values;
  size_t value_count;
};

/*
 * Reads argv[0..], which must be NULL-terminated and outlive the result. Returns false, having said what was
 * wrong and how the verb is used, on wrong usage. Asked for --help, it reads no further and checks nothing.
 */
MUST_USE bool arguments_read(const struct verb *verb, char **argv, struct arguments *ret_arguments);
void arguments_clear(struct arguments *arguments);

bool arguments_has(const struct arguments *arguments, enum option_id id);
/* The last value given, or NULL. */
const char *arguments_value(const struct arguments *arguments, enum option_id id);
/* Whether the option was given, with this very word. */
bool arguments_is(const struct arguments *arguments, enum option_id id, const char *word);
/*
 * The value of an option that is a number of `what` (days, seconds ...); *number stays as it is where the
 * option was not given. Returns false, having said how the verb is used, where it is none from `least` to
 * `most`.
 */
MUST_USE bool arguments_number(const struct arguments *arguments, enum option_id id, const char *what,
                               long least, long most, long *number);
/* The values of a repeatable option in turn; start with *cursor 0. NULL: no more. */
const char *arguments_next(const struct arguments *arguments, enum option_id id, size_t *cursor);

/* --policy, else $PINNING_POLICY (not in a privileged process), else PIN_DEFAULT_POLICY. */
const char *arguments_policy(const struct arguments *arguments);
/* Behind a command that is advised: " --policy FILE" where this run is about another policy than the
 * system's, else "". */
const char *same_policy(void);

/*
 * The ports given by --port, ascending, each once; *ret_ports is for free(3). Returns false, having said
 * why, on anything that is no port; *ret_ports is NULL then.
 */
MUST_USE bool arguments_ports(const struct arguments *arguments, uint16_t **ret_ports, uint32_t *ret_count);

/*
 * HOST or HOST:PORT as host_and_port_read takes it; *ret_host is for free(3). Returns false, having said how
 * the verb is used, where it is neither.
 */
MUST_USE bool arguments_host_and_port(const struct arguments *arguments, const char *text, char **ret_host,
                                      uint16_t *ret_port);

/*
 * An operand as the name of an entry, canonical, for free(3). Returns false, having said how the verb
 * is used, where it is none: it names a port, which belongs behind --port or nowhere, or is a URL.
 */
MUST_USE bool arguments_entry_name(const struct arguments *arguments, const char *typed, char **ret_name);

#endif
