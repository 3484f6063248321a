/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "openssl.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/cleared.h"
#include "common/log.h"
#include "common/object.h"
#include "common/sha256.h"
#include "common/text.h"
#include "digest_cache.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/*
 * The names one after another in one text, with an empty one at the end. Tables of pointers would have to be
 * relocated in each process that loads the module. The functions are in this order in the structs of
 * openssl.h.
 */
#define X(name) #name "\0"
static const char crypto_names[] = PIN_LIBCRYPTO_FUNCTIONS(X);
static const char refusal_names[] = PIN_LIBCRYPTO_REFUSAL_FUNCTIONS(X);
static const char ssl_context_names[] = PIN_LIBSSL_CONTEXT_FUNCTIONS(X);
static const char ssl_names[] = PIN_LIBSSL_FUNCTIONS(X);
#undef X

/* The size of that many pointers to functions; the other members of a struct begin behind them. */
#define X(name) char name;
#define SPACE_OF(functions) (sizeof(struct {functions(X)}) * sizeof(void *))
enum {
  FIRST_OF_REFUSAL = SPACE_OF(PIN_LIBCRYPTO_FUNCTIONS),
  END_OF_CRYPTO = FIRST_OF_REFUSAL + SPACE_OF(PIN_LIBCRYPTO_REFUSAL_FUNCTIONS),
  END_OF_SSL_CONTEXT = SPACE_OF(PIN_LIBSSL_CONTEXT_FUNCTIONS),
  END_OF_SSL = SPACE_OF(PIN_LIBSSL_FUNCTIONS)
};
#undef SPACE_OF
#undef X
_Static_assert(offsetof(struct libcrypto, sha256_init) == END_OF_CRYPTO &&
                   sizeof(struct libssl_context) == END_OF_SSL_CONTEXT &&
                   offsetof(struct libssl, SSL_get0_peer_rpk) == END_OF_SSL,
               "the functions stand first, and in the order of their names");

static const char *next_name(const char *name) {
  return name + strlen(name) + 1;
}

/* ---- Stand-ins for missing functions ---- */

/* These are called through the type of the missing function. On every machine that Linux supports, a
 * function may ignore its arguments, and these results fit a pointer, a long and an int. */
static long return_0(void) {
  return 0;
}

static long return_1(void) {
  return 1;
}

static long return_minus_1(void) {
  return -1;
}

enum answer { ANSWER_0, ANSWER_1, ANSWER_MINUS_1 };

/*
 * Only answers that refuse: with them nothing is proven, named or hashed, so a host that needs the missing
 * function is refused. A host that no entry covers does not need it. A function that is not listed has no
 * stand-in.
 */
static const struct stand_in {
  char name[40];
  enum answer answer;
} stand_ins[] = {
    /* Nothing gets into the error queue, or out of it. */
    {"ERR_get_next_error_library", ANSWER_0},
    {"ERR_load_strings", ANSWER_0},
    {"ERR_new", ANSWER_0},
    {"ERR_pop_to_mark", ANSWER_0},
    {"ERR_set_debug", ANSWER_0},
    {"ERR_set_error", ANSWER_0},
    {"ERR_set_mark", ANSWER_0},
    /* Nothing is prepared before a fork. */
    {"OPENSSL_init_crypto", ANSWER_0},
    /* There is no refusing BIO: the connection gets none, and fails for that. */
    {"BIO_clear_flags", ANSWER_0},
    {"BIO_free_all", ANSWER_0},
    {"BIO_get_data", ANSWER_0},
    {"BIO_meth_free", ANSWER_0},
    {"BIO_meth_new", ANSWER_0},
    {"BIO_meth_set_ctrl", ANSWER_0},
    {"BIO_meth_set_destroy", ANSWER_0},
    {"BIO_meth_set_read", ANSWER_0},
    {"BIO_meth_set_write", ANSWER_0},
    {"BIO_method_type", ANSWER_0},
    {"BIO_set_data", ANSWER_0},
    {"BIO_set_init", ANSWER_0},
    {"BIO_up_ref", ANSWER_0},
    /* The report names no subject. */
    {"BIO_free", ANSWER_0},
    {"BIO_new", ANSWER_0},
    {"BIO_read", ANSWER_0},
    {"BIO_s_mem", ANSWER_0},
    {"X509_NAME_print_ex", ANSWER_MINUS_1},
    /* A few bytes of memory are lost. */
    {"BN_free", ANSWER_0},
    {"CRYPTO_free", ANSWER_0},
    {"NAME_CONSTRAINTS_free", ANSWER_0},
    /* No link of a path is proven, and no key is read. */
    {"ASN1_TIME_cmp_time_t", ANSWER_MINUS_1}, /* after the end */
    {"EVP_PKEY_get_bn_param", ANSWER_0},
    /* No CA's constraints permit anything, and every CA seems to have some. */
    {"NAME_CONSTRAINTS_check", ANSWER_MINUS_1},
    {"NAME_CONSTRAINTS_check_CN", ANSWER_MINUS_1},
    {"X509_get_ext_by_NID", ANSWER_0},
    {"X509_VERIFY_PARAM_get0_peername", ANSWER_0},
    {"X509_VERIFY_PARAM_get_hostflags", ANSWER_MINUS_1},
    {"X509_check_ca", ANSWER_0},
    {"X509_check_host", ANSWER_0},
    {"X509_check_ip_asc", ANSWER_0},
    {"X509_check_purpose", ANSWER_0},
    {"X509_check_issued", ANSWER_1},
    {"X509_get0_pubkey", ANSWER_0},
    /* Keys are encoded in another way, which takes longer. */
    {"X509_PUBKEY_get0_param", ANSWER_0},
    {"X509_get0_pubkey_bitstr", ANSWER_0},
    {"i2d_ASN1_BIT_STRING", ANSWER_0},
    {"i2d_X509_ALGOR", ANSWER_0},
    {"X509_get_extension_flags", ANSWER_0},
    {"X509_get_pathlen", ANSWER_0},
    {"X509_verify", ANSWER_0},
    {"i2d_PUBKEY", ANSWER_0},
    {"i2d_X509", ANSWER_0},
    {"i2d_X509_PUBKEY", ANSWER_0},
    /* No answer about a session is remembered. */
    {"SSL_SESSION_free", ANSWER_0},
    {"SSL_SESSION_up_ref", ANSWER_0},
    /* libssl reports another error number. */
    {"SSL_set_verify_result", ANSWER_0},
    {"X509_STORE_CTX_set_error_depth", ANSWER_0},
};

