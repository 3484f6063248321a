/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Binds the functions of the OpenSSL that loaded us, at run time. pinning.so does not link to libcrypto or
 * libssl, so one binary serves every OpenSSL from 3.0 to 4.0, shared or linked into a program. Only functions
 * of the public API are bound. Used by every file of this folder.
 */
#ifndef PIN_OPENSSL_H
#define PIN_OPENSSL_H

#include <stdatomic.h>
#include <stdbool.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "elf_symbol.h"

/* Needed in every process. A function that is missing has a stand-in (openssl.c); if it has none, nothing
 * can be judged and every connection is refused (unbound.h). */
#define PIN_LIBCRYPTO_FUNCTIONS(X)                                                                           \
  X(ASN1_STRING_get0_data)                                                                                   \
  X(ASN1_STRING_length)                                                                                      \
  X(ASN1_STRING_to_UTF8)                                                                                     \
  X(ASN1_TIME_cmp_time_t)                                                                                    \
  X(BIO_ctrl)                                                                                                \
  X(BIO_find_type)                                                                                           \
  X(BN_free)                                                                                                 \
  X(BN_num_bits)                                                                                             \
  X(CRYPTO_free)                                                                                             \
  X(CRYPTO_get_ex_data)                                                                                      \
  X(CRYPTO_get_mem_functions)                                                                                \
  X(CRYPTO_malloc)                                                                                           \
  X(CRYPTO_set_ex_data)                                                                                      \
  X(ERR_pop_to_mark)                                                                                         \
  X(ERR_set_mark)                                                                                            \
  X(EVP_PKEY_get_base_id)                                                                                    \
  X(EVP_PKEY_get_bits)                                                                                       \
  X(EVP_PKEY_get_bn_param)                                                                                   \
  X(GENERAL_NAMES_free)                                                                                      \
  X(GENERAL_NAME_get0_value)                                                                                 \
  X(NAME_CONSTRAINTS_check)                                                                                  \
  X(NAME_CONSTRAINTS_check_CN)                                                                               \
  X(NAME_CONSTRAINTS_free)                                                                                   \
  X(OPENSSL_sk_free)                                                                                         \
  X(OPENSSL_sk_new_null)                                                                                     \
  X(OPENSSL_sk_num)                                                                                          \
  X(OPENSSL_sk_pop_free)                                                                                     \
  X(OPENSSL_sk_push)                                                                                         \
  X(OPENSSL_sk_value)                                                                                        \
  X(OpenSSL_version_num)                                                                                     \
  X(X509_NAME_ENTRY_get_data)                                                                                \
  X(X509_NAME_get_entry)                                                                                     \
  X(X509_NAME_get_index_by_NID)                                                                              \
  X(X509_PUBKEY_get0_param)                                                                                  \
  X(X509_STORE_CTX_free)                                                                                     \
  X(X509_STORE_CTX_get0_cert)                                                                                \
  X(X509_STORE_CTX_get0_chain)                                                                               \
  X(X509_STORE_CTX_get0_param)                                                                               \
  X(X509_STORE_CTX_get0_store)                                                                               \
  X(X509_STORE_CTX_get0_untrusted)                                                                           \
  X(X509_STORE_CTX_get1_certs)                                                                               \
  X(X509_STORE_CTX_get_ex_data)                                                                              \
  X(X509_STORE_CTX_get_verify)                                                                               \
  X(X509_STORE_CTX_get_verify_cb)                                                                            \
  X(X509_STORE_CTX_init)                                                                                     \
  X(X509_STORE_CTX_new)                                                                                      \
  X(X509_STORE_CTX_set_error)                                                                                \
  X(X509_STORE_CTX_set_error_depth)                                                                          \
  X(X509_STORE_CTX_set_verify)                                                                               \
  X(X509_STORE_get0_param)                                                                                   \
  X(X509_STORE_get_cleanup)                                                                                  \
  X(X509_VERIFY_PARAM_get0_host)                                                                             \
  X(X509_VERIFY_PARAM_get0_peername)                                                                         \
  X(X509_VERIFY_PARAM_get1_ip_asc)                                                                           \
  X(X509_VERIFY_PARAM_get_flags)                                                                             \
  X(X509_VERIFY_PARAM_get_hostflags)                                                                         \
  X(X509_chain_up_ref)                                                                                       \
  X(X509_check_ca)                                                                                           \
  X(X509_check_host)                                                                                         \
  X(X509_check_ip_asc)                                                                                       \
  X(X509_check_issued)                                                                                       \
  X(X509_check_purpose)                                                                                      \
  X(X509_cmp)                                                                                                \
  X(X509_free)                                                                                               \
  X(X509_get0_notAfter)                                                                                      \
  X(X509_get0_notBefore)                                                                                     \
  X(X509_get0_pubkey)                                                                                        \
  X(X509_get0_pubkey_bitstr)                                                                                 \
  X(X509_get_X509_PUBKEY)                                                                                    \
  X(X509_get_ex_data)                                                                                        \
  X(X509_get_ext_by_NID)                                                                                     \
  X(X509_get_ext_d2i)                                                                                        \
  X(X509_get_extension_flags)                                                                                \
  X(X509_get_issuer_name)                                                                                    \
  X(X509_get_pathlen)                                                                                        \
  X(X509_get_subject_name)                                                                                   \
  X(X509_set_ex_data)                                                                                        \
  X(X509_up_ref)                                                                                             \
  X(X509_verify)                                                                                             \
  X(i2d_ASN1_BIT_STRING)                                                                                     \
  X(i2d_PUBKEY)                                                                                              \
  X(i2d_X509)                                                                                                \
  X(i2d_X509_ALGOR)                                                                                          \
  X(i2d_X509_PUBKEY)

