/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The preload shim, for programs that never read openssl.cnf. It stands in for functions of libcrypto that
 * libssl cannot do without: however libssl was loaded, its calls come here first (openssl-internals P6). The
 * first call loads pinning.so, which does the rest. The shim also stands in for the functions by which a
 * program checks a certificate's name. A process that never calls them only maps one small file.
 *
 * If pinning.so cannot be loaded, every verification of a host is refused: the administrator asked for
 * enforcement, and would not notice that it is missing.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <openssl/ssl.h>

#include "callers.h"
#include "common/log.h"
#include "common/module.h"
#include "common/object.h"
#include "elf_symbol.h"
#include "preload.h"
#include "resolved.h"

#define VISIBLE __attribute__((visibility("default")))
#define CALLER __builtin_extract_return_addr(__builtin_return_address(0))

/* How many objects may call the functions below: libssl, the program, plug-ins with a libcrypto of their
 * own. */
#define MAX_CALLERS 64

/* They have other names in C, because the headers of some releases declare their parameters const and
 * others do not. */
VISIBLE int new_ex_data(int class_index, void *object, CRYPTO_EX_DATA *ad) __asm__("CRYPTO_new_ex_data");
VISIBLE int store_ctx_init(X509_STORE_CTX *ctx, X509_STORE *store, X509 *certificate,
                           STACK_OF(X509) * untrusted) __asm__("X509_STORE_CTX_init");
VISIBLE int store_ctx_set_ex_data(X509_STORE_CTX *ctx, int index,
                                  void *data) __asm__("X509_STORE_CTX_set_ex_data");
VISIBLE int verify_cert(X509_STORE_CTX *ctx) __asm__("X509_verify_cert");

VISIBLE int check_host(X509 *certificate, const char *name, size_t length, unsigned int flags,
                       char **ret_peername) __asm__("X509_check_host");
VISIBLE int check_ip(X509 *certificate, const unsigned char *address, size_t length,
                     unsigned int flags) __asm__("X509_check_ip");
VISIBLE int check_ip_asc(X509 *certificate, const char *address,
                         unsigned int flags) __asm__("X509_check_ip_asc");

/* The functions that this file stands in for. */
enum function {
  NEW_EX_DATA,
  STORE_CTX_INIT,
  STORE_CTX_SET_EX_DATA,
  VERIFY_CERT,
  CHECK_HOST,
  CHECK_IP,
  CHECK_IP_ASC,
  FUNCTIONS
};

typedef void any_fn(void);

static const struct {
  const char *name;
  any_fn *ours;
} functions[FUNCTIONS] = {
    [NEW_EX_DATA] = {"CRYPTO_new_ex_data", (any_fn *)new_ex_data},
    [STORE_CTX_INIT] = {"X509_STORE_CTX_init", (any_fn *)store_ctx_init},
    [STORE_CTX_SET_EX_DATA] = {"X509_STORE_CTX_set_ex_data", (any_fn *)store_ctx_set_ex_data},
    [VERIFY_CERT] = {"X509_verify_cert", (any_fn *)verify_cert},
    [CHECK_HOST] = {"X509_check_host", (any_fn *)check_host},
    [CHECK_IP] = {"X509_check_ip", (any_fn *)check_ip},
    [CHECK_IP_ASC] = {"X509_check_ip_asc", (any_fn *)check_ip_asc},
};

/* An object that calls these functions. */
struct caller {
  struct caller_place place;
  void *handle;          /* of the caller's object; NULL: not opened */
  bool enforced;         /* pinning.so is attached to its OpenSSL */
  bool is_openssl;       /* the caller is libcrypto or libssl itself */
  void *real[FUNCTIONS]; /* the functions that it would reach without us; NULL: none */
};

static struct caller callers[MAX_CALLERS];

/* ---- Finding the real functions ---- */

static const void *address_of(any_fn *function) {
  const void *address;

  memcpy(&address, &function, sizeof address);
  return address;
}

/* A handle of the caller's object, needed by few; NULL: it cannot be opened. */
static void *handle_of(const struct caller *caller) {
  return caller->handle != NULL ? caller->handle : object_open(caller->place.start);
}

