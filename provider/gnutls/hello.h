/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A ClientHello, TLS or DTLS: a client is not told its own server name by GnuTLS. */
#ifndef PIN_GNUTLS_HELLO_H
#define PIN_GNUTLS_HELLO_H

#include <stdbool.h>
#include <stddef.h>

struct hello {
  const unsigned char *name; /* of the host (RFC 6066, 3), without a NUL; NULL: it sends none */
  size_t name_size;
  bool has_early_data; /* it is followed by some (RFC 8446, 4.2.10) */
  bool is_media;       /* by datagrams, it offers keys for media (RFC 5764) */
};

/* message: its body (RFC 8446, 4.1.2; RFC 6347, 4.2.1). False: it cannot be read. */
bool hello_read(const unsigned char *message, size_t size, struct hello *ret_hello);

#endif