static void *stand_in_address(enum answer answer) {
  long (*function)(void) = answer == ANSWER_0 ? return_0 : answer == ANSWER_1 ? return_1 : return_minus_1;
  void *address;

  memcpy(&address, &function, sizeof address);
  return address;
}

static void *stand_in_for(const char *name) {
  for (size_t i = 0; i < COUNT(stand_ins); i++) {
    if (strcmp(stand_ins[i].name, name) == 0)
      return stand_in_address(stand_ins[i].answer);
  }
  return NULL;
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

/* A loaded object, and how its functions are found. */
struct library {
  void *handle; /* NULL: not opened yet */
  const char *start, *end;
  struct elf_tables tables;
};

/*
 * Finds a function in this very object. A dlopen handle also finds functions in the object's dependencies,
 * and a program with an OpenSSL of its own may load another one beside it. Opening the object costs as much
 * as finding ten functions in its tables.
 */
static void *symbol_of(struct library *library, struct elf_name name) {
  void *address;
  char *symbol;

  if (elf_symbol_named(&library->tables, name, &address))
    return address;
  if (library->handle == NULL)
    library->handle = object_open(library->start);
  symbol = library->handle != NULL ? dlsym(library->handle, name.name) : NULL;
  return symbol >= library->start && symbol < library->end ? symbol : NULL;
}

static struct library libcrypto_of(const struct openssl *openssl) {
  return (struct library){NULL, openssl->start, openssl->end, openssl->tables};
}

/* Looks for two functions, in case one is missing. False: the handle leads to no libssl. */
static bool find_libssl_behind(void *handle, struct library *ret_library) {
  struct object object;
  void *mark = dlsym(handle, "SSL_is_server");

  if (mark == NULL)
    mark = dlsym(handle, "SSL_set_verify");
  if (mark == NULL || !object_find(mark, &object))
    return false;
  *ret_library =
      (struct library){handle, object.start, object.end, elf_tables_of(object.map, object.start, object.end)};
  return true;
}

/* Writes the addresses of the named functions one after another. False: a function without a stand-in is
 * missing, which is logged. */
static bool bind_all(struct openssl *openssl, struct library *library, const char *names, void *ret_table) {
  char *place = ret_table;

  for (const char *name = names; *name != '\0'; name = next_name(name)) {
    void *address = symbol_of(library, elf_name_of(name));

    if (address == NULL)
      address = stand_in_for(name);
    if (address == NULL) {
      tell_missing(openssl, name);
      return false;
    }
    memcpy(place, &address, sizeof address);
    place += sizeof address;
  }
  return true;
}

/* Binds all three functions or none. */
static void bind_sha256(struct library *library, struct libcrypto *crypto) {
  void *init = symbol_of(library, ELF_NAME("SHA256_Init")),
       *update = symbol_of(library, ELF_NAME("SHA256_Update")),
       *final = symbol_of(library, ELF_NAME("SHA256_Final"));

  if (init == NULL || update == NULL || final == NULL)
    return;
  memcpy(&crypto->sha256_init, &init, sizeof init);
  memcpy(&crypto->sha256_update, &update, sizeof update);
  memcpy(&crypto->sha256_final, &final, sizeof final);
}

/* Fills the refusal functions in case one is called before openssl_bind_refusal. Their own stand-ins are
 * not used: looking those up would take 30,000 instructions. */
static void stand_in_for_refusal(struct libcrypto *crypto) {
  void *nothing = stand_in_address(ANSWER_0);

  for (size_t at = FIRST_OF_REFUSAL; at < END_OF_CRYPTO; at += sizeof nothing)
    memcpy((char *)crypto + at, &nothing, sizeof nothing);
}

/* Without memory the spare table is used. Threads that fill it at once write the same bytes. */
static void *new_table(size_t size, void *spare) {
  void *table = cleared_memory(size);

  /* cppcheck-suppress memleak ; the caller gives it to free_table() or keeps it */
  return table != NULL ? table : spare;
}

static void free_table(void *table, const void *spare) {
  if (table != spare)
    free(table);
}

void *openssl_symbol_named(const struct openssl *openssl, struct elf_name name) {
  struct library library = libcrypto_of(openssl);

  return symbol_of(&library, name);
}

const struct libcrypto *openssl_bind_crypto(struct openssl *openssl) {
  struct libcrypto *crypto = new_table(sizeof *crypto, &openssl->spare_crypto);
  struct libcrypto *expected = NULL;
  struct library library = libcrypto_of(openssl);

  if (!bind_all(openssl, &library, crypto_names, crypto)) {
    free_table(crypto, &openssl->spare_crypto);
    return NULL;
  }
  bind_sha256(&library, crypto);
  stand_in_for_refusal(crypto);
  /* No lock, because a fork in another thread could leave it locked for ever. The first thread to publish
   * its table wins. */
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
  /* Cannot fail: all of these functions have stand-ins. */
  (void)bind_all(openssl, &library, refusal_names, (char *)all + FIRST_OF_REFUSAL);
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

/* EVP_Digest is not used: it needs a provider, and a library context may have none. */
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

/* A loaded object that may be libssl: the one after `left` others. */
struct candidate {
  size_t left;
  bool found;
  char path[PATH_MAX]; /* a copy, because the object may be unloaded after the walk */
};

static int note_candidate(struct candidate *candidate, const char *path) {
  size_t length = strlen(path);

  if (length >= PATH_MAX || candidate->left-- != 0)
    return 0;
  memcpy(candidate->path, path, length + 1);
  candidate->found = true;
  return 1;
}

static int note_libssl(struct dl_phdr_info *info, size_t size, void *arg) {
  (void)size;
  return text_begins(text_base(info->dlpi_name), "libssl") ? note_candidate(arg, info->dlpi_name) : 0;
}

/* Returns a dlopen handle of the first candidate that uses this libcrypto; NULL: none among the first
 * `most`. */
static void *open_candidate(const struct openssl *openssl,
                            int (*note)(struct dl_phdr_info *info, size_t size, void *arg), size_t most) {
  struct dl_phdr_info example = {.dlpi_name = "libssl"};
  struct candidate candidate;
  struct library library;

  candidate.left = 0; /* only this member, because the path is large */
  /* Makes the dynamic linker bind what the walks call. In a walk it holds a lock that a first call would
   * wait for. */
  (void)note_libssl(&example, sizeof example, &candidate);
  for (size_t i = 0; i < most; i++) {
    void *handle;

    candidate.left = i;
    candidate.found = false;
    dl_iterate_phdr(note, &candidate);
    if (!candidate.found)
      break;
    handle = dlopen(*candidate.path != '\0' ? candidate.path : NULL, RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL)
      continue;
    if (dlsym(handle, "ERR_new") == openssl_symbol(openssl, "ERR_new") &&
        find_libssl_behind(handle, &library))
      return handle;
    dlclose(handle);
  }
  return NULL;
}

/* Writes how many objects were loaded since the process began; 0: this libc does not tell. */
static int note_loads(struct dl_phdr_info *info, size_t size, void *arg) {
  unsigned long *loads = arg;

  *loads = size > offsetof(struct dl_phdr_info, dlpi_adds) ? (unsigned long)info->dlpi_adds : 0;
  return 1;
}

/*
 * Finds the loaded libssl that uses this libcrypto. Others may be loaded, of another release or bundled under
 * an odd name. libssl may also be part of libcrypto's object (a program that links both statically). That is
 * tried last, because a search without a result costs more.
 */
static void *find_libssl(const struct openssl *openssl) {
  struct library library;
  void *handle = open_candidate(openssl, note_libssl, CANDIDATES);

  if (handle != NULL)
    return handle;
  library = libcrypto_of(openssl);
  if (symbol_of(&library, ELF_NAME("SSL_is_server")) == NULL &&
      symbol_of(&library, ELF_NAME("SSL_set_verify")) == NULL)
    return NULL;
  return object_open(openssl->start);
}

/* A process that uses only libcrypto asks again and again, so the search is repeated only when more
 * objects were loaded. */
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

/* ---- A libssl whose file name does not say so ---- */

/* A dl_iterate_phdr callback. The walk must do the reading itself, because another thread may unload an
 * object right after it. */
static int note_libssl_functions(struct dl_phdr_info *info, size_t size, void *arg) {
  struct link_map map = {.l_addr = info->dlpi_addr};
  ElfW(Addr) start = UINTPTR_MAX, end = 0;
  struct elf_tables tables;
  void *mark;

  (void)size;
  for (const ElfW(Phdr) *part = info->dlpi_phdr; part < info->dlpi_phdr + info->dlpi_phnum; part++) {
    ElfW(Addr) first = info->dlpi_addr + part->p_vaddr;

    if (part->p_type == PT_DYNAMIC)
      map.l_ld = (ElfW(Dyn) *)first;
    if (part->p_type != PT_LOAD)
      continue;
    start = first < start ? first : start;
    end = first + part->p_memsz > end ? first + part->p_memsz : end;
  }
  if (map.l_ld == NULL)
    return 0;
  tables = elf_tables_of(&map, (const void *)start, (const void *)end);
  /* Without a hash table only dlsym can tell. */
  return elf_symbol(&tables, "SSL_is_server", &mark) && mark == NULL ? 0
                                                                     : note_candidate(arg, info->dlpi_name);
}

/* For an SSL_CTX, which proves that there is a libssl: searches all objects if no name matches. */
static void *libssl_of_context(struct openssl *openssl) {
  void *handle = libssl_handle(openssl);
  unsigned long loads = 0;

  if (handle != NULL)
    return handle;
  dl_iterate_phdr(note_loads, &loads);
  if (loads != 0 && loads == atomic_load(&openssl->loads_searched))
    return NULL;
  handle = open_candidate(openssl, note_libssl_functions, SIZE_MAX);
  atomic_store(&openssl->loads_searched, loads);
  if (handle != NULL)
    atomic_store(&openssl->ssl_handle, handle);
  else if (!atomic_exchange(&openssl->told_of_no_ssl, true))
    log_line(LOG_CRIT, "event=not-enforced message=\"the libssl of this process cannot be found\" "
                       "consequence=\"of its connections only names that OpenSSL verifies are enforced\"");
  return handle;
}

bool openssl_ssl_context(struct openssl *openssl, struct libssl_context *ret_functions) {
  void *handle = libssl_of_context(openssl);
  struct library library;

  return handle != NULL && find_libssl_behind(handle, &library) &&
         bind_all(openssl, &library, ssl_context_names, ret_functions);
}

void *openssl_ssl_symbol(struct openssl *openssl, const char *name) {
  void *handle = libssl_handle(openssl);
  struct library library;

  return handle != NULL && find_libssl_behind(handle, &library) ? symbol_of(&library, elf_name_of(name))
                                                                : NULL;
}

/* ret_function: where the pointer to the function is written, NULL if there is none. */
static void bind_if_there(struct library *library, struct elf_name name, void *ret_function) {
  void *address = symbol_of(library, name);

  memcpy(ret_function, &address, sizeof address);
}

const struct libssl *openssl_bind_ssl(struct openssl *openssl) {
  void *handle = libssl_handle(openssl);
  struct libssl *ssl, *expected = NULL;
  struct library library;

  if (handle == NULL || !find_libssl_behind(handle, &library))
    return NULL;
  ssl = new_table(sizeof *ssl, &openssl->spare_ssl);
  if (!bind_all(openssl, &library, ssl_names, ssl)) {
    free_table(ssl, &openssl->spare_ssl);
    return NULL;
  }
  bind_if_there(&library, ELF_NAME("SSL_get0_peer_rpk"), &ssl->SSL_get0_peer_rpk);
  bind_if_there(&library, ELF_NAME("SSL_get_srtp_profiles"), &ssl->SSL_get_srtp_profiles);
  bind_if_there(&library, ELF_NAME("SSL_is_dtls"), &ssl->SSL_is_dtls);
  bind_if_there(&library, ELF_NAME("SSL_SESSION_get0_hostname"), &ssl->SSL_SESSION_get0_hostname);
  ssl->store_ctx_index = ssl->SSL_get_ex_data_X509_STORE_CTX_idx();
  if (atomic_compare_exchange_strong(&openssl->ssl, &expected, ssl))
    return ssl;
  free_table(ssl, &openssl->spare_ssl);
  return expected;
}
