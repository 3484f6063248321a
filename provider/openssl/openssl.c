/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "openssl.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/log.h"
#include "common/object.h"
#include "common/sha256.h"
#include "common/text.h"
#include "digest_cache.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct symbol {
  const char *name;
  size_t offset; /* of the function pointer in its table */
};

static const struct symbol crypto_symbols[] = {
#define X(name) {#name, offsetof(struct libcrypto, name)},
    PIN_LIBCRYPTO_FUNCTIONS(X)
#undef X
};

static const struct symbol refusal_symbols[] = {
#define X(name) {#name, offsetof(struct libcrypto, name)},
    PIN_LIBCRYPTO_REFUSAL_FUNCTIONS(X)
#undef X
};

static const struct symbol ssl_context_symbols[] = {
#define X(name) {#name, offsetof(struct libssl_context, name)},
    PIN_LIBSSL_CONTEXT_FUNCTIONS(X)
#undef X
};

static const struct symbol ssl_symbols[] = {
#define X(name) {#name, offsetof(struct libssl, name)},
    PIN_LIBSSL_FUNCTIONS(X)
#undef X
};

/* ---- What stands in for a function that is missing ---- */

/*
 * Called through the type of the function that is missing: on every machine that Linux runs on a function may
 * ignore what it is given, and what it returns fits a pointer, a long and an int.
 */
static long answer_0(void) {
  return 0;
}

static long answer_1(void) {
  return 1;
}

static long answer_minus_1(void) {
  return -1;
}

/*
 * Only answers that refuse: nothing is proven, named or hashed by them, and who needs it is refused. A host
 * that no entry covers needs none of it. What is not listed here has no stand-in.
 */
static const struct stand_in {
  const char *name;
  long (*function)(void);
} stand_ins[] = {
    /* The error queue does without. */
    {"ERR_get_next_error_library", answer_0},
    {"ERR_load_strings", answer_0},
    {"ERR_new", answer_0},
    {"ERR_pop_to_mark", answer_0},
    {"ERR_set_debug", answer_0},
    {"ERR_set_error", answer_0},
    {"ERR_set_mark", answer_0},
    /* Without our BIO the connection has none, and fails for that. */
    {"BIO_clear_flags", answer_0},
    {"BIO_free_all", answer_0},
    {"BIO_get_data", answer_0},
    {"BIO_meth_free", answer_0},
    {"BIO_meth_new", answer_0},
    {"BIO_meth_set_ctrl", answer_0},
    {"BIO_meth_set_destroy", answer_0},
    {"BIO_meth_set_read", answer_0},
    {"BIO_meth_set_write", answer_0},
    {"BIO_method_type", answer_0},
    {"BIO_set_data", answer_0},
    {"BIO_set_init", answer_0},
    {"BIO_up_ref", answer_0},
    /* The report names no subject. */
    {"BIO_free", answer_0},
    {"BIO_new", answer_0},
    {"BIO_read", answer_0},
    {"BIO_s_mem", answer_0},
    {"X509_NAME_print_ex", answer_minus_1},
    /* A few bytes are lost. */
    {"BN_free", answer_0},
    {"CRYPTO_free", answer_0},
    {"NAME_CONSTRAINTS_free", answer_0},
    /* No link of a path is proven, and no key is read. */
    {"ASN1_TIME_cmp_time_t", answer_minus_1}, /* after the end */
    {"EVP_PKEY_get_bn_param", answer_0},
    /* No CA's constraints permit anything; and each seems to have some. */
    {"NAME_CONSTRAINTS_check", answer_minus_1},
    {"NAME_CONSTRAINTS_check_CN", answer_minus_1},
    {"X509_get_ext_by_NID", answer_0},
    {"X509_VERIFY_PARAM_get0_peername", answer_0},
    {"X509_VERIFY_PARAM_get_hostflags", answer_minus_1},
    {"X509_check_ca", answer_0},
    {"X509_check_host", answer_0},
    {"X509_check_ip_asc", answer_0},
    {"X509_check_purpose", answer_0},
    {"X509_check_issued", answer_1},
    {"X509_get0_pubkey", answer_0},
    /* Keys are encoded in another way, which takes longer. */
    {"X509_PUBKEY_get0_param", answer_0},
    {"X509_get0_pubkey_bitstr", answer_0},
    {"i2d_ASN1_BIT_STRING", answer_0},
    {"i2d_X509_ALGOR", answer_0},
    {"X509_get_extension_flags", answer_0},
    {"X509_get_pathlen", answer_0},
    {"X509_verify", answer_0},
    {"i2d_PUBKEY", answer_0},
    {"i2d_X509", answer_0},
    {"i2d_X509_PUBKEY", answer_0},
    /* What was asked about a session is not remembered. */
    {"SSL_SESSION_free", answer_0},
    {"SSL_SESSION_up_ref", answer_0},
    /* The program's own verification, of which nothing is known: signatures are checked here. */
    {"X509_STORE_get_verify", answer_minus_1},
    /* libssl's failure has another number. */
    {"SSL_set_verify_result", answer_0},
    {"X509_STORE_CTX_set_error_depth", answer_0},
};

