/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A program that knows nothing of OpenSSL, and loads a plug-in that does, out of everybody else's sight. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef int plugin_main_fn(int linkage, int argc, char **argv);

static int run_plugin(int argc, char **argv) {
  void *plugin = dlopen(PATHS_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  void *symbol = plugin != NULL ? dlsym(plugin, "linked_main") : NULL;
  plugin_main_fn *plugin_main;
  int status;

  if (symbol == NULL) {
    printf("broken: %s\noutcome: broken\n", dlerror());
    return 2;
  }
  memcpy(&plugin_main, &symbol, sizeof symbol);
  status = plugin_main(0, argc, argv);
  dlclose(plugin);
  return status;
}

/* PATHS_TIMES: how often the plug-in comes and goes. */
int main(int argc, char **argv) {
  int status = run_plugin(argc, argv);

  if (argc > 1 && strcmp(argv[1], "--list") == 0)
    return status;
  for (int i = 1; i < PATHS_TIMES && status == 0; i++)
    status = run_plugin(argc, argv);
  return status;
}
