/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* Handshakes with GnuTLS, which is loaded at run time, since it may not be installed. */
#include "config/gnutls_trial.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>

#include "base/memory.h"

#define FUNCTIONS(X)                                                                                         \
  X(gnutls_certificate_allocate_credentials)                                                                 \
  X(gnutls_certificate_free_credentials)                                                                     \
  X(gnutls_certificate_set_x509_key_mem)                                                                     \
  X(gnutls_credentials_set)                                                                                  \
  X(gnutls_deinit)                                                                                           \
  X(gnutls_error_is_fatal)                                                                                   \
  X(gnutls_handshake)                                                                                        \
  X(gnutls_init)                                                                                             \
  X(gnutls_server_name_set)                                                                                  \
  X(gnutls_set_default_priority)                                                                             \
  X(gnutls_transport_set_errno)                                                                              \
  X(gnutls_transport_set_ptr)                                                                                \
  X(gnutls_transport_set_pull_function)                                                                      \
  X(gnutls_transport_set_push_function)

/* The ABI version of the headers. */
#define LIBRARY "libgnutls.so.30"
/* More than the rounds of a handshake. */
#define MOST_ROUNDS 64
/* More than all messages of one side. */
#define MOST_BYTES 65536

struct functions {
#define X(name) __typeof__(name) *name;
  FUNCTIONS(X)
#undef X
};

/* One side of a connection, with the data that the peer has not read yet. */
struct pipe_end {
  const struct functions *gnutls;
  gnutls_session_t session;
  gnutls_certificate_credentials_t credentials;
  struct pipe_end *peer;
  char data[MOST_BYTES];
  size_t length;
};

static bool bind_functions(struct functions *gnutls) {
  static const struct {
    const char *name;
    size_t offset;
  } bindings[] = {
#define X(name) {#name, offsetof(struct functions, name)},
      FUNCTIONS(X)
#undef X
  };
  void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
  for (size_t i = 0; library != NULL && i < COUNT_OF(bindings); i++) {
    void *symbol = dlsym(library, bindings[i].name);
    if (symbol == NULL)
      return false;
    memcpy((char *)gnutls + bindings[i].offset, &symbol, sizeof symbol);
  }
  return library != NULL;
}

static ssize_t push(gnutls_transport_ptr_t transport, const void *data, size_t size) {
  struct pipe_end *end = ((struct pipe_end *)transport)->peer;
  if (size > sizeof end->data - end->length)
    return -1;
  memcpy(end->data + end->length, data, size);
  end->length += size;
  return (ssize_t)size;
}

static ssize_t pull(gnutls_transport_ptr_t transport, void *data, size_t size) {
  struct pipe_end *end = transport;
  size_t taken = size < end->length ? size : end->length;
  if (taken == 0) {
    end->gnutls->gnutls_transport_set_errno(end->session, EAGAIN);
    return -1;
  }
  memcpy(data, end->data, taken);
  end->length -= taken;
  memmove(end->data, end->data + taken, end->length);
  return (ssize_t)taken;
}

static bool begin(struct pipe_end *end, unsigned flags) {
  const struct functions *gnutls = end->gnutls;
  if (gnutls->gnutls_certificate_allocate_credentials(&end->credentials) < 0) {
    end->credentials = NULL;
    return false;
  }
  if (gnutls->gnutls_init(&end->session, flags) < 0) {
    end->session = NULL;
    return false;
  }
  gnutls->gnutls_transport_set_ptr(end->session, end);
  gnutls->gnutls_transport_set_push_function(end->session, push);
  gnutls->gnutls_transport_set_pull_function(end->session, pull);
  return gnutls->gnutls_set_default_priority(end->session) >= 0 &&
         gnutls->gnutls_credentials_set(end->session, GNUTLS_CRD_CERTIFICATE, end->credentials) >= 0;
}

static void finish(struct pipe_end *end) {
  if (end->session != NULL)
    end->gnutls->gnutls_deinit(end->session);
  if (end->credentials != NULL)
    end->gnutls->gnutls_certificate_free_credentials(end->credentials);
}

static bool set_up(struct pipe_end *client, struct pipe_end *server, const struct gnutls_trial_server *shown,
                   const char *host) {
  AUTO_TEXT certificate = must_copy(shown->certificate);
  AUTO_TEXT key = must_copy(shown->key);
  gnutls_datum_t certificate_pem = {(unsigned char *)certificate, (unsigned)strlen(certificate)};
  gnutls_datum_t key_pem = {(unsigned char *)key, (unsigned)strlen(key)};
  return begin(client, GNUTLS_CLIENT) && begin(server, GNUTLS_SERVER) &&
         server->gnutls->gnutls_certificate_set_x509_key_mem(server->credentials, &certificate_pem, &key_pem,
                                                             GNUTLS_X509_FMT_PEM) >= 0 &&
         client->gnutls->gnutls_server_name_set(client->session, GNUTLS_NAME_DNS, host, strlen(host)) >= 0;
}

static enum gnutls_trial_result shake_hands(const struct functions *gnutls, gnutls_session_t client,
                                            gnutls_session_t server) {
  int of_client = GNUTLS_E_AGAIN;
  int of_server = GNUTLS_E_AGAIN;
  for (int round = 0; round < MOST_ROUNDS && (of_client < 0 || of_server < 0); round++) {
    if (of_client < 0)
      of_client = gnutls->gnutls_handshake(client);
    if (of_client < 0 && gnutls->gnutls_error_is_fatal(of_client) != 0)
      return of_client == GNUTLS_E_CERTIFICATE_ERROR ? GNUTLS_TRIAL_REFUSED : GNUTLS_TRIAL_FAILED;
    if (of_server < 0)
      of_server = gnutls->gnutls_handshake(server);
    if (of_server < 0 && gnutls->gnutls_error_is_fatal(of_server) != 0)
      return GNUTLS_TRIAL_FAILED;
  }
  return of_client >= 0 && of_server >= 0 ? GNUTLS_TRIAL_CONNECTED : GNUTLS_TRIAL_FAILED;
}

enum gnutls_trial_result gnutls_trial_connect(const struct gnutls_trial_server *server, const char *host) {
  struct functions gnutls;
  if (!bind_functions(&gnutls))
    return GNUTLS_TRIAL_ABSENT;
  struct pipe_end *ends = must_alloc(2, sizeof *ends);
  ends[0].gnutls = ends[1].gnutls = &gnutls;
  ends[0].peer = &ends[1];
  ends[1].peer = &ends[0];
  enum gnutls_trial_result result = GNUTLS_TRIAL_FAILED;
  if (set_up(&ends[0], &ends[1], server, host))
    result = shake_hands(&gnutls, ends[0].session, ends[1].session);
  finish(&ends[0]);
  finish(&ends[1]);
  free(ends);
  return result;
}