static struct elf_tables tables_at(const void *address) {
  struct object object;

  return object_find(address, &object) ? elf_tables_of(object.map, object.start, object.end)
                                       : (struct elf_tables){.hash = NULL};
}

/* Finds a symbol in an object's tables, which is faster than by its handle. NULL: not there, or not
 * certain. */
static void *in_tables(const struct elf_tables *tables, const char *name) {
  void *symbol;

  return elf_symbol(tables, name, &symbol) ? symbol : NULL;
}

static bool is_real(const void *symbol, enum function function) {
  return symbol != NULL && symbol != address_of(functions[function].ours);
}

/* Finds the function that the caller would reach without us. RTLD_NEXT alone would miss a libcrypto that
 * was loaded locally, as python3 does. tables: of the object that has the function, if known. */
static void *find_real(struct caller *caller, const struct elf_tables *tables, enum function function) {
  void *symbol = in_tables(tables, functions[function].name);

  if (is_real(symbol, function))
    return symbol;
  if (caller->handle == NULL)
    caller->handle = handle_of(caller);
  symbol = caller->handle != NULL ? dlsym(caller->handle, functions[function].name) : NULL;
  return is_real(symbol, function) ? symbol : dlsym(RTLD_NEXT, functions[function].name);
}

/* ---- Loading pinning.so ---- */

typedef __typeof__(pinning_attach) attach_fn;

void *preload_module_symbol(const char *relative, const char *name) {
  char path[PATH_MAX];
  void *module;

  /* Only from its place relative to this file: in a privileged process, LD_PRELOAD takes no path of the
   * user's either. */
  if (!object_sibling(callers, relative, path, sizeof path))
    return NULL;
  module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  /* Tried twice, because memory or descriptors may be short for a moment, and without the module every
   * host is refused until the process ends. */
  if (module == NULL)
    module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  return module != NULL ? dlsym(module, name) : NULL;
}

/* A function of pinning.so. */
static void *module_symbol(const char *name) {
  return preload_module_symbol(PINNING_MODULE_FROM_SHIM, name);
}

/* Finds a function of pinning.so and keeps it in *found. False: there is none. */
static bool find_in_module(_Atomic(void *) *found, const char *name, void *ret_function) {
  void *symbol = atomic_load(found);

  if (symbol == NULL)
    atomic_store(found, symbol = module_symbol(name));
  memcpy(ret_function, &symbol, sizeof symbol);
  return symbol != NULL;
}

int preload_covers(const char *name) {
  static _Atomic(void *) found;
  __typeof__(pinning_covers) *ask;

  return find_in_module(&found, "pinning_covers", &ask) ? ask(name) : 1;
}

static bool attach(const void *address_in_libcrypto) {
  static _Atomic(void *) found;
  attach_fn *attach_module;

  if (find_in_module(&found, "pinning_attach", &attach_module))
    return attach_module(address_in_libcrypto, &resolved_seen) == 1;
  log_line(LOG_CRIT, "event=not-enforced message=\"pinning.so cannot be loaded beside the preload shim\" "
                     "consequence=\"every host is refused\"");
  return false;
}

/* ---- Callers ---- */

static bool holds(const struct object *object, const void *address) {
  return (const char *)address >= object->start && (const char *)address < object->end;
}

static bool is_libssl(const struct caller *caller, const struct object *object,
                      const struct elf_tables *tables) {
  if (tables->hash != NULL)
    return in_tables(tables, "SSL_new") != NULL;
  return caller->handle != NULL && holds(object, dlsym(caller->handle, "SSL_new"));
}

