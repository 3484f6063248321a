/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Binds the functions of one libgnutls; a process may have several. They are found from the object that made
 * the call, so pinning-gnutls.so does not link to GnuTLS. All are public and exist since 3.6.13. Used by
 * every file of this folder.
 */
#ifndef PIN_GNUTLS_LIBRARY_H
#define PIN_GNUTLS_LIBRARY_H

#include <stdatomic.h>
#include <stdbool.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "common/claim.h"
#include "common/gnutls_module.h"
#include "elf_symbol.h"

/* Needed by every session, a server's too. */
#define GNUTLS_EARLY_FUNCTIONS(X)                                                                            \
  X(gnutls_ext_get_data)                                                                                     \
  X(gnutls_ext_set_data)                                                                                     \
  X(gnutls_handshake_set_hook_function)                                                                      \
  X(gnutls_session_ext_register)

/* Bound when the first ClientHello is sent. */
#define GNUTLS_LATE_FUNCTIONS(X)                                                                             \
  X(gnutls_alert_send)                                                                                       \
  X(gnutls_certificate_get_issuer)                                                                           \
  X(gnutls_certificate_get_peers)                                                                            \
  X(gnutls_certificate_type_get2)                                                                            \
  X(gnutls_credentials_get)                                                                                  \
  X(gnutls_deinit)                                                                                           \
  X(gnutls_ext_register)                                                                                     \
  X(gnutls_global_deinit)                                                                                    \
  X(gnutls_global_init)                                                                                      \
  X(gnutls_hash_fast)                                                                                        \
  X(gnutls_init)                                                                                             \
  X(gnutls_protocol_get_version)                                                                             \
  X(gnutls_record_get_max_early_data_size)                                                                   \
  X(gnutls_session_get_keylog_function)                                                                      \
  X(gnutls_session_is_resumed)                                                                               \
  X(gnutls_session_set_data)                                                                                 \
  X(gnutls_session_set_keylog_function)                                                                      \
  X(gnutls_transport_get_ptr)                                                                                \
  X(gnutls_transport_set_push_function)                                                                      \
  X(gnutls_x509_crt_check_hostname2)                                                                         \
  X(gnutls_x509_crt_check_ip)                                                                                \
  X(gnutls_x509_crt_check_issuer)                                                                            \
  X(gnutls_x509_crt_check_key_purpose)                                                                       \
  X(gnutls_x509_crt_deinit)                                                                                  \
  X(gnutls_x509_crt_export)                                                                                  \
  X(gnutls_x509_crt_get_activation_time)                                                                     \
  X(gnutls_x509_crt_get_basic_constraints)                                                                   \
  X(gnutls_x509_crt_get_dn)                                                                                  \
  X(gnutls_x509_crt_get_dn_by_oid)                                                                           \
  X(gnutls_x509_crt_get_expiration_time)                                                                     \
  X(gnutls_x509_crt_get_extension_info)                                                                      \
  X(gnutls_x509_crt_get_key_usage)                                                                           \
  X(gnutls_x509_crt_get_name_constraints)                                                                    \
  X(gnutls_x509_crt_get_pk_algorithm)                                                                        \
  X(gnutls_x509_crt_get_subject_alt_name)                                                                    \
  X(gnutls_x509_crt_import)                                                                                  \
  X(gnutls_x509_crt_init)                                                                                    \
  X(gnutls_x509_crt_verify)                                                                                  \
  X(gnutls_x509_name_constraints_check_crt)                                                                  \
  X(gnutls_x509_name_constraints_deinit)                                                                     \
  X(gnutls_x509_name_constraints_init)                                                                       \
  X(gnutls_x509_trust_list_add_system_trust)                                                                 \
  X(gnutls_x509_trust_list_deinit)                                                                           \
  X(gnutls_x509_trust_list_get_issuer)                                                                       \
  X(gnutls_x509_trust_list_init)

/* One libgnutls in the process. Lasts until the process ends. */
struct library {
  struct pinning_gnutls calls;                    /* must be the first member: the shim sees only this */
  _Atomic(void *) handle;                         /* identifies the library; NULL: the place is free */
  struct claim claim;                             /* ready: the early functions were looked for */
  struct elf_tables tables;                       /* its symbol tables */
  bool usable;                                    /* the early functions were found */
  atomic_bool late_bound;                         /* the late functions were found */
  atomic_bool has_room;                           /* extension_make_room succeeded */
  _Atomic(gnutls_x509_trust_list_t) system_trust; /* read when first needed; NULL: not yet */
#define X(name) __typeof__(name) *name;
  GNUTLS_EARLY_FUNCTIONS(X)
  GNUTLS_LATE_FUNCTIONS(X)
#undef X
};

/* The most copies of libgnutls in one process. */
#define MAX_LIBRARIES 8

/* Places for them; those without a library are not usable. */
extern struct library libraries[MAX_LIBRARIES];

/* The library that contains `address`, with its early functions bound. calls: copied into it. NULL: no
 * library contains it, there are more than MAX_LIBRARIES, or a function is missing. Any thread. */
struct library *library_find(const void *address, const struct pinning_gnutls *calls);

/* Whether all late functions exist; looks for them at the first call. Any thread. */
bool library_bind_late(struct library *library);

/* The certificates that the system trusts, read at the first call; NULL: they cannot be read. Valid until
 * the process ends. Any thread. */
gnutls_x509_trust_list_t library_system_trust(struct library *library);

#endif
