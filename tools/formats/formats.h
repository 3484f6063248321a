/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The table of foreign formats. Help and completion are made from it, and the member `holds` decides what
 * an export may carry (see export_fit.h).
 */
#ifndef PINCTL_FORMATS_FORMATS_H
#define PINCTL_FORMATS_FORMATS_H

#include "formats/comments.h"
#include "formats/conversion.h"

/* The formats that are read and written, and the formats that are only read, each in the order of the
 * help. */
#define FORMATS_BOTH_WAYS(EACH, BETWEEN)                                                                     \
  EACH(android) BETWEEN EACH(chromium)                                                                       \
  BETWEEN EACH(curl)                                                                                         \
  BETWEEN EACH(envoy)                                                                                        \
  BETWEEN EACH(hpkp)                                                                                         \
  BETWEEN EACH(okhttp)                                                                                       \
  BETWEEN EACH(postfix)                                                                                      \
  BETWEEN EACH(tlsa)                                                                                         \
  BETWEEN EACH(trustkit)                                                                                     \
  BETWEEN EACH(windows)
#define FORMATS_READ(EACH, BETWEEN)                                                                          \
  EACH(apple) BETWEEN EACH(firefox)                                                                          \
  BETWEEN EACH(git)                                                                                          \
  BETWEEN EACH(gnutls)                                                                                       \
  BETWEEN EACH(knot_resolver)                                                                                \
  BETWEEN EACH(msmtp)                                                                                        \
  BETWEEN EACH(openconnect)                                                                                  \
  BETWEEN EACH(stubby)                                                                                       \
  BETWEEN EACH(weechat)

#define FORMAT_WORD(name) #name
/* "android|chromium|...", for the tables of options. */
#define FORMAT_WORDS_EXPORT FORMATS_BOTH_WAYS(FORMAT_WORD, "|")
#define FORMAT_WORDS_IMPORT FORMAT_WORDS_EXPORT "|" FORMATS_READ(FORMAT_WORD, "|")

/* What a format can hold. */
enum holds {
  HOLDS_HOSTS =
      1 << 0, /* several hosts with their names; otherwise one host, whose name the file does not say */
  HOLDS_SUBDOMAINS = 1 << 1,   /* all names below a name */
  HOLDS_WILDCARDS = 1 << 2,    /* exactly one label */
  HOLDS_ADDRESSES = 1 << 3,    /* IP addresses */
  HOLDS_PORTS = 1 << 4,        /* single ports */
  HOLDS_EVERY_PORT = 1 << 5,   /* a host on all ports */
  HOLDS_EXPIRY_DAY = 1 << 6,   /* the day on which an entry expires */
  HOLDS_EXPIRY_TIME = 1 << 7,  /* the second of expiry */
  HOLDS_ONE_EXPIRY = 1 << 8,   /* the second of expiry, one for all entries */
  HOLDS_AUDIT = 1 << 9,        /* entries that only log */
  HOLDS_OFF = 1 << 10,         /* a name exempted from a less specific entry */
  HOLDS_CA_KEYS = 1 << 11,     /* keys anywhere in the chain; otherwise only the server's own */
  HOLDS_ROLES = 1 << 12,       /* keys of CAs apart from the server's own */
  HOLDS_FINGERPRINTS = 1 << 13 /* digests of certificates */
};

enum spelling { SPELLED_IN_BASE64 = 0, SPELLED_IN_HEX, SPELLED_IN_BOTH };

struct format {
  const char *name;
  const char *title; /* at most 50 columns */
  const char *mark; /* words separated by '\n' that must all be in the text; of words separated by '\t' one is
                       enough; case is ignored */
  unsigned holds;   /* of enum holds */
  unsigned least_pins;         /* the fewest pins that programs accept */
  bool adds_up;                /* all entries that cover a name apply, not only the most specific */
  bool reads_off;              /* an entry without pins exempts its name from a less specific entry */
  bool names_some_hosts;       /* --host gives the name where the file does not */
  bool has_companion;          /* has a second file, --pins */
  bool shows_certificates;     /* holds certificates, not digests */
  enum comment_style comments; /* how comments are written; COMMENTS_UNKNOWN: the text is not searched for
                                  unread pins; XML is recognised by the text itself */
  const char *pin_prefix;      /* what always stands before a pin; NULL: nothing */
  enum spelling spelling;      /* how its pins are written */
  void (*read)(struct conversion *conversion);
  void (*write)(struct conversion *conversion); /* NULL: the format is only read */
};

#define FORMAT_DECLARATION(name) extern const struct format format_##name
FORMATS_BOTH_WAYS(FORMAT_DECLARATION, ;);
FORMATS_READ(FORMAT_DECLARATION, ;);

/* For the help: prints each format with its title; formats_print_written only those that can be written. */
void formats_print(void);
void formats_print_written(void);

/* Returns NULL if no format has this name. */
const struct format *format_find(const char *name);

/* Returns the format with the most marks, among those whose marks are all in the text. Returns NULL if
 * there is none, or if two have equally many. */
const struct format *format_guess(const char *text);

#endif