/* Needed only for a refusal: bound at the first one. */
#define PIN_LIBCRYPTO_REFUSAL_FUNCTIONS(X)                                                                   \
  X(BIO_clear_flags)                                                                                         \
  X(BIO_free)                                                                                                \
  X(BIO_free_all)                                                                                            \
  X(BIO_get_data)                                                                                            \
  X(BIO_meth_free)                                                                                           \
  X(BIO_meth_new)                                                                                            \
  X(BIO_meth_set_ctrl)                                                                                       \
  X(BIO_meth_set_destroy)                                                                                    \
  X(BIO_meth_set_read)                                                                                       \
  X(BIO_meth_set_write)                                                                                      \
  X(BIO_method_type)                                                                                         \
  X(BIO_new)                                                                                                 \
  X(BIO_read)                                                                                                \
  X(BIO_s_mem)                                                                                               \
  X(BIO_set_data)                                                                                            \
  X(BIO_set_init)                                                                                            \
  X(BIO_up_ref)                                                                                              \
  X(ERR_get_next_error_library)                                                                              \
  X(ERR_load_strings)                                                                                        \
  X(ERR_new)                                                                                                 \
  X(ERR_set_debug)                                                                                           \
  X(ERR_set_error)                                                                                           \
  X(OPENSSL_init_crypto)                                                                                     \
  X(X509_NAME_print_ex)

/* Needed for a new SSL_CTX. A process that makes no connection needs no more of libssl. */
#define PIN_LIBSSL_CONTEXT_FUNCTIONS(X)                                                                      \
  X(SSL_CTX_get_security_callback)                                                                           \
  X(SSL_CTX_set_info_callback)                                                                               \
  X(SSL_CTX_set_security_callback)

