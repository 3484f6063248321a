/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The part of a trial for GnuTLS, which only the shim reaches. */
#ifndef PINCTL_CONFIG_GNUTLS_TRIAL_H
#define PINCTL_CONFIG_GNUTLS_TRIAL_H

#include <stdbool.h>

/* A server's certificate and its key, as PEM. */
struct gnutls_trial_server {
  const char *certificate;
  const char *key;
};

enum gnutls_trial_result {
  GNUTLS_TRIAL_ABSENT, /* there is no libgnutls here, or it lacks a function */
  GNUTLS_TRIAL_CONNECTED,
  GNUTLS_TRIAL_REFUSED, /* the client failed with the error of pinning */
  GNUTLS_TRIAL_FAILED   /* it failed with another error */
};

/* Connects a client that does not verify, with this host name, to a server in the same process. */
enum gnutls_trial_result gnutls_trial_connect(const struct gnutls_trial_server *server, const char *host);

#endif
