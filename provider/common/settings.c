/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "settings.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "pinpolicy.h"
#include "text.h"

static _Atomic(char *) configured_policy;
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

const char *settings_policy_path(void) {
  /* secure_getenv: a set-user-ID program must not be steered by the user who starts it. */
  const char *path = secure_getenv("PINNING_POLICY");

  if (path != NULL && *path != '\0')
    return path;
  path = atomic_load(&configured_policy);
  return path != NULL ? path : PIN_DEFAULT_POLICY;
}

bool settings_allow_without_policy(void) {
  return atomic_load(&allow_without_policy);
}

bool settings_debug(void) {
  const char *debug = secure_getenv("PINNING_DEBUG");

  return debug != NULL && strcmp(debug, "1") == 0;
}