/* Needed once there is a connection. */
#define PIN_LIBSSL_FUNCTIONS(X)                                                                              \
  X(SSL_CTX_get_cert_store)                                                                                  \
  X(SSL_CTX_get_info_callback)                                                                               \
  X(SSL_CTX_set_info_callback)                                                                               \
  X(SSL_SESSION_free)                                                                                        \
  X(SSL_SESSION_get0_peer)                                                                                   \
  X(SSL_SESSION_get0_ticket_appdata)                                                                         \
  X(SSL_SESSION_get_ex_data)                                                                                 \
  X(SSL_SESSION_get_max_early_data)                                                                          \
  X(SSL_SESSION_set1_ticket_appdata)                                                                         \
  X(SSL_SESSION_set_ex_data)                                                                                 \
  X(SSL_SESSION_up_ref)                                                                                      \
  X(SSL_get0_param)                                                                                          \
  X(SSL_get_SSL_CTX)                                                                                         \
  X(SSL_get_ex_data)                                                                                         \
  X(SSL_get_ex_data_X509_STORE_CTX_idx)                                                                      \
  X(SSL_get_info_callback)                                                                                   \
  X(SSL_get_peer_cert_chain)                                                                                 \
  X(SSL_get_rbio)                                                                                            \
  X(SSL_get_rfd)                                                                                             \
  X(SSL_get_security_callback)                                                                               \
  X(SSL_get_servername)                                                                                      \
  X(SSL_get_session)                                                                                         \
  X(SSL_get_verify_mode)                                                                                     \
  X(SSL_get_wbio)                                                                                            \
  X(SSL_in_before)                                                                                           \
  X(SSL_is_init_finished)                                                                                    \
  X(SSL_is_server)                                                                                           \
  X(SSL_session_reused)                                                                                      \
  X(SSL_set0_rbio)                                                                                           \
  X(SSL_set0_wbio)                                                                                           \
  X(SSL_set_ex_data)                                                                                         \
  X(SSL_set_info_callback)                                                                                   \
  X(SSL_set_security_callback)                                                                               \
  X(SSL_set_session)                                                                                         \
  X(SSL_set_shutdown)                                                                                        \
  X(SSL_set_verify)                                                                                          \
  X(SSL_set_verify_result)                                                                                   \
  X(SSL_state_string)

struct libcrypto {
#define X(name) __typeof__(name) *name;
  PIN_LIBCRYPTO_FUNCTIONS(X)
  PIN_LIBCRYPTO_REFUSAL_FUNCTIONS(X)
#undef X
  /* SHA256_Init(3), SHA256_Update and SHA256_Final, which are deprecated: all three NULL if this OpenSSL
   * lacks one. The headers may lack their types too. */
  int (*sha256_init)(void *context);
  int (*sha256_update)(void *context, const void *data, size_t size);
  int (*sha256_final)(unsigned char *ret_digest, void *context);
};

struct libssl_context {
#define X(name) __typeof__(name) *name;
  PIN_LIBSSL_CONTEXT_FUNCTIONS(X)
#undef X
};

struct libssl {
#define X(name) __typeof__(name) *name;
  PIN_LIBSSL_FUNCTIONS(X)
#undef X
  /* OpenSSL 3.2 and later; NULL in earlier releases. */
  EVP_PKEY *(*SSL_get0_peer_rpk)(const SSL *ssl);
  /* NULL if OpenSSL was built without SRTP; SSL_is_dtls is not needed then. */
  STACK_OF(SRTP_PROTECTION_PROFILE) * (*SSL_get_srtp_profiles)(SSL *ssl);
  int (*SSL_is_dtls)(const SSL *ssl);
  /* NULL if a program has linked in a libssl without this function. */
  const char *(*SSL_SESSION_get0_hostname)(const SSL_SESSION *session);
  int store_ctx_index; /* the X509_STORE_CTX ex_data index at which libssl leaves the connection */
};

/* One OpenSSL in the process. There may be several: two releases, or a copy inside a program. All members
 * last until the process ends. */