static void *stand_in_for(const char *name) {
  void *address = NULL;

  for (size_t i = 0; i < COUNT(stand_ins); i++) {
    if (strcmp(stand_ins[i].name, name) == 0)
      memcpy(&address, &stand_ins[i].function, sizeof address);
  }
  return address;
}

/* ---- Binding ---- */

static void tell_missing(struct openssl *openssl, const char *name) {
  char text[256];

  if (atomic_exchange(&openssl->lacks_function, true))
    return;
  snprintf(text, sizeof text,
           "event=not-enforced message=\"this OpenSSL lacks %s, which pinning needs\" consequence=\"every "
           "connection of a "
           "client is refused, where it can be\"",
           name);
  log_line(LOG_CRIT, text);
}

/* An object, and where its functions are. */
struct library {
  void *handle;
  const char *start, *end;
  struct elf_tables tables;
};

/*
 * A function of this very object: a handle finds those of others behind it as well, and a program that has an
 * OpenSSL of its own may have another one beside it.
 */
static void *symbol_of(const struct library *library, const char *name) {
  void *address;
  char *symbol;

  if (elf_symbol(&library->tables, name, &address))
    return address;
  symbol = dlsym(library->handle, name);
  return symbol >= library->start && symbol < library->end ? symbol : NULL;
}

static struct library libcrypto_of(const struct openssl *openssl) {
  return (struct library){openssl->handle, openssl->start, openssl->end, openssl->tables};
}

/* Two marks, should one be missing. False: no libssl is behind this handle. */
static bool find_libssl_behind(void *handle, struct library *ret_library) {
  struct object object;
  void *mark = dlsym(handle, "SSL_is_server");

  if (mark == NULL)
    mark = dlsym(handle, "SSL_set_verify");
  if (mark == NULL || !object_find(mark, &object))
    return false;
  *ret_library = (struct library){handle, object.start, object.end, elf_tables_of(&object)};
  return true;
}

/* False: a function is missing that nothing stands in for. */
static bool bind_all(struct openssl *openssl, const struct library *library, const struct symbol *symbols,
                     size_t count, void *ret_table) {
  for (size_t i = 0; i < count; i++) {
    void *address = symbol_of(library, symbols[i].name);

    if (address == NULL)
      address = stand_in_for(symbols[i].name);
    if (address == NULL) {
      tell_missing(openssl, symbols[i].name);
      return false;
    }
    memcpy((char *)ret_table + symbols[i].offset, &address, sizeof address);
  }
  return true;
}

/* All three or none. */
static void bind_sha256(const struct library *library, struct libcrypto *crypto) {
  void *init = symbol_of(library, "SHA256_Init"), *update = symbol_of(library, "SHA256_Update"),
       *final = symbol_of(library, "SHA256_Final");

  if (init == NULL || update == NULL || final == NULL)
    return;
  memcpy(&crypto->sha256_init, &init, sizeof init);
  memcpy(&crypto->sha256_update, &update, sizeof update);
  memcpy(&crypto->sha256_final, &final, sizeof final);
}

