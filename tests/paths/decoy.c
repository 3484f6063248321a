/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A library that is no libssl, although it has a function that only libssl should have. */
__attribute__((visibility("default"))) int SSL_is_server(const void *ssl);

int SSL_is_server(const void *ssl) {
  return ssl == (const void *)0;
}
