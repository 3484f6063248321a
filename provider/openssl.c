/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "openssl.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

struct symbol {
  const char *name;
  size_t offset; /* of the function pointer in its table */
};

static const struct symbol crypto_symbols[] = {
#define X(name) {#name, offsetof(struct libcrypto, name)},
    PIN_LIBCRYPTO_FUNCTIONS(X)
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

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool bind_all(void *handle, const struct symbol *symbols, size_t count, void *ret_table) {
  for (size_t i = 0; i < count; i++) {
    void *address = dlsym(handle, symbols[i].name);

    if (address == NULL)
      return false;
    memcpy((char *)ret_table + symbols[i].offset, &address, sizeof address);
  }
  return true;
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
  return dlsym(openssl->handle, name);
}

const struct libcrypto *openssl_bind_crypto(struct openssl *openssl) {
  struct libcrypto *crypto = new_table(sizeof *crypto, &openssl->spare_crypto);
  struct libcrypto *expected = NULL;

  if (!bind_all(openssl->handle, crypto_symbols, COUNT(crypto_symbols), crypto)) {
    free_table(crypto, &openssl->spare_crypto);
    return NULL;
  }
  /* No lock: a fork in another thread could leave it taken for ever. Whoever publishes first wins. */
  if (atomic_compare_exchange_strong(&openssl->crypto, &expected, crypto))
    return crypto;
  free_table(crypto, &openssl->spare_crypto);
  return expected;
}

#define CANDIDATES 4

struct candidates {
  char paths[CANDIDATES][PATH_MAX];
  size_t count;
};

static int note_libssl(struct dl_phdr_info *info, size_t size, void *arg) {
  struct candidates *found = arg;
  size_t length = strlen(info->dlpi_name);

  (void)size;
  if (!text_begins(text_base(info->dlpi_name), "libssl") || length >= PATH_MAX)
    return 0;
  memcpy(found->paths[found->count++], info->dlpi_name, length + 1);
  return found->count == CANDIDATES;
}

/*
 * The loaded libssl that uses this libcrypto, of which there may be others, of another release or bundled
 * under an odd name; or libssl is in the object of libcrypto (a program with both linked in). In this order,
 * for a search in vain costs more than one that finds.
 */
static void *find_libssl(const struct openssl *openssl) {
  struct candidates found;

  found.count = 0; /* and not the whole of it: the paths are large */
  dl_iterate_phdr(note_libssl, &found);
  for (size_t i = 0; i < found.count; i++) {
    void *handle = dlopen(found.paths[i], RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);

    if (handle == NULL)
      continue;
    if (dlsym(handle, "ERR_new") == dlsym(openssl->handle, "ERR_new") &&
        dlsym(handle, "SSL_is_server") != NULL)
      return handle;
    dlclose(handle);
  }
  return dlsym(openssl->handle, "SSL_is_server") != NULL ? openssl->handle : NULL;
}

static void *libssl_handle(struct openssl *openssl) {
  void *handle = atomic_load(&openssl->ssl_handle);

  if (handle == NULL) {
    handle = find_libssl(openssl);
    atomic_store(&openssl->ssl_handle, handle);
  }
  return handle;
}

bool openssl_ssl_context(struct openssl *openssl, struct libssl_context *ret_functions) {
  void *handle = libssl_handle(openssl);

  return handle != NULL && bind_all(handle, ssl_context_symbols, COUNT(ssl_context_symbols), ret_functions);
}

const struct libssl *openssl_bind_ssl(struct openssl *openssl) {
  void *handle = libssl_handle(openssl), *rpk;
  struct libssl *ssl, *expected = NULL;

  if (handle == NULL)
    return NULL;
  ssl = new_table(sizeof *ssl, &openssl->spare_ssl);
  if (!bind_all(handle, ssl_symbols, COUNT(ssl_symbols), ssl)) {
    free_table(ssl, &openssl->spare_ssl);
    return NULL;
  }
  rpk = dlsym(handle, "SSL_get0_peer_rpk");
  memcpy(&ssl->SSL_get0_peer_rpk, &rpk, sizeof rpk);
  ssl->store_ctx_index = ssl->SSL_get_ex_data_X509_STORE_CTX_idx();
  if (atomic_compare_exchange_strong(&openssl->ssl, &expected, ssl))
    return ssl;
  free_table(ssl, &openssl->spare_ssl);
  return expected;
}
