/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "program_hook.h"

void program_hook_take_slot(struct program_hook *hook, const struct library *library,
                            gnutls_session_t session) {
  hook->has_slot = false;
  library->gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH,
                                              hook->ours.hook);
}

void program_hook_set(struct program_hook *hook, const struct library *library, gnutls_session_t session,
                      unsigned type, int when, gnutls_handshake_hook_func call) {
  hook->call = call;
  hook->type = type;
  hook->when = when;
  if (hook->has_slot)
    program_hook_take_slot(hook, library, session);
}

int program_hook_call(const struct program_hook *hook, gnutls_session_t session, unsigned type, unsigned when,
                      unsigned incoming, const gnutls_datum_t *message) {
  if (hook->call == NULL || (hook->type != type && hook->type != GNUTLS_HANDSHAKE_ANY) ||
      (hook->when != (int)when && hook->when != GNUTLS_HOOK_BOTH))
    return 0;
  return hook->call(session, type, when, incoming, message);
}

static void lend_slot(struct program_hook *hook, const struct library *library, gnutls_session_t session) {
  hook->has_slot = true;
  library->gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_CHANGE_CIPHER_SPEC, hook->when,
                                              hook->ours.hook);
}

/*
 * Up to TLS 1.2, a client that allows the server goes on to its own ChangeCipherSpec, and messages before
 * that no longer matter. In TLS 1.3 a client sends ChangeCipherSpec right after the ServerHello, or never.
 * But at that point it makes the keys without which it can read nothing, and shows them to the keylog
 * function, where ours takes the place back.
 */
void program_hook_lend_slot(struct program_hook *hook, const struct library *library,
                            gnutls_session_t session, unsigned type, unsigned when, bool is_decided) {
  bool is_new;

  if (hook->call == NULL || hook->type != GNUTLS_HANDSHAKE_CHANGE_CIPHER_SPEC || hook->has_slot)
    return;
  is_new = library->gnutls_protocol_get_version(session) == GNUTLS_TLS1_3;
  if (is_new && type == GNUTLS_HANDSHAKE_SERVER_HELLO && when == GNUTLS_HOOK_POST) {
    hook->keylog = library->gnutls_session_get_keylog_function(session);
    library->gnutls_session_set_keylog_function(session, hook->ours.keylog);
    lend_slot(hook, library, session);
  } else if (!is_new && is_decided) {
    lend_slot(hook, library, session);
  }
}

void program_hook_was_shown(struct program_hook *hook, const struct library *library,
                            gnutls_session_t session, unsigned when, int result) {
  if (hook->has_slot && (result < 0 || when == GNUTLS_HOOK_POST || hook->when == GNUTLS_HOOK_PRE))
    program_hook_take_slot(hook, library, session);
}

int program_hook_see_key(struct program_hook *hook, const struct library *library, gnutls_session_t session,
                         const char *label, const gnutls_datum_t *secret) {
  gnutls_keylog_func keylog = hook->keylog;

  if (hook->has_slot)
    program_hook_take_slot(hook, library, session);
  library->gnutls_session_set_keylog_function(session, keylog);
  return keylog != NULL ? keylog(session, label, secret) : 0;
}
