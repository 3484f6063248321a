/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "config/conf_state.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>
#include <openssl/conf.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "base/child.h"
#include "base/memory.h"
#include "cli/output.h"
#include "config/conf_lookup.h"
#include "config/installation.h"

/*
 * ---- The configuration in OpenSSL ----
 *
 * Tested in a child process: loading a configuration runs the modules that it names, and pinctl must not get
 * their hooks or crash with them.
 */

#define PROVIDER "pinning"
/* Loading takes milliseconds; a module that hangs must not block pinctl. */
#define TRY_SECONDS 10

/* Reads the parameters by which pinning.so describes itself. */
static int describe_provider(OSSL_PROVIDER *provider, void *arg) {
  const char *version = NULL;
  const char *generation = NULL;
  int status = 0;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_ptr(OSSL_PROV_PARAM_VERSION, (char **)(uintptr_t)&version, 0),
      OSSL_PARAM_construct_utf8_ptr("policy-generation", (char **)(uintptr_t)&generation, 0),
      OSSL_PARAM_construct_int(OSSL_PROV_PARAM_STATUS, &status),
      OSSL_PARAM_construct_end(),
  };
  if (strcmp(OSSL_PROVIDER_get0_name(provider), PROVIDER) != 0 ||
      OSSL_PROVIDER_get_params(provider, parameters) != 1)
    return 1;
  json_object_object_add(arg, "hooked", json_object_new_boolean(status == 1));
  json_object_object_add(arg, "version", json_text_or_null(version));
  json_object_object_add(arg, "generation", json_text_or_null(generation));
  return 1;
}

static bool has_digests(OSSL_LIB_CTX *context) {
  EVP_MD *sha256 = context == NULL ? NULL : EVP_MD_fetch(context, "SHA2-256", NULL);
  bool found = sha256 != NULL;
  EVP_MD_free(sha256);
  return found;
}

/* OpenSSL ignores a provider that it cannot load, so the dynamic linker is asked. */
static json_object *loading_error(const char *module) {
  void *handle = dlopen(module, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL)
    return json_text(dlerror());
  bool is_provider = dlsym(handle, "OSSL_provider_init") != NULL;
  return json_text(is_provider ? "it refuses to start" : "it is not an OpenSSL provider");
}

static json_object *why_not_active(const struct openssl_state *state, bool loaded) {
  AUTO_TEXT error = loaded ? NULL : openssl_error_text();
  if (error == NULL && state->activated && state->module_present)
    return loading_error(state->module);
  return json_text_or_null(error);
}

static _Noreturn void try_in_child(const struct openssl_state *state, int answer) {
  alarm(TRY_SECONDS);
  json_object *json = json_object_new_object();
  OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
  bool loaded = context != NULL && OSSL_LIB_CTX_load_config(context, state->configuration) == 1;
  bool active = context != NULL && OSSL_PROVIDER_available(context, PROVIDER) == 1;
  bool default_active = context != NULL && OSSL_PROVIDER_available(context, "default") == 1;
  json_object_object_add(json, "error", active ? NULL : why_not_active(state, loaded));
  json_object_object_add(json, "active", json_object_new_boolean(active));
  json_object_object_add(json, "default", json_object_new_boolean(default_active));
  /* Before any algorithm is fetched: then pinning ends its activation. */
  if (active)
    OSSL_PROVIDER_do_all(context, describe_provider, json);
  json_object_object_add(json, "digests", json_object_new_boolean(has_digests(context)));
  const char *text = json_object_to_json_string(json);
  size_t length = strlen(text);
  /* Without exit handlers: they belong to the parent's streams and to the modules. */
  _exit(write(answer, text, length) == (ssize_t)length ? 0 : 1);
}

static char *text_member(json_object *json, const char *name) {
  json_object *member = NULL;
  if (!json_object_object_get_ex(json, name, &member) || member == NULL)
    return NULL;
  return must_copy(json_object_get_string(member));
}

static bool flag_member(json_object *json, const char *name) {
  json_object *member = NULL;
  return json_object_object_get_ex(json, name, &member) && json_object_get_boolean(member) != 0;
}

