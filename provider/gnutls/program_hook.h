/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Calls the handshake hook that a program sets. GnuTLS has room for one hook, which ours takes, for all
 * messages, so ours calls the program's. ChangeCipherSpec is an exception: GnuTLS shows it only to a hook of
 * exactly that type. A program's hook of that type gets the place at a time when no message that our hook
 * must see can come before ChangeCipherSpec.
 */
#ifndef PIN_GNUTLS_PROGRAM_HOOK_H
#define PIN_GNUTLS_PROGRAM_HOOK_H

#include "library.h"

/* Our functions for the sessions of one library. */
struct hook_functions {
  gnutls_handshake_hook_func hook;
  gnutls_keylog_func keylog;
};

/* The hook that a program set, in a session. All members but the first start as zero. */
struct program_hook {
  struct hook_functions ours;
  gnutls_handshake_hook_func call; /* the program's hook; NULL: it has set none */
  unsigned type;                   /* for which messages the program set it */
  int when;                        /* before or after them, as the program set it */
  bool has_slot;                   /* our hook is set for ChangeCipherSpec only */
  gnutls_keylog_func keylog; /* the program's keylog function while ours is set in its place; NULL: none */
};

/* Sets our hook for all messages. */
void program_hook_take_slot(struct program_hook *hook, const struct library *library,
                            gnutls_session_t session);

/* Does what gnutls_handshake_set_hook_function(3) would do. */
void program_hook_set(struct program_hook *hook, const struct library *library, gnutls_session_t session,
                      unsigned type, int when, gnutls_handshake_hook_func call);

/* Calls the program's hook if GnuTLS would call it now, and returns its result; otherwise returns 0. */
int program_hook_call(const struct program_hook *hook, gnutls_session_t session, unsigned type, unsigned when,
                      unsigned incoming, const gnutls_datum_t *message);

/* To be called after each message from the server. type, when: of that message. is_decided: the server was
 * allowed at this message. Sets our hook for ChangeCipherSpec only, if that is safe now. */
void program_hook_lend_slot(struct program_hook *hook, const struct library *library,
                            gnutls_session_t session, unsigned type, unsigned when, bool is_decided);

/* To be called after the program's hook was shown ChangeCipherSpec. result: what it returned. */
void program_hook_was_shown(struct program_hook *hook, const struct library *library,
                            gnutls_session_t session, unsigned when, int result);

/* To be called by our keylog function. Returns what that must return. */
int program_hook_see_key(struct program_hook *hook, const struct library *library, gnutls_session_t session,
                         const char *label, const gnutls_datum_t *secret);

#endif
