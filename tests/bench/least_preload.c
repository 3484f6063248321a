/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The smallest library that can be preloaded to enforce pins in a program with one shared libcrypto: it loads
 * pinning.so from the path BENCH_MODULE, and does nothing else. The shim is compared with it. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "common/module.h"

__attribute__((constructor)) static void load(void) {
  const char *path = getenv("BENCH_MODULE");
  const void *libcrypto = dlsym(RTLD_DEFAULT, "CRYPTO_new_ex_data");
  void *module = path != NULL && libcrypto != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
  void *symbol = module != NULL ? dlsym(module, "pinning_attach") : NULL;
  __typeof__(pinning_attach) *attach;

  if (symbol == NULL)
    return;
  memcpy(&attach, &symbol, sizeof symbol);
  (void)attach(libcrypto, NULL);
}
