/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A program that does not use OpenSSL, and loads a plug-in that does, with RTLD_LOCAL or apart from other
 * objects. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#ifdef PATHS_APART
#define NAMESPACE LM_ID_NEWLM
#else
#define NAMESPACE LM_ID_BASE
#endif

/* The plug-in's libraries prefer their own functions to preloaded ones. */
#ifdef PATHS_DEEPLY_BOUND
#define BINDING RTLD_DEEPBIND
#else
#define BINDING 0
#endif

typedef int plugin_main_fn(int linkage, int argc, char **argv);

/* A libssl under another name, which replaces the plug-in's own; "": none. */
static bool load_first(const char *path) {
  return *path == '\0' || dlopen(path, RTLD_NOW | RTLD_LOCAL) != NULL;
}

static int run_plugin(int argc, char **argv) {
  void *plugin =
      load_first(PATHS_FIRST) ? dlmopen(NAMESPACE, PATHS_PLUGIN, RTLD_NOW | RTLD_LOCAL | BINDING) : NULL;
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

/* Whether the plug-in is unloaded when it is no longer used. */
static bool unload(void *object, const char *path) {
  dlclose(object);
  return dlopen(path, RTLD_NOLOAD | RTLD_LAZY) == NULL;
}

/* Loads an object that is no libssl but has a function with such a name; "": none. */
static int run_beside_decoy(int argc, char **argv) {
  void *decoy = *PATHS_DECOY != '\0' ? dlopen(PATHS_DECOY, RTLD_NOW | RTLD_LOCAL) : NULL;
  int status = run_plugin(argc, argv);

  if (*PATHS_DECOY == '\0' || (decoy != NULL && unload(decoy, PATHS_DECOY)))
    return status;
  printf("broken: the decoy %s\noutcome: broken\n", decoy != NULL ? "stays loaded" : "is missing");
  return 2;
}

/* PATHS_TIMES: how often the plug-in is loaded and unloaded. */
int main(int argc, char **argv) {
  int status = run_beside_decoy(argc, argv);

  if (argc > 1 && strcmp(argv[1], "--list") == 0)
    return status;
  for (int i = 1; i < PATHS_TIMES && status == 0; i++)
    status = run_plugin(argc, argv);
  return status;
}
