/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Facts about programs that their files do not show, by name; docs/programs.md says what was tried. */
#ifndef PINCTL_SYSTEM_KNOWN_PROGRAM_H
#define PINCTL_SYSTEM_KNOWN_PROGRAM_H

enum program_note {
  PROGRAM_ORDINARY,
  PROGRAM_READS_NO_CONFIGURATION, /* it tells OpenSSL not to read openssl.cnf: only the shim reaches it */
  PROGRAM_GIVES_NO_NAME, /* it gives OpenSSL no name by default: entries by name need the shim or a setting */
  PROGRAM_BINDS_DEEPLY   /* its modules bind GnuTLS deeply: the shim does not reach that */
};

/* Looks up the last part of the path, without a version. */
enum program_note program_note_of(const char *path);

/* "configuration-not-read", "no-name", "gnutls-bound-deeply"; NULL for an ordinary one. Static. */
const char *program_note_word(enum program_note note);

#endif
