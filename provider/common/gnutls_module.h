/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The interface between pinning-gnutls.so and the preload shim. */
#ifndef PIN_GNUTLS_MODULE_H
#define PIN_GNUTLS_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#include <gnutls/gnutls.h>

#include "module.h"

/* Functions that the shim calls for clients' sessions of one libgnutls. The shim calls the real GnuTLS
 * function itself, before or after. None of these changes errno. */
struct pinning_gnutls {
  size_t size; /* of this structure, as the module was built; new functions are added at the end */
  /* After gnutls_init(3), or within it: sets the hook. Further calls for a session do nothing. */
  void (*session_new)(const struct pinning_gnutls *self, gnutls_session_t session);
  /* Before gnutls_ext_register(3). False: the program must not register anything. */
  bool (*make_room)(const struct pinning_gnutls *self);
  /* Instead of gnutls_handshake_set_hook_function(3), with its parameters. */
  void (*set_hook)(const struct pinning_gnutls *self, gnutls_session_t session, unsigned type, int when,
                   gnutls_handshake_hook_func hook);
  /* Before gnutls_handshake(3) and gnutls_record_send_early_data(3): offers a stored session or withholds
   * it. */
  void (*before_handshake)(const struct pinning_gnutls *self, gnutls_session_t session);
  /* After gnutls_handshake(3) returned `result`. Returns what the program gets: always the same error
   * after a refusal. */
  int (*handshake_done)(const struct pinning_gnutls *self, gnutls_session_t session, int result);
  /* Before gnutls_session_set_data(3). True: the session is held back until the host is known, and the
   * program gets *ret_result. */
  bool (*hold_session)(const struct pinning_gnutls *self, gnutls_session_t session, const void *data,
                       size_t size, int *ret_result);
  /* Before gnutls_record_get_max_early_data_size(3). True: a session is held back, and the program gets
   * *ret_size. */
  bool (*held_early_data)(const struct pinning_gnutls *self, gnutls_session_t session, size_t *ret_size);
  /* After gnutls_session_get_data(3) or gnutls_session_get_data2(3) gave the program this data. */
  void (*session_given)(const struct pinning_gnutls *self, gnutls_session_t session, const void *data,
                        size_t size);
  /* After gnutls_server_name_set(3). */
  void (*server_named)(const struct pinning_gnutls *self, gnutls_session_t session, const void *name,
                       size_t size);
  /* After gnutls_session_set_verify_cert(3) with this name, which may be NULL. */
  void (*name_verified)(const struct pinning_gnutls *self, gnutls_session_t session, const char *name);
  /* After gnutls_session_set_verify_cert2(3) with this data. */
  void (*data_verified)(const struct pinning_gnutls *self, gnutls_session_t session,
                        const gnutls_typed_vdata_st *data, unsigned count);
};

/* Returns the functions for the libgnutls that contains `address`, valid until the process ends. seen: as
 * for pinning_attach. NULL: that library lacks functions that enforcement needs, which is logged. */
const struct pinning_gnutls *pinning_gnutls_attach(const void *address, const struct pinning_seen *seen);

#endif