/* Without memory the spare one does: whoever else fills it at the same moment puts the same into it. */
static void *new_table(size_t size, void *spare) {
  void *table = calloc(1, size);

  /* cppcheck-suppress memleak ; the caller gives it to free_table() or keeps it */
  return table != NULL ? table : spare;
}

static void free_table(void *table, const void *spare) {
  if (table != spare)
    free(table);
}

void *openssl_symbol(const struct openssl *openssl, const char *name) {
  struct library library = libcrypto_of(openssl);

  return symbol_of(&library, name);
}

const struct libcrypto *openssl_bind_crypto(struct openssl *openssl) {
  struct libcrypto *crypto = new_table(sizeof *crypto, &openssl->spare_crypto);
  struct libcrypto *expected = NULL;
  struct library library = libcrypto_of(openssl);

  if (!bind_all(openssl, &library, crypto_symbols, COUNT(crypto_symbols), crypto)) {
    free_table(crypto, &openssl->spare_crypto);
    return NULL;
  }
  bind_sha256(&library, crypto);
  /* Should one be called before openssl_bind_refusal. Not their own stand-ins: to look for those would take
   * 30,000 instructions. */
  for (size_t i = 0; i < COUNT(refusal_symbols); i++) {
    long (*nothing)(void) = answer_0;

    memcpy((char *)crypto + refusal_symbols[i].offset, &nothing, sizeof nothing);
  }
  /* No lock: a fork in another thread could leave it taken for ever. Whoever publishes first wins. */
  if (atomic_compare_exchange_strong(&openssl->crypto, &expected, crypto))
    return crypto;
  free_table(crypto, &openssl->spare_crypto);
  return expected;
}

const struct libcrypto *openssl_bind_refusal(struct openssl *openssl) {
  const struct libcrypto *crypto = openssl_crypto(openssl);
  struct libcrypto *all, *expected = NULL;
  struct library library = libcrypto_of(openssl);

  if (crypto == NULL)
    return NULL;
  all = new_table(sizeof *all, &openssl->spare_refusal);
  *all = *crypto;
  /* All of these have stand-ins. */
  (void)bind_all(openssl, &library, refusal_symbols, COUNT(refusal_symbols), all);
  if (atomic_compare_exchange_strong(&openssl->refusal, &expected, all))
    return all;
  free_table(all, &openssl->spare_refusal);
  return expected;
}

/* ---- SHA-256 ---- */

/* Larger than SHA256_CTX (openssl-internals P5). */
union sha256_context {
  unsigned char bytes[256];
  unsigned long long aligned;
};

/* Not EVP_Digest: it needs a provider, and a library context may have none. */
static bool compute_sha256(const struct libcrypto *crypto, const void *data, size_t size,
                           unsigned char ret_digest[32]) {
  union sha256_context context;

  if (crypto->sha256_init != NULL)
    return crypto->sha256_init(&context) == 1 && crypto->sha256_update(&context, data, size) == 1 &&
           crypto->sha256_final(ret_digest, &context) == 1;
  sha256(data, size, ret_digest);
  return true;
}

bool openssl_sha256(const struct libcrypto *crypto, const void *data, size_t size,
                    unsigned char ret_digest[32]) {
  if (digest_cache_find(data, size, ret_digest))
    return true;
  if (!compute_sha256(crypto, data, size, ret_digest))
    return false;
  digest_cache_keep(data, size, ret_digest);
  return true;
}

/* ---- libssl ---- */

#define CANDIDATES 4

/* One of the loaded objects that are called libssl: the one before which `left` others come. */
struct candidate {
  size_t left;
  bool found;
  char path[PATH_MAX];
};

static int note_libssl(struct dl_phdr_info *info, size_t size, void *arg) {
  struct candidate *candidate = arg;
  size_t length = strlen(info->dlpi_name);

  (void)size;
  if (!text_begins(text_base(info->dlpi_name), "libssl") || length >= PATH_MAX || candidate->left-- != 0)
    return 0;
  memcpy(candidate->path, info->dlpi_name, length + 1);
  candidate->found = true;
  return 1;
}

