/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "config/conf_state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/memory.h"
#include "config/conf_lookup.h"
#include "config/conf_text.h"
#include "config/module_path.h"

#define PROVIDER "pinning"

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

/* As OpenSSL finds it: a name without a slash, and by default the provider's, in the modules directory. */
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
