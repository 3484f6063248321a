/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "settings.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "pinpolicy.h"
#include "text.h"

static _Atomic(char *) configured_policy;
/* The environment variables as they were at the first look, because a program may change them in another
 * thread at any time. NULL: not looked at yet; "": not set. */
static _Atomic(char *) policy_of_environment, debug_of_environment;
static atomic_bool allow_without_policy;

void settings_configure(const char *policy, const char *on_policy_error) {
  char *expected = NULL, *copy;

  if (on_policy_error != NULL && strcmp(on_policy_error, "allow") == 0)
    atomic_store(&allow_without_policy, true);
  if (policy == NULL || *policy == '\0' || atomic_load(&configured_policy) != NULL)
    return;
  copy = text_copy(policy);
  if (copy != NULL && !atomic_compare_exchange_strong(&configured_policy, &expected, copy))
    free(copy);
}

/* The variable as it was at the first call; NULL: not set, or empty. */
static const char *from_environment(const char *name, _Atomic(char *) *known) {
  char *text = atomic_load(known), *nobody = NULL;
  const char *value;

  if (text == NULL) {
    /* A set-user-ID program must not be steered by the user who starts it. */
    value = secure_getenv(name);
    text = text_copy(value != NULL ? value : "");
    /* Without memory it is read again at the next call. */
    if (text == NULL)
      return value != NULL && *value != '\0' ? value : NULL;
    if (!atomic_compare_exchange_strong(known, &nobody, text)) {
      free(text);
      text = nobody;
    }
  }
  return *text != '\0' ? text : NULL;
}

const char *settings_policy_path(void) {
  const char *path = from_environment("PINNING_POLICY", &policy_of_environment);

  if (path != NULL)
    return path;
  path = atomic_load(&configured_policy);
  return path != NULL ? path : PIN_DEFAULT_POLICY;
}

bool settings_allow_without_policy(void) {
  return atomic_load(&allow_without_policy);
}

bool settings_debug(void) {
  const char *debug = from_environment("PINNING_DEBUG", &debug_of_environment);

  return debug != NULL && strcmp(debug, "1") == 0;
}
