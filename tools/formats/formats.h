/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * The formats that pins are kept in elsewhere. Help and completion are made from this table, and what a
 * format can hold decides what an export may carry: see export_fit.h.
 */
#ifndef PINCTL_FORMATS_FORMATS_H
#define PINCTL_FORMATS_FORMATS_H

#include "formats/comments.h"
#include "formats/conversion.h"

/* Those that are read and written, and those that are only read; each in the order of the help. */
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
  HOLDS_HOSTS = 1 << 0,        /* several hosts with their names; else one, whose name it does not say */
  HOLDS_SUBDOMAINS = 1 << 1,   /* all names below one */
  HOLDS_WILDCARDS = 1 << 2,    /* exactly one label */
  HOLDS_ADDRESSES = 1 << 3,    /* IP addresses */
  HOLDS_PORTS = 1 << 4,        /* single ports */
  HOLDS_EVERY_PORT = 1 << 5,   /* a host without regard to the port */
  HOLDS_EXPIRY_DAY = 1 << 6,   /* the day on which an entry stops */
  HOLDS_EXPIRY_TIME = 1 << 7,  /* the second */
  HOLDS_ONE_EXPIRY = 1 << 8,   /* the second, and the same for all entries */
  HOLDS_AUDIT = 1 << 9,        /* only log */
  HOLDS_OFF = 1 << 10,         /* a name taken out of a less specific entry */
  HOLDS_CA_KEYS = 1 << 11,     /* keys anywhere on the chain; else the server's own */
  HOLDS_ROLES = 1 << 12,       /* keys of CAs as such, apart from the server's own */
  HOLDS_FINGERPRINTS = 1 << 13 /* digests of certificates */
};

enum spelling { SPELLED_IN_BASE64 = 0, SPELLED_IN_HEX, SPELLED_IN_BOTH };

struct format {
  const char *name;
  const char *title; /* at most 50 columns */
  const char *mark;  /* words, separated by '\n', that are all in such a text; of those separated by '\t' one
                        is  enough; upper and lower case alike */
  unsigned holds;    /* of enum holds */
  unsigned least_pins;         /* programs that read the format do not accept fewer */
  bool adds_up;                /* all entries that cover a name count, not only the most specific */
  bool reads_off;              /* an entry without pins takes a name out of a less specific entry */
  bool names_some_hosts;       /* --host is for those that it does not name */
  bool has_companion;          /* a second file, --pins */
  bool shows_certificates;     /* holds certificates in place of digests */
  enum comment_style comments; /* import_sweep passes over them, and sweeps nothing where they are unknown; of
                                  what is XML it is told from the text itself */
  const char *pin_prefix;      /* what stands before a pin wherever it stands; NULL: nothing */
  enum spelling spelling;      /* of its pins */
  void (*read)(struct conversion *conversion);
  void (*write)(struct conversion *conversion); /* NULL: only read */
};

#define FORMAT_DECLARATION(name) extern const struct format format_##name
FORMATS_BOTH_WAYS(FORMAT_DECLARATION, ;);
FORMATS_READ(FORMAT_DECLARATION, ;);

/* Part of the help: each format with its title; of "export" those that are written. */
void formats_print(void);
void formats_print_written(void);

/* NULL: there is none of this name. */
const struct format *format_find(const char *name);

/* The format with the most marks, of those whose marks are all in the text; NULL: none is, or several are. */
const struct format *format_guess(const char *text);

#endif
