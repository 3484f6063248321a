/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What is known of programs by their names, because no file tells it.
 * docs/programs.md says what was tried. */
#ifndef PINCTL_SYSTEM_KNOWN_PROGRAM_H
#define PINCTL_SYSTEM_KNOWN_PROGRAM_H

enum program_note {
  PROGRAM_ORDINARY,
  PROGRAM_READS_NO_CONFIGURATION, /* it tells OpenSSL so: the shim alone reaches it */
  PROGRAM_GIVES_NO_NAME,          /* unless it is told to: an entry by name needs the shim, or a setting */
  PROGRAM_BINDS_DEEPLY            /* GnuTLS, where it comes with a module: the shim does not reach it */
};

/* By the last part of the program's path, versions left out. */
enum program_note program_note_of(const char *path);

/* "configuration-not-read", "no-name", "gnutls-bound-deeply"; NULL for an ordinary one. Static. */
const char *program_note_word(enum program_note note);

#endif
