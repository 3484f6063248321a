/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The host and port of a URL (RFC 3986, 3.2). */
#ifndef PINCTL_FORMATS_URL_H
#define PINCTL_FORMATS_URL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * "https://user@HOST:PORT/path", or without a scheme. *ret_host: for free(3), without the brackets of an IPv6
 * address. *ret_port: 0 where none is given. *ret_has_path: there is more than "/" behind it. False: it is
 * none.
 */
bool url_read(const char *url, char **ret_host, uint16_t *ret_port, bool *ret_has_path);

#endif