static void set_up(void *place, void *handle, const struct object *object) {
  struct caller *caller = place;
  struct elf_tables tables = elf_tables_of(object->map, object->start, object->end);
  bool has_libssl;

  caller->handle = handle;
  caller->real[NEW_EX_DATA] = find_real(caller, &tables, NEW_EX_DATA);
  has_libssl = is_libssl(caller, object, &tables);
  caller->is_openssl = has_libssl || holds(object, caller->real[NEW_EX_DATA]);
  /* libssl does not define these functions: all belong to its libcrypto. */
  if (has_libssl)
    tables = tables_at(caller->real[NEW_EX_DATA]);
  for (enum function function = NEW_EX_DATA + 1; function < FUNCTIONS; function++)
    caller->real[function] = find_real(caller, &tables, function);
  caller->enforced = caller->real[NEW_EX_DATA] != NULL && attach(caller->real[NEW_EX_DATA]);
}

static const struct callers table = {callers, sizeof callers[0], MAX_CALLERS, set_up};

static const struct caller *caller_of(const void *address) {
  return callers_of(&table, address);
}

/* ---- Refusing without pinning.so ---- */

/*
 * Called when libssl is about to verify for a connection. If a function that it needs fails, it gives the
 * verification up as failed, before any callback of the program's can interfere (openssl-internals P6).
 * SSL_VERIFY_PEER makes the failure count. False: this is not about a client's connection.
 */
static bool refuse_connection(const struct caller *caller, int index, void *data) {
  __typeof__(SSL_get_ex_data_X509_STORE_CTX_idx) *connection_index;
  __typeof__(SSL_is_server) *is_server;
  __typeof__(SSL_set_verify) *set_verify;
  void *handle = handle_of(caller);
  void *symbols[] = {dlsym(handle, "SSL_get_ex_data_X509_STORE_CTX_idx"), dlsym(handle, "SSL_is_server"),
                     dlsym(handle, "SSL_set_verify")};

  if (symbols[0] == NULL || symbols[1] == NULL || symbols[2] == NULL)
    return false;
  memcpy(&connection_index, &symbols[0], sizeof symbols[0]);
  memcpy(&is_server, &symbols[1], sizeof symbols[1]);
  memcpy(&set_verify, &symbols[2], sizeof symbols[2]);
  if (index != connection_index() || is_server(data))
    return false;
  set_verify(data, SSL_VERIFY_PEER, NULL);
  return true;
}

static bool names_a_host(const struct caller *caller, X509_STORE_CTX *ctx) {
  __typeof__(X509_STORE_CTX_get0_param) *get0_param;
  __typeof__(X509_VERIFY_PARAM_get0_host) *get0_host;
  void *handle = handle_of(caller);
  void *symbols[] = {dlsym(handle, "X509_STORE_CTX_get0_param"),
                     dlsym(handle, "X509_VERIFY_PARAM_get0_host")};

  if (symbols[0] == NULL || symbols[1] == NULL)
    return true;
  memcpy(&get0_param, &symbols[0], sizeof symbols[0]);
  memcpy(&get0_host, &symbols[1], sizeof symbols[1]);
  return get0_host(get0_param(ctx), 0) != NULL;
}

/* ---- The functions ---- */

/* Gets the real function of a caller. False: there is none, or the caller is not known; the call must then
 * fail. */
static bool real_function(const struct caller *caller, enum function function, void *ret_function) {
  if (caller == NULL || caller->real[function] == NULL)
    return false;
  memcpy(ret_function, &caller->real[function], sizeof caller->real[function]);
  return true;
}

int new_ex_data(int class_index, void *object, CRYPTO_EX_DATA *ad) {
  const struct caller *caller = caller_of(CALLER);
  __typeof__(new_ex_data) *real;

  return real_function(caller, NEW_EX_DATA, &real) ? real(class_index, object, ad) : 0;
}

int store_ctx_init(X509_STORE_CTX *ctx, X509_STORE *store, X509 *certificate, STACK_OF(X509) * untrusted) {
  const struct caller *caller = caller_of(CALLER);
  __typeof__(store_ctx_init) *real;

  return real_function(caller, STORE_CTX_INIT, &real) ? real(ctx, store, certificate, untrusted) : 0;
}

int store_ctx_set_ex_data(X509_STORE_CTX *ctx, int index, void *data) {
  const struct caller *caller = caller_of(CALLER);
  __typeof__(store_ctx_set_ex_data) *real;

  if (!real_function(caller, STORE_CTX_SET_EX_DATA, &real))
    return 0;
  if (!caller->enforced && refuse_connection(caller, index, data))
    return 0;
  return real(ctx, index, data);
}

