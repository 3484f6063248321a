/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The handshake hook that a program sets. GnuTLS has room for one, which ours takes, for all messages; so it
 * calls the program's. ChangeCipherSpec alone is shown to no hook for all messages, but to one of that very
 * type. A program's hook of that type gets the place at a moment from which no message can come before that
 * one which ours would have to see.
 */
#ifndef PIN_GNUTLS_PROGRAM_HOOK_H
#define PIN_GNUTLS_PROGRAM_HOOK_H

#include "library.h"

/* Ours, for the sessions of one library. */
struct hook_functions {
  gnutls_handshake_hook_func hook;
  gnutls_keylog_func keylog;
};

/* All but the first is zero in the beginning. */
struct program_hook {
  struct hook_functions ours;
  gnutls_handshake_hook_func call; /* NULL: the program has set none */
  unsigned type;
  int when;
  bool has_slot;             /* ours is called for ChangeCipherSpec alone */
  gnutls_keylog_func keylog; /* whose place ours has, where it has that; NULL: none */
};

/* Has our hook called for all messages. */
void program_hook_take_slot(struct program_hook *hook, const struct library *library,
                            gnutls_session_t session);

/* As gnutls_handshake_set_hook_function(3) would. */
void program_hook_set(struct program_hook *hook, const struct library *library, gnutls_session_t session,
                      unsigned type, int when, gnutls_handshake_hook_func call);

/* What the program's hook says, where GnuTLS would call it; otherwise 0. */
int program_hook_call(const struct program_hook *hook, gnutls_session_t session, unsigned type, unsigned when,
                      unsigned incoming, const gnutls_datum_t *message);

/* To be called behind each message of the server's, with what it was. is_decided: the server was allowed at
 * this one. */
void program_hook_lend_slot(struct program_hook *hook, const struct library *library,
                            gnutls_session_t session, unsigned type, unsigned when, bool is_decided);

/* ChangeCipherSpec was shown to the program's hook, which said `result`. */
void program_hook_was_shown(struct program_hook *hook, const struct library *library,
                            gnutls_session_t session, unsigned when, int result);

/* Our keylog function was called. What it is to return. */
int program_hook_see_key(struct program_hook *hook, const struct library *library, gnutls_session_t session,
                         const char *label, const gnutls_datum_t *secret);

#endif
