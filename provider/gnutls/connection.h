/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Follows one gnutls_session_t from gnutls_init(3) to gnutls_deinit(3). The shim calls these functions
 * through struct pinning_gnutls. The verdict is reached in a handshake hook, at ServerHelloDone, or in TLS
 * 1.3 and resumed sessions at the server's Finished. That is after the program's own verification, and before
 * a client certificate, data or a False Start. A program cannot ignore what the hook returns, because the
 * session is invalid from then on.
 */
#ifndef PIN_GNUTLS_CONNECTION_H
#define PIN_GNUTLS_CONNECTION_H

#include "library.h"

/* The functions that the shim calls, without the members of a library. */
extern const struct pinning_gnutls connection_calls;

#endif
