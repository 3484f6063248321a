/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "system/known_program.h"

#include <stddef.h>

#include "base/file.h"
#include "base/memory.h"
#include "system/loads.h"

static const struct {
  const char *name;
  enum program_note note;
} known[] = {
    {"keepalived", PROGRAM_READS_NO_CONFIGURATION},
    {"genhash", PROGRAM_READS_NO_CONFIGURATION},
    {"redis-cli", PROGRAM_GIVES_NO_NAME},
    {"redis-benchmark", PROGRAM_GIVES_NO_NAME},
    {"mariadb", PROGRAM_GIVES_NO_NAME},
    {"mariadb-dump", PROGRAM_GIVES_NO_NAME},
    {"mariadb-admin", PROGRAM_GIVES_NO_NAME},
    {"mysql", PROGRAM_GIVES_NO_NAME},
    {"mysqldump", PROGRAM_GIVES_NO_NAME},
    {"openvpn", PROGRAM_GIVES_NO_NAME},
    {"openfortivpn", PROGRAM_GIVES_NO_NAME},
    {"swaks", PROGRAM_GIVES_NO_NAME},
    {"pgbouncer", PROGRAM_GIVES_NO_NAME},
    {"radsecproxy", PROGRAM_GIVES_NO_NAME},
    {"syslog-ng", PROGRAM_GIVES_NO_NAME},
    {"check_nrpe", PROGRAM_GIVES_NO_NAME},
    {"spamc", PROGRAM_GIVES_NO_NAME},
    {"kermit", PROGRAM_GIVES_NO_NAME},
    {"haproxy", PROGRAM_GIVES_NO_NAME},
    {"php", PROGRAM_BINDS_DEEPLY},
    {"php-fpm", PROGRAM_BINDS_DEEPLY},
    {"php-cgi", PROGRAM_BINDS_DEEPLY},
    {"phpdbg", PROGRAM_BINDS_DEEPLY},
};

enum program_note program_note_of(const char *path) {
  const char *name = path_base(path);
  for (size_t i = 0; i < COUNT_OF(known); i++)
    if (loads_is_called(name, known[i].name))
      return known[i].note;
  return PROGRAM_ORDINARY;
}

const char *program_note_word(enum program_note note) {
  static const char *const words[] = {
      [PROGRAM_ORDINARY] = NULL,
      [PROGRAM_READS_NO_CONFIGURATION] = "configuration-not-read",
      [PROGRAM_GIVES_NO_NAME] = "no-name",
      [PROGRAM_BINDS_DEEPLY] = "gnutls-bound-deeply",
  };
  return words[note];
}
