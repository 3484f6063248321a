/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The server name of a ClientHello, TLS or DTLS: a client is not told its own by GnuTLS. */
#ifndef PIN_GNUTLS_HELLO_H
#define PIN_GNUTLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The host name that a ClientHello sends (RFC 6066, 3), without a NUL; *ret_name is NULL where it sends none.
 * message: its body (RFC 8446, 4.1.2; RFC 6347, 4.2.1). False: it cannot be read.
 */
bool hello_server_name(const unsigned char *message, size_t size, const unsigned char **ret_name,
                       size_t *ret_size);

#endif
