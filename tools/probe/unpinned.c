/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/unpinned.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"

static const char empty_policy[] = "version = 1;\n";

/* Kept open to the end: the policy is read again whenever the module looks whether it changed. */
static int memory_file = -1;

/* What PINNING_POLICY was; NULL: it was not set. */
static char *own_policy;

static bool make_memory_file(void) {
  if (memory_file < 0)
    memory_file = file_in_memory("pinctl-empty-policy", empty_policy);
  if (memory_file < 0)
    say_error("a file in memory: %s", strerror(errno));
  return memory_file >= 0;
}

bool leave_own_pins(void) {
  char path[48];
  if (!make_memory_file())
    return false;
  const char *own = getenv("PINNING_POLICY");
  own_policy = own == NULL ? NULL : must_copy(own);
  snprintf(path, sizeof path, "/proc/self/fd/%d", memory_file);
  return setenv("PINNING_POLICY", path, 1) == 0;
}

void return_to_own_pins(void) {
  if (own_policy == NULL)
    unsetenv("PINNING_POLICY");
  else
    setenv("PINNING_POLICY", own_policy, 1);
  free(own_policy);
  own_policy = NULL;
}
