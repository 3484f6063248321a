/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A program without GnuTLS that loads a plug-in with GnuTLS, with RTLD_LOCAL. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
  void *plugin = dlopen(GNUTLS_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  void *symbol = plugin != NULL ? dlsym(plugin, "sessions_main") : NULL;
  int (*sessions_main)(int, char **);

  if (symbol == NULL) {
    puts("outcome: broken");
    return 1;
  }
  memcpy(&sessions_main, &symbol, sizeof symbol);
  return sessions_main(count, arguments);
}
