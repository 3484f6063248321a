/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A pinning-gnutls.so of another version than the shim: the real module, which reports one function more or
 * fewer.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#include "common/gnutls_module.h"

__attribute__((visibility("default"))) __typeof__(pinning_gnutls_attach) pinning_gnutls_attach;

const struct pinning_gnutls *pinning_gnutls_attach(const void *address, const struct pinning_seen *seen) {
  void *module = dlopen(GNUTLS_MODULE, RTLD_NOW | RTLD_LOCAL);
  void *symbol = module != NULL ? dlsym(module, "pinning_gnutls_attach") : NULL;
  __typeof__(pinning_gnutls_attach) *attach;
  const struct pinning_gnutls *calls;
  size_t size = sizeof *calls;

  if (symbol == NULL)
    return NULL;
  memcpy(&attach, &symbol, sizeof attach);
  calls = attach(address, seen);
  if (calls == NULL)
    return NULL;
  size = (size_t)((long)size + FUNCTIONS_MORE * (long)sizeof(void (*)(void)));
  /* It is in writable memory of the module, and may not be anywhere else. */
  memcpy((void *)(uintptr_t)&calls->size, &size, sizeof size);
  return calls;
}
