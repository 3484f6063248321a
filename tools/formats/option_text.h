/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * Reads options with their values, from a configuration file with one in each line (.curlrc, openconnect's
 * --config), a command line, or a script.
 */
#ifndef PINCTL_FORMATS_OPTION_TEXT_H
#define PINCTL_FORMATS_OPTION_TEXT_H

#include "base/must_use.h"
#include "formats/formats.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_option {
  char *name;  /* without dashes; "" for an operand, and for what follows the value of a setting; a letter, if
                  the option has a value */
  char *value; /* "": no value */
  unsigned line;
  bool is_of_command; /* from a command, not from a configuration */
};

struct option_text {
  struct text_option *items;
  size_t count;
  bool in_command; /* during reading */
};

/*
 * A line is a command if it begins with the name of the program, or has "--" behind its first word. A
 * command is split as a shell does, and goes on in the next line behind the continuation signs of a shell,
 * cmd or PowerShell. Any other line is an option with its value, separated by blanks, "=" or ":". "#"
 * begins a comment at the start of a line, and of a word of a command. An option "next" is added before
 * and behind each command, and for each "[section]" and "-:". `with_value`: the program's short options
 * that have values. Needs clearing.
 */
struct option_text option_text_read(const char *text, const char *program, const char *with_value);
void option_text_clear(struct option_text *options);

/* Reports a loss if one of the words, which are options about pins, stands within another word: a quoted
 * command, a list of words, a variable that holds options. */
void option_text_name_unread(struct conversion *conversion, const struct option_text *options,
                             const char *words);

/* The host and port of a URL (RFC 3986, 3.2). */

/* Length of "https://" before a URL; 0: there is no scheme. */
size_t url_scheme(const char *url);

/*
 * Reads "https://user@HOST:PORT/path", also without a scheme. *ret_host: without the brackets of an IPv6
 * address, for free(3). *ret_port: 0 if not given. *ret_has_path: a path other than "/" follows. False:
 * the text is not a URL.
 */
MUST_USE bool url_read(const char *url, char **ret_host, uint16_t *ret_port, bool *ret_has_path);

/* Takes the pins of curl's --pinnedpubkey, which is git's value too: sha256//BASE64 joined by ";".
 * Anything else is a loss. */
void curl_take_pins(struct conversion *conversion, const char *value, struct draft *draft);

#endif
