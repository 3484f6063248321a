/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Options with their values, as a configuration file has them, one to a line (.curlrc, openconnect's
 * --config), or as a command line or a script has them. What is needed of both is the same.
 */
#ifndef PINCTL_FORMATS_OPTION_TEXT_H
#define PINCTL_FORMATS_OPTION_TEXT_H

#include "base/must_use.h"
#include "formats/formats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_option {
  char *name;  /* without dashes; "" of an operand, and of what stands behind the value of a setting; a
                  letter, of those with values */
  char *value; /* "" where there is none */
  unsigned line;
  bool is_of_command; /* not of a configuration */
};

struct option_text {
  struct text_option *items;
  size_t count;
  bool in_command; /* while it is read */
};

/*
 * A line that begins with the name of the program, or holds "--" behind its first word, is a command line:
 * its words are those of a shell, and it may go on behind what a shell, cmd or PowerShell has at its end for
 * that. Any other line is an option with its value, joined by blanks, "=" or ":". "#" begins a comment at the
 * start of a line, and of a word of a command. Each command has an option "next" before and behind it, and so
 * has each "[section]", and "-:". `with_value`: the short options of the program that have values. To be
 * cleared.
 */
struct option_text option_text_read(const char *text, const char *program, const char *with_value);
void option_text_clear(struct option_text *options);

/* Counts as a loss where one of the words, which are options about pins, stands within another word: a
 * command in quotes, a list of words, a variable that holds options. */
void option_text_name_unread(struct conversion *conversion, const struct option_text *options,
                             const char *words);

/* The host and port of a URL (RFC 3986, 3.2). */

/* The length of "https://" before a URL; 0: it has none. */
size_t url_scheme(const char *url);

/*
 * "https://user@HOST:PORT/path", or without a scheme. *ret_host: for free(3), without the brackets of an IPv6
 * address. *ret_port: 0 where none is given. *ret_has_path: there is more than "/" behind it. False: it is
 * none.
 */
MUST_USE bool url_read(const char *url, char **ret_host, uint16_t *ret_port, bool *ret_has_path);

/* Takes the pins of curl's --pinnedpubkey, whose value git takes too: sha256//BASE64 joined by ";". Anything
 * else counts as a loss. */
void curl_take_pins(struct conversion *conversion, const char *value, struct draft *draft);

#endif
