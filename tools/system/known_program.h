/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* What is known of programs by their names, because no file tells it. docs/programs.md says what was tried.
 */
#ifndef PINCTL_SYSTEM_KNOWN_PROGRAM_H
#define PINCTL_SYSTEM_KNOWN_PROGRAM_H

enum program_note {
  PROGRAM_ORDINARY,
  PROGRAM_READS_NO_CONFIGURATION, /* it tells OpenSSL so: the shim alone reaches it */
  PROGRAM_GIVES_NO_NAME           /* unless it is told to: an entry by name needs the shim, or a setting */
};

/* By the last part of the program's path. */
enum program_note program_note_of(const char *path);

/* "configuration-not-read", "no-name"; NULL for an ordinary one. Static. */
const char *program_note_word(enum program_note note);

#endif
