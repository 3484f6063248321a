/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What pinning-gnutls.so exports: what it and the preload shim are to one another. */
#ifndef PIN_GNUTLS_MODULE_H
#define PIN_GNUTLS_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#include <gnutls/gnutls.h>

#include "module.h"

/*
 * What the shim calls for the clients' sessions of one libgnutls. It calls the real function of the same name
 * itself, before or after, as told. No call changes errno.
 */
struct pinning_gnutls {
  size_t size; /* of this structure, as the module was built; new functions come at the end */
  /* After gnutls_init(3), or within it: puts the hook in; more than once does no harm. */
  void (*session_new)(const struct pinning_gnutls *self, gnutls_session_t session);
  /* Before gnutls_ext_register(3). False: the program must not register anything. */
  bool (*make_room)(const struct pinning_gnutls *self);
  /* In place of gnutls_handshake_set_hook_function(3), whose parameters these are. */
  void (*set_hook)(const struct pinning_gnutls *self, gnutls_session_t session, unsigned type, int when,
                   gnutls_handshake_hook_func hook);
  /* Before gnutls_handshake(3) and gnutls_record_send_early_data(3):
   * offers a stored session or withholds it. */
  void (*before_handshake)(const struct pinning_gnutls *self, gnutls_session_t session);
  /* After gnutls_handshake(3) said this: what the program gets to hear, which is of a refusal always the
   * same. */
  int (*handshake_done)(const struct pinning_gnutls *self, gnutls_session_t session, int result);
  /* Before gnutls_session_set_data(3). True: the session is kept back until it is known whose it is to be,
   * and *ret_result is what the program gets to hear. */
  bool (*hold_session)(const struct pinning_gnutls *self, gnutls_session_t session, const void *data,
                       size_t size, int *ret_result);
  /* Before gnutls_record_get_max_early_data_size(3). True: a session is kept back, of which the answer is
   * *ret_size. */
  bool (*held_early_data)(const struct pinning_gnutls *self, gnutls_session_t session, size_t *ret_size);
  /* After gnutls_session_get_data(3) or _data2 gave the program this. */
  void (*session_given)(const struct pinning_gnutls *self, gnutls_session_t session, const void *data,
                        size_t size);
  /* After gnutls_server_name_set(3). */
  void (*server_named)(const struct pinning_gnutls *self, gnutls_session_t session, const void *name,
                       size_t size);
  /* After gnutls_session_set_verify_cert(3), whose name this is, or NULL. */
  void (*name_verified)(const struct pinning_gnutls *self, gnutls_session_t session, const char *name);
  /* After gnutls_session_set_verify_cert2(3), whose data these are. */
  void (*data_verified)(const struct pinning_gnutls *self, gnutls_session_t session,
                        const gnutls_typed_vdata_st *data, unsigned count);
};

/*
 * For the libgnutls that holds `address`. seen: as for pinning_attach. NULL: that library lacks functions
 * without which nothing can be enforced, as the log says. What is returned stays.
 */
const struct pinning_gnutls *pinning_gnutls_attach(const void *address, const struct pinning_seen *seen);

#endif
