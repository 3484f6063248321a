/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "verified_name.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdatomic.h>
#include <string.h>

#include "common/libc_functions.h"
#include "malloc_bounds.h"

/* OpenSSL_version_num(3) of 4.0.0, which stores verified names in another way. */
#define FIRST_WITH_BUFFERS 0x40000000UL

#define NAME_SIZE 254 /* RFC 1035, 2.3.4: 253 characters as text */

/* How many of the first bytes may belong to a host name. ASCII only, whatever the program's locale. */
static size_t name_length_at_most(const char *name, size_t limit) {
  static const char bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*";
  size_t length = 0;

  while (length < limit && memchr(bytes, name[length], sizeof bytes - 1) != NULL)
    length++;
  return length;
}

static char lower(char byte) {
  return (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

static bool same_letters(const char *a, const char *b, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (lower(a[i]) != lower(b[i]))
      return false;
  }
  return true;
}

/* A name without a terminator. */
struct open_name {
  const char *text;
  size_t readable; /* bytes that may be read */
  size_t shortest; /* bytes that the name has at least */
};

/* Whether the name is surely `likely`: it begins with that text, and cannot go on behind it. */
static bool is_likely(const struct open_name *name, const char *likely) {
  size_t length = likely != NULL ? strlen(likely) : 0;

  return length > 0 && length <= name->readable && length >= name->shortest &&
         same_letters(name->text, likely, length) &&
         (length == name->readable || name_length_at_most(name->text + length, 1) == 0);
}

/*
 * After a name without a terminator (openssl-internals N1) comes whatever is in the heap. So the name is one
 * of the prefixes for which this much memory may have been requested. All are visited: only the true name is
 * likely to be covered, and no covered name may be left out.
 */
static void visit_prefixes(const struct open_name *name, pinning_visit_name_fn *visit, void *arg) {
  size_t longest = name_length_at_most(name->text, name->readable);
  bool going_on = true;

  for (size_t length = longest; going_on && length >= name->shortest && length > 0; length--) {
    char prefix[NAME_SIZE];

    memcpy(prefix, name->text, length);
    prefix[length] = '\0';
    going_on = visit(prefix, arg);
  }
}

/*
 * Copies what can be read behind `name`. If the program allocates by itself (CRYPTO_set_mem_functions(3)),
 * nobody knows how much memory the name has, and the memory behind it may not be mapped. The kernel copies as
 * much as there is. False: it copies nothing.
 */
static bool copy_readable(const char *name, char ret_copy[NAME_SIZE], struct open_name *ret_name) {
  struct libc_functions libc;
  struct iovec local = {ret_copy, NAME_SIZE - 1}, remote[2];
  uintptr_t page;
  ssize_t copied;

  if (!libc_functions_bind(&libc))
    return false;
  page = (uintptr_t)libc.sysconf(_SC_PAGESIZE);
  remote[0].iov_base = (void *)(uintptr_t)name;
  remote[0].iov_len = page - (uintptr_t)name % page;
  if (remote[0].iov_len > NAME_SIZE - 1)
    remote[0].iov_len = NAME_SIZE - 1;
  remote[1].iov_base = (char *)(uintptr_t)name + remote[0].iov_len;
  remote[1].iov_len = NAME_SIZE - 1 - remote[0].iov_len;
  copied = libc.process_vm_readv(libc.getpid(), &local, 1, remote, 2, 0);
  *ret_name = (struct open_name){ret_copy, copied > 0 ? (size_t)copied : 0, 1};
  return copied > 0;
}

static bool has_mallocs_memory(const struct libcrypto *crypto) {
  CRYPTO_malloc_fn allocate = NULL;

  crypto->CRYPTO_get_mem_functions(&allocate, NULL, NULL);
  return allocate == crypto->CRYPTO_malloc;
}

/* Asks malloc_usable_size(3) of whichever allocator is in use, found as the dynamic linker would find it.
 * No release of OpenSSL before 4.0 needs this. False: there is no such function. */
static bool find_room(void *memory, size_t *ret_room) {
  static _Atomic(void *) slot;
  void *symbol = atomic_load_explicit(&slot, memory_order_relaxed);
  __typeof__(malloc_usable_size) *function;

  if (symbol == NULL)
    atomic_store_explicit(&slot, symbol = dlsym(RTLD_DEFAULT, "malloc_usable_size"), memory_order_relaxed);
  if (symbol == NULL)
    return false;
  memcpy(&function, &symbol, sizeof symbol);
  *ret_room = function(memory);
  return true;
}

bool verified_name_visit(const struct libcrypto *crypto, X509_VERIFY_PARAM *param, int number,
                         const char *likely, pinning_visit_name_fn *visit, void *arg, bool *ret_is_whole) {
  const char *host = crypto->X509_VERIFY_PARAM_get0_host(param, number);
  struct open_name name;
  char copy[NAME_SIZE];
  size_t room;

  *ret_is_whole = true;
  if (host == NULL)
    return false;
  if (crypto->OpenSSL_version_num() < FIRST_WITH_BUFFERS) {
    (void)visit(host, arg);
    return true;
  }
  if (has_mallocs_memory(crypto) && find_room((void *)(uintptr_t)host, &room)) {
    name = (struct open_name){host, room < NAME_SIZE ? room : NAME_SIZE - 1, malloc_least_request(room)};
  } else if (!copy_readable(host, copy, &name)) {
    *ret_is_whole = false;
    return true;
  }
  if (is_likely(&name, likely))
    (void)visit(likely, arg);
  else
    visit_prefixes(&name, visit, arg);
  return true;
}
