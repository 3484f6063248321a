/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "extension.h"

/* Numbers of our extension in one session, and of that for all sessions. They are unassigned (RFC 8447,
 * 7), and not among those of GREASE. */
#define NUMBER 0xff50
#define NUMBER_FOR_ALL 0xff51

void *extension_data(const struct library *library, gnutls_session_t session) {
  gnutls_ext_priv_data_t data = NULL;

  return library->gnutls_ext_get_data(session, NUMBER, &data) >= 0 ? data : NULL;
}

bool extension_keep(const struct library *library, gnutls_session_t session, void *data,
                    gnutls_ext_deinit_data_func release) {
  if (library->gnutls_session_ext_register(session, "pinning", NUMBER, GNUTLS_EXT_NONE, NULL, NULL, release,
                                           NULL, NULL, 0) < 0)
    return false;
  library->gnutls_ext_set_data(session, NUMBER, data);
  return true;
}

/*
 * gnutls_global_deinit(3) frees the extensions for all sessions, but goes on searching them. It must not get
 * that far. GnuTLS counts how often it was initialised, so we initialise it once more and never undo that: by
 * the time our own destructors run, those of libgnutls and its dependencies have run already.
 */
bool extension_make_room(struct library *library) {
  int result;

  if (atomic_load(&library->has_room))
    return true;
  if (!library_bind_late(library) || library->gnutls_global_init() < 0)
    return false;
  result =
      library->gnutls_ext_register("pinning", NUMBER_FOR_ALL, GNUTLS_EXT_NONE, NULL, NULL, NULL, NULL, NULL);
  if (result >= 0)
    atomic_store(&library->has_room, true);
  else
    library->gnutls_global_deinit();
  return result >= 0;
}
