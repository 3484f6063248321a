/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A place for our data in a session: that of an extension that is never sent. */
#ifndef PIN_GNUTLS_EXTENSION_H
#define PIN_GNUTLS_EXTENSION_H

#include "library.h"

/* NULL: the session has none. Any thread that may use the session. */
void *extension_data(const struct library *library, gnutls_session_t session);

/*
 * Keeps data in a session that has none yet; `release` gets them when the session ends. False: they cannot be
 * kept, and stay the caller's.
 */
bool extension_keep(const struct library *library, gnutls_session_t session, void *data,
                    gnutls_ext_deinit_data_func release);

/*
 * To be called before the program registers an extension for all sessions. GnuTLS numbers those of one
 * session as if there were none for all: so ours is one for all as well from then on, and the first, which
 * keeps its number free. A program that calls GnuTLS's function past the shim is not heard. False: it cannot
 * be, and nothing may be registered.
 */
bool extension_make_room(struct library *library);

#endif