static void take_answer(const char *text, struct openssl_state *state) {
  json_object *json = json_tokener_parse(text);
  if (json == NULL)
    return;
  state->tried = true;
  state->active = flag_member(json, "active");
  state->hooked = flag_member(json, "hooked");
  state->default_active = flag_member(json, "default");
  state->has_digests = flag_member(json, "digests");
  state->version = text_member(json, "version");
  state->generation = text_member(json, "generation");
  state->load_error = text_member(json, "error");
  json_object_put(json);
}

/* The answer is one short write, so it arrives in one piece. */
static void read_answer(int fd, struct openssl_state *state) {
  char text[16384];
  ssize_t length = 0;
  do
    length = read(fd, text, sizeof text - 1);
  while (length < 0 && errno == EINTR);
  if (length <= 0)
    return;
  text[length] = '\0';
  take_answer(text, state);
}

/* Sets the part from OpenSSL. */
static void openssl_state_try(struct openssl_state *state) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0)
    return;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0)
    try_in_child(state, pipe_ends[1]);
  close(pipe_ends[1]);
  if (child > 0) {
    read_answer(pipe_ends[0], state);
    child_wait(child);
  }
  close(pipe_ends[0]);
}

/* ---- The configuration in the file ---- */

static char *copy_or_null(const char *text) {
  return text == NULL ? NULL : must_copy(text);
}

static void read_section(const CONF *conf, const char *section, struct openssl_state *state) {
  state->named = true;
  state->activated = openssl_text_setting(conf, section, "activate") != NULL;
  state->policy = copy_or_null(openssl_text_setting(conf, section, "policy"));
  state->on_policy_error = copy_or_null(openssl_text_setting(conf, section, "on_policy_error"));
  state->module = copy_or_null(openssl_text_setting(conf, section, "module"));
}

static enum nodejs_reach read_nodejs(const CONF *conf) {
  struct openssl_found found = openssl_look(conf, NODEJS_START);
  if (!found.pinning_active)
    return NODEJS_NOT_REACHED;
  const char *module = openssl_text_setting(conf, found.pinning, "module");
  return module != NULL && *module == '/' ? NODEJS_REACHED : NODEJS_OF_SYSTEM;
}

static void read_configuration(struct openssl_state *state) {
  CONF *conf = NCONF_new(NULL);
  long line = 0;
  if (conf == NULL || NCONF_load(conf, state->configuration, &line) != 1) {
    state->unreadable = line > 0 ? must_format("line %ld is not understood", line)
                                 : must_copy(ERR_reason_error_string(ERR_peek_last_error()));
    NCONF_free(conf);
    return;
  }
  const char *section = openssl_look(conf, OPENSSL_START).pinning;
  if (section != NULL)
    read_section(conf, section, state);
  state->nodejs = read_nodejs(conf);
  NCONF_free(conf);
}

/* Finds the module as OpenSSL does: a name without a slash, by default the provider's, is in the modules
 * folder. */
static void find_module(struct openssl_state *state) {
  const char *directory = secure_getenv("OPENSSL_MODULES");
  if (directory == NULL)
    directory = OPENSSL_info(OPENSSL_INFO_MODULES_DIR);
  char *named = state->module;
  state->module_by_path = named != NULL && *named == '/';
  if (named == NULL)
    state->module = must_format("%s/" PROVIDER ".so", directory);
  else if (*named != '/')
    state->module = must_format("%s/%s%s", directory, named, strstr(named, ".so") == NULL ? ".so" : "");
  else
    state->module = module_path_here(named);
  free(named);
  state->module_present = access(state->module, R_OK) == 0;
}

void openssl_state_read(struct openssl_state *ret_state) {
  *ret_state = (struct openssl_state){0};
  char *file = CONF_get1_default_config_file();
  ret_state->configuration = must_copy(file == NULL ? "" : file);
  OPENSSL_free(file);
  if (access(ret_state->configuration, R_OK) != 0)
    ret_state->unreadable = must_copy("it cannot be opened");
  else
    read_configuration(ret_state);
  find_module(ret_state);
  openssl_state_try(ret_state);
  ERR_clear_error();
}

void openssl_state_clear(struct openssl_state *state) {
  free(state->configuration);
  free(state->unreadable);
  free(state->policy);
  free(state->on_policy_error);
  free(state->module);
  free(state->version);
  free(state->generation);
  free(state->load_error);
  *state = (struct openssl_state){0};
}
