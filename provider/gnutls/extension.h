/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Keeps our data in a session, as the data of an extension that is never sent. */
#ifndef PIN_GNUTLS_EXTENSION_H
#define PIN_GNUTLS_EXTENSION_H

#include "library.h"

/* Our data; NULL: the session has none. Any thread that may use the session. */
void *extension_data(const struct library *library, gnutls_session_t session);

/* Keeps `data` in a session that has none yet. When the session ends, GnuTLS calls `release` with it.
 * False: it cannot be kept, and stays the caller's. */
bool extension_keep(const struct library *library, gnutls_session_t session, void *data,
                    gnutls_ext_deinit_data_func release);

/*
 * To be called before the program registers an extension for all sessions. GnuTLS numbers the extensions of
 * one session as if there were none for all sessions. So ours is then registered for all sessions too, as the
 * first one, which keeps its number free. If a program bypasses the shim, this is not called. False: that
 * failed, and the program must not register anything.
 */
bool extension_make_room(struct library *library);

#endif
