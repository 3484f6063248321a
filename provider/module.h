/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What pinning.so exports besides OSSL_provider_init. */
#ifndef PIN_MODULE_H
#define PIN_MODULE_H

#include <stddef.h>

/*
 * Writes the number-th name (from 0, the newest first) that this process resolved to an IP address, given in
 * the form of inet_ntop(3), with a NUL. Returns 0 when there is no such name.
 */
typedef int pinning_resolved_name_fn(const char *address, size_t number, char *ret_name, size_t size);

/*
 * For the preload shim: puts the hooks into the OpenSSL that holds `address`, and takes the shim's memory of
 * resolved names. Returns 1 when the hooks are in place, by this call or an earlier one, and 0 when that
 * OpenSSL cannot be enforced.
 */
int pinning_attach(const void *address, pinning_resolved_name_fn *resolved_name);

#endif