struct openssl {
  const char *start, *end;    /* address range of the object that holds libcrypto */
  struct elf_tables tables;   /* the symbol tables of that object */
  _Atomic(void *) ssl_handle; /* dlopen handle of the object that holds libssl; NULL: not found yet */
  /* How many objects had been loaded when libssl was last searched for by name without success; 0: not
   * searched yet. */
  atomic_ulong loads_without_ssl;
  atomic_ulong loads_searched; /* the same for the search through all objects */
  atomic_bool told_of_no_ssl;  /* "no libssl found" was logged */
  _Atomic(struct libcrypto *) crypto;
  _Atomic(struct libcrypto *)
      refusal; /* the same functions as crypto, and those for a refusal; NULL: not bound yet */
  _Atomic(struct libssl *) ssl;
  atomic_bool lacks_function; /* a function without a stand-in is missing; the log says so */
  /* Used when memory runs out: an OpenSSL that we cannot hook cannot be made to refuse. */
  struct libcrypto spare_crypto, spare_refusal;
  struct libssl spare_ssl;
  atomic_int locking;       /* how many threads may hold one of its locks for writing on our behalf */
  atomic_int error_library; /* our library number in its error queue; 0: not asked for yet */
  _Atomic(ERR_STRING_DATA *) error_texts; /* the texts of our errors; never freed */
};

/* The slow part of the next three functions, at their first call. */
const struct libcrypto *openssl_bind_crypto(struct openssl *openssl);
const struct libcrypto *openssl_bind_refusal(struct openssl *openssl);
const struct libssl *openssl_bind_ssl(struct openssl *openssl);

/*
 * libcrypto's functions, bound at the first call: finding one costs about as much as a malloc, and a process
 * that verifies nothing needs none. The functions for a refusal are not bound here and do nothing. NULL: a
 * function without a stand-in is missing. Any thread, no lock.
 */
static inline const struct libcrypto *openssl_crypto(struct openssl *openssl) {
  const struct libcrypto *crypto = atomic_load_explicit(&openssl->crypto, memory_order_acquire);

  return crypto != NULL ? crypto : openssl_bind_crypto(openssl);
}

/* All of libcrypto's functions, those for a refusal too. NULL only if openssl_crypto returns NULL. Any
 * thread, no lock. */
static inline const struct libcrypto *openssl_refusal(struct openssl *openssl) {
  const struct libcrypto *crypto = atomic_load_explicit(&openssl->refusal, memory_order_acquire);

  return crypto != NULL ? crypto : openssl_bind_refusal(openssl);
}

/*
 * libssl's, from the libssl that belongs to this libcrypto. NULL when none is loaded, or none that can be
 * bound; not remembered, as libssl may be loaded later.
 */
static inline const struct libssl *openssl_ssl(struct openssl *openssl) {
  const struct libssl *ssl = atomic_load_explicit(&openssl->ssl, memory_order_acquire);

  return ssl != NULL ? ssl : openssl_bind_ssl(openssl);
}

/* The few functions of it for a new SSL_CTX, bound at each call. False: as above. */
bool openssl_ssl_context(struct openssl *openssl, struct libssl_context *ret_functions);

/* Whether nothing can be judged, since a function of libcrypto or libssl is missing that nothing stands in
 * for. */
static inline bool openssl_lacks_function(struct openssl *openssl) {
  (void)openssl_crypto(openssl);
  (void)openssl_ssl(openssl);
  return atomic_load_explicit(&openssl->lacks_function, memory_order_acquire);
}

/* libssl's, as the above, where all is bound and nothing that matters is missing; NULL: it is not, or not
 * yet. */
static inline const struct libssl *openssl_ssl_bound(const struct openssl *openssl) {
  if (atomic_load_explicit(&openssl->crypto, memory_order_acquire) == NULL ||
      atomic_load_explicit(&openssl->lacks_function, memory_order_acquire))
    return NULL;
  return atomic_load_explicit(&openssl->ssl, memory_order_acquire);
}

/* libssl's function of that name; NULL where it is missing, or no libssl is loaded. */
void *openssl_ssl_symbol(struct openssl *openssl, const char *name);

/* SHA-256 by OpenSSL or, where that has it no more, by ourselves. */
bool openssl_sha256(const struct libcrypto *crypto, const void *data, size_t size,
                    unsigned char ret_digest[32]);

/* Binds one function by name, a literal; NULL where this OpenSSL does not have it, but perhaps another one in
 * the process. */
#define openssl_symbol(openssl, literal) openssl_symbol_named(openssl, ELF_NAME(literal))
void *openssl_symbol_named(const struct openssl *openssl, struct elf_name name);

#endif