/* How many objects were loaded since the process began. */
static int note_loads(struct dl_phdr_info *info, size_t size, void *arg) {
  unsigned long *loads = arg;

  *loads = size > offsetof(struct dl_phdr_info, dlpi_adds) ? (unsigned long)info->dlpi_adds : 0;
  return 1;
}

/*
 * The loaded libssl that uses this libcrypto, of which there may be others, of another release or bundled
 * under an odd name; or libssl is in the object of libcrypto (a program with both linked in). In this order,
 * for a search in vain costs more than one that finds.
 */
static void *find_libssl(const struct openssl *openssl) {
  /* Binds what note_libssl calls: within a walk the dynamic linker holds a lock that dlsym must not wait
   * under. */
  struct dl_phdr_info example = {.dlpi_name = "libssl"};
  struct candidate candidate;
  struct library library;

  for (size_t i = 0; i < CANDIDATES; i++) {
    void *handle;

    candidate.left = 0; /* and not the whole of it: the path is large */
    (void)note_libssl(&example, sizeof example, &candidate);
    candidate.left = i;
    candidate.found = false;
    dl_iterate_phdr(note_libssl, &candidate);
    if (!candidate.found)
      break;
    handle = dlopen(candidate.path, RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL)
      continue;
    if (dlsym(handle, "ERR_new") == openssl_symbol(openssl, "ERR_new") &&
        find_libssl_behind(handle, &library))
      return handle;
    dlclose(handle);
  }
  return find_libssl_behind(openssl->handle, &library) && library.start == openssl->start ? openssl->handle
                                                                                          : NULL;
}

/* A process with libcrypto alone asks again and again: it is looked for anew only when more was loaded. */
static void *libssl_handle(struct openssl *openssl) {
  void *handle = atomic_load(&openssl->ssl_handle);
  unsigned long loads = 0;

  if (handle != NULL)
    return handle;
  dl_iterate_phdr(note_loads, &loads);
  if (loads != 0 && loads == atomic_load(&openssl->loads_without_ssl))
    return NULL;
  handle = find_libssl(openssl);
  if (handle != NULL)
    atomic_store(&openssl->ssl_handle, handle);
  else
    atomic_store(&openssl->loads_without_ssl, loads);
  return handle;
}

bool openssl_ssl_context(struct openssl *openssl, struct libssl_context *ret_functions) {
  void *handle = libssl_handle(openssl);
  struct library library;

  return handle != NULL && find_libssl_behind(handle, &library) &&
         bind_all(openssl, &library, ssl_context_symbols, COUNT(ssl_context_symbols), ret_functions);
}

void *openssl_ssl_symbol(struct openssl *openssl, const char *name) {
  void *handle = libssl_handle(openssl);
  struct library library;

  return handle != NULL && find_libssl_behind(handle, &library) ? symbol_of(&library, name) : NULL;
}

const struct libssl *openssl_bind_ssl(struct openssl *openssl) {
  void *handle = libssl_handle(openssl), *rpk;
  struct libssl *ssl, *expected = NULL;
  struct library library;

  if (handle == NULL || !find_libssl_behind(handle, &library))
    return NULL;
  ssl = new_table(sizeof *ssl, &openssl->spare_ssl);
  if (!bind_all(openssl, &library, ssl_symbols, COUNT(ssl_symbols), ssl)) {
    free_table(ssl, &openssl->spare_ssl);
    return NULL;
  }
  rpk = symbol_of(&library, "SSL_get0_peer_rpk");
  memcpy(&ssl->SSL_get0_peer_rpk, &rpk, sizeof rpk);
  ssl->store_ctx_index = ssl->SSL_get_ex_data_X509_STORE_CTX_idx();
  if (atomic_compare_exchange_strong(&openssl->ssl, &expected, ssl))
    return ssl;
  free_table(ssl, &openssl->spare_ssl);
  return expected;
}