int verify_cert(X509_STORE_CTX *ctx) {
  const struct caller *caller = caller_of(CALLER);
  __typeof__(verify_cert) *real;

  if (!real_function(caller, VERIFY_CERT, &real))
    return 0;
  if (!caller->enforced && names_a_host(caller, ctx))
    return 0;
  return real(ctx);
}

/* ---- Names that a program checks itself ---- */

/* Called after OpenSSL has accepted the name: whether the policy allows it too. Names that OpenSSL itself
 * checks are judged in its verification. name: `length` bytes, a host name or an address. */
static bool is_allowed(const struct caller *caller, X509 *certificate, const char *name, size_t length) {
  static _Atomic(void *) found;
  __typeof__(pinning_allows) *ask;
  int saved_errno = errno;
  char *text;
  bool allowed;

  if (caller->is_openssl)
    return true;
  text = caller->enforced ? strndup(name, length) : NULL;
  allowed = text != NULL && find_in_module(&found, "pinning_allows", &ask) &&
            ask(caller->real[CHECK_HOST], certificate, text) == 1;
  free(text);
  errno = saved_errno;
  return allowed;
}

/* A caller that gets "no" for an answer does not free the name, so we do. */
static void forget_peername(const struct caller *caller, char **peername) {
  __typeof__(CRYPTO_free) *release;
  void *handle = peername != NULL ? handle_of(caller) : NULL;
  void *symbol = handle != NULL ? dlsym(handle, "CRYPTO_free") : NULL;

  if (symbol == NULL)
    return;
  memcpy(&release, &symbol, sizeof symbol);
  release(*peername, NULL, 0);
  *peername = NULL;
}

int check_host(X509 *certificate, const char *name, size_t length, unsigned int flags, char **ret_peername) {
  const struct caller *caller = caller_of(CALLER);
  __typeof__(check_host) *real;
  int result;

  if (!real_function(caller, CHECK_HOST, &real))
    return 0;
  result = real(certificate, name, length, flags, ret_peername);
  if (result <= 0 || is_allowed(caller, certificate, name, length != 0 ? length : strlen(name)))
    return result;
  forget_peername(caller, ret_peername);
  return 0;
}

int check_ip(X509 *certificate, const unsigned char *address, size_t length, unsigned int flags) {
  const struct caller *caller = caller_of(CALLER);
  char text[INET6_ADDRSTRLEN];
  __typeof__(check_ip) *real;
  int result;

  if (!real_function(caller, CHECK_IP, &real))
    return 0;
  result = real(certificate, address, length, flags);
  /* Only addresses of these two lengths can match one that a policy names. */
  if (result <= 0 || (length != 4 && length != 16) ||
      inet_ntop(length == 4 ? AF_INET : AF_INET6, address, text, sizeof text) == NULL)
    return result;
  return is_allowed(caller, certificate, text, strlen(text)) ? result : 0;
}

int check_ip_asc(X509 *certificate, const char *address, unsigned int flags) {
  const struct caller *caller = caller_of(CALLER);
  __typeof__(check_ip_asc) *real;
  int result;

  if (!real_function(caller, CHECK_IP_ASC, &real))
    return 0;
  result = real(certificate, address, flags);
  return result <= 0 || is_allowed(caller, certificate, address, strlen(address)) ? result : 0;
}

/* ---- OpenSSL inside the program ---- */

/*
 * Some programs have OpenSSL linked in and export its symbols, such as the nodejs of its makers. They call
 * their own functions and never ours. Such a program is recognised by its own definition, which is found
 * before ours.
 */
__attribute__((constructor)) static void attach_to_program(void) {
  const void *symbol = dlsym(RTLD_DEFAULT, functions[NEW_EX_DATA].name);
  int saved_errno;

  /* Only now, because errno is libc's, and binding it takes time. */
  if (!is_real(symbol, NEW_EX_DATA))
    return;
  saved_errno = errno;
  (void)attach(symbol);
  errno = saved_errno;
}
