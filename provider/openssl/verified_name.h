/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The names that a client has OpenSSL verify, which OpenSSL 4.0 does not always terminate. */
#ifndef PIN_VERIFIED_NAME_H
#define PIN_VERIFIED_NAME_H

#include "common/module.h"
#include "openssl.h"

/*
 * Visits the number-th verified name of the parameters, or each text that it can be where nobody knows how
 * long it is: at least the true one, and only texts that it begins with. likely: a terminated text that it
 * may be, or NULL. False: there is no such name. *ret_is_whole: false where a name could not be read as far
 * as it may go.
 */
bool verified_name_visit(const struct libcrypto *crypto, X509_VERIFY_PARAM *param, int number,
                         const char *likely, pinning_visit_name_fn *visit, void *arg, bool *ret_is_whole);

#endif
