/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * One gnutls_session_t, from gnutls_init(3) to gnutls_deinit(3). The verdict falls in a handshake hook: at
 * the server's ServerHelloDone, or its Finished in TLS 1.3 and in resumed sessions. That is behind all
 * verification of the program's, and before a client certificate, before data, and before a False Start; and
 * what a hook returns no program can overlook, for the session is invalid from then on.
 */
#ifndef PIN_GNUTLS_CONNECTION_H
#define PIN_GNUTLS_CONNECTION_H

#include "library.h"

/* The functions of struct pinning_gnutls. */
extern const struct pinning_gnutls connection_calls;

#endif
