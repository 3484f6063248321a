/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "library.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "common/object.h"

struct library libraries[MAX_LIBRARIES];

/* A function, and where struct library keeps it. */
struct binding {
  const char *name;
  size_t offset;
};

#define X(name) {#name, offsetof(struct library, name)},
static const struct binding early[] = {GNUTLS_EARLY_FUNCTIONS(X)};
static const struct binding late[] = {GNUTLS_LATE_FUNCTIONS(X)};
#undef X

static bool bind_all(struct library *library, const struct binding *bindings, size_t count) {
  void *handle = atomic_load(&library->handle), *symbol;

  for (size_t i = 0; i < count; i++) {
    if (!elf_symbol(&library->tables, bindings[i].name, &symbol) || symbol == NULL)
      symbol = dlsym(handle, bindings[i].name);
    if (symbol == NULL)
      return false;
    memcpy((char *)library + bindings[i].offset, &symbol, sizeof symbol);
  }
  return true;
}

/* Binds the early functions once. False: another thread is doing it and does not finish. */
static bool bind_early(struct library *library, const void *address, const struct pinning_gnutls *calls) {
  enum claim_result result = claim_take(&library->claim);
  struct object object;

  if (result == CLAIM_IS_OURS) {
    if (object_find(address, &object))
      library->tables = elf_tables_of(object.map, object.start, object.end);
    library->calls = *calls;
    library->usable = bind_all(library, early, sizeof early / sizeof early[0]);
    claim_finish(&library->claim);
  }
  return result != CLAIM_HANGS;
}

struct library *library_find(const void *address, const struct pinning_gnutls *calls) {
  void *handle = object_open(address);

  if (handle == NULL)
    return NULL;
  for (int i = 0; i < MAX_LIBRARIES; i++) {
    struct library *library = &libraries[i];
    void *claimed = atomic_load(&library->handle);

    if (claimed == NULL && atomic_compare_exchange_strong(&library->handle, &claimed, handle))
      claimed = handle;
    if (claimed == handle)
      return bind_early(library, address, calls) && library->usable ? library : NULL;
  }
  return NULL;
}

/* If two threads bind at once, both write the same. */
bool library_bind_late(struct library *library) {
  if (atomic_load_explicit(&library->late_bound, memory_order_acquire))
    return true;
  if (!bind_all(library, late, sizeof late / sizeof late[0]))
    return false;
  atomic_store_explicit(&library->late_bound, true, memory_order_release);
  return true;
}

gnutls_x509_trust_list_t library_system_trust(struct library *library) {
  gnutls_x509_trust_list_t list = atomic_load(&library->system_trust), expected = NULL;

  if (list != NULL)
    return list;
  if (library->gnutls_x509_trust_list_init(&list, 0) < 0)
    return NULL;
  if (library->gnutls_x509_trust_list_add_system_trust(list, 0, 0) < 0) {
    library->gnutls_x509_trust_list_deinit(list, 1);
    return NULL;
  }
  /* Another thread may have read it at the same time. */
  if (atomic_compare_exchange_strong(&library->system_trust, &expected, list))
    return list;
  library->gnutls_x509_trust_list_deinit(list, 1);
  return expected;
}
