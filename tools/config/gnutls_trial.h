/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The part of a trial that is about GnuTLS, which the shim alone reaches. */
#ifndef PINCTL_CONFIG_GNUTLS_TRIAL_H
#define PINCTL_CONFIG_GNUTLS_TRIAL_H

#include <stdbool.h>

/* A server's certificate and its key, as PEM. */
struct gnutls_trial_server {
  const char *certificate;
  const char *key;
};

enum gnutls_trial_result {
  GNUTLS_TRIAL_ABSENT, /* there is no libgnutls here, or a function is not in it */
  GNUTLS_TRIAL_CONNECTED,
  GNUTLS_TRIAL_REFUSED, /* the client was stopped as pinning stops it */
  GNUTLS_TRIAL_FAILED   /* it failed otherwise */
};

/* Connects a client of GnuTLS that verifies nothing, under that name, to a server in the same process. */
enum gnutls_trial_result gnutls_trial_connect(const struct gnutls_trial_server *server, const char *host);

#endif
