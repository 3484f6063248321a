/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The text of a policy that was read: had back from the compiled form where the files are lost. */
#ifndef PINCTL_EDIT_POLICY_TEXT_H
#define PINCTL_EDIT_POLICY_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include "view/entry_text.h"

/*
 * One main file that means the same. What the compiled form does not keep is gone: comments between entries,
 * names of pin sets, which file an entry stood in. For free(3).
 */
char *policy_text(const struct pin_policy *policy, const struct entries *entries);

/* The setting `ports` of an entry, in a line of its own; nothing where there are none. */
void policy_text_ports(FILE *stream, const uint16_t *ports, uint32_t count);

#endif
