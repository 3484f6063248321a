/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Reads the names that a client has OpenSSL verify. OpenSSL 4.0 does not always terminate them
 * (openssl-internals N1). */
#ifndef PIN_VERIFIED_NAME_H
#define PIN_VERIFIED_NAME_H

#include "common/module.h"
#include "openssl.h"

/*
 * Calls visit for verified name `number` of the parameters. If the name's length is unknown, calls it for
 * each text that the name can be: the true name is among them, and all are prefixes of what is in memory.
 * likely: a terminated name that it may be; if that fits, only it is visited; NULL: none. False: there is no
 * name of that number. *ret_is_whole is false if the name could not be read as far as it may go.
 */
bool verified_name_visit(const struct libcrypto *crypto, X509_VERIFY_PARAM *param, int number,
                         const char *likely, pinning_visit_name_fn *visit, void *arg, bool *ret_is_whole);

#endif
