/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/machine_providers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "base/memory.h"

#define OURS "pinning"

/* Nothing that the configuration's own syntax acts on. */
static bool is_word(const char *text) {
  return *text != '\0' && strpbrk(text, "$\\\"'`#=;[]\r\n") == NULL;
}

/* "1.name", for names that occur twice, is the name. */
static const char *without_number(const char *name) {
  const char *dot = strchr(name, '.');
  return dot != NULL && strspn(name, "0123456789") == (size_t)(dot - name) ? dot + 1 : name;
}

/* By its name, its identity or its file. */
static bool is_ours(const CONF *configuration, const CONF_VALUE *named) {
  const char *identity = NCONF_get_string(configuration, named->value, "identity");
  const char *module = NCONF_get_string(configuration, named->value, "module");
  const char *file = module == NULL ? NULL : strrchr(module, '/');
  file = file == NULL ? module : file + 1;
  return strcmp(without_number(named->name), OURS) == 0 ||
         (identity != NULL && strcmp(identity, OURS) == 0) ||
         (file != NULL && (strcmp(file, OURS) == 0 || strcmp(file, OURS ".so") == 0));
}

/* OpenSSL stops at the first of a list that fails, so each one gets a configuration of its own around the
 * file. */
static void load_one(const char *path, const char *kind, const CONF_VALUE *named) {
  AUTO_TEXT text = must_format("pinctl_conf = pinctl_init\n[pinctl_init]\n%s = pinctl_list\n[pinctl_list]\n"
                               "%s = %s\n[default]\n.include %s\n",
                               kind, named->name, named->value, path);
  BIO *file = BIO_new_mem_buf(text, -1);
  CONF *configuration = NCONF_new(NULL);
  if (file != NULL && configuration != NULL && NCONF_load_bio(configuration, file, NULL) == 1)
    CONF_modules_load(configuration, "pinctl_conf", CONF_MFLAGS_SILENT | CONF_MFLAGS_IGNORE_ERRORS);
  NCONF_free(configuration);
  BIO_free(file);
}

/* kind: "providers" or "engines". */
static void load_list(const CONF *configuration, const char *path, const char *kind) {
  const char *all = NCONF_get_string(configuration, NULL, "openssl_conf");
  const char *list = all == NULL ? NULL : NCONF_get_string(configuration, all, kind);
  const STACK_OF(CONF_VALUE) *values = list == NULL ? NULL : NCONF_get_section(configuration, list);
  for (int i = 0; i < sk_CONF_VALUE_num(values); i++) {
    const CONF_VALUE *named = sk_CONF_VALUE_value(values, i);
    if (is_word(named->name) && is_word(named->value) && !is_ours(configuration, named))
      load_one(path, kind, named);
  }
}

static OSSL_PROVIDER *built_in;

/* Before OpenSSL's own clean-up, which was registered earlier. */
static void unload(void) {
  OSSL_PROVIDER_unload(built_in);
}

/* The first one that is loaded ends the implicit loading of this one; what it has, it is asked for. */
static bool load_built_in(void) {
  built_in = OSSL_PROVIDER_load(NULL, "default");
  return built_in != NULL && atexit(unload) == 0 &&
         EVP_set_default_properties(NULL, "?provider=default") == 1;
}

void machine_providers_load(void) {
  static bool done;
  char *path = done ? NULL : CONF_get1_default_config_file();
  CONF *configuration = path == NULL ? NULL : NCONF_new(NULL);
  done = true;
  ERR_set_mark();
  if (configuration != NULL && is_word(path) && NCONF_load(configuration, path, NULL) == 1 &&
      load_built_in()) {
    OPENSSL_load_builtin_modules();
    load_list(configuration, path, "engines");
    load_list(configuration, path, "providers");
  }
  ERR_pop_to_mark();
  NCONF_free(configuration);
  OPENSSL_free(path);
}
