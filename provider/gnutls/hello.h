/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Reads a ClientHello of TLS or DTLS, because GnuTLS does not tell a client its own server name. */
#ifndef PIN_GNUTLS_HELLO_H
#define PIN_GNUTLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>

/* What a ClientHello says. */
struct hello {
  /* The host's name (RFC 6066, 3), without a NUL; points into the message; NULL: none is sent. */
  const unsigned char *name;
  size_t name_size;
  bool has_early_data; /* early data follows (RFC 8446, 4.2.10) */
  bool is_media;       /* it is DTLS and offers keys for media (RFC 5764) */
};

/* message: the body of the ClientHello (RFC 8446, 4.1.2; RFC 6347, 4.2.1). False: it cannot be read;
 * *ret_hello then holds what was read so far. */
bool hello_read(const unsigned char *message, size_t size, struct hello *ret_hello);

#endif
