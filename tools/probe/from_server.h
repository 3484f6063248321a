/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* `pinctl add --from-server`: pins a key that a server shows. */
#ifndef PINCTL_PROBE_FROM_SERVER_H
#define PINCTL_PROBE_FROM_SERVER_H

#include "base/must_use.h"
#include "cli/arguments.h"
#include "edit/dropin.h"

/*
 * Asks the server, shows its chain, and adds the key that --pin or the person at the terminal chooses to the
 * entry. The server is asked on the entry's first port, else on 443. Returns an exit status, having said why
 * no key was chosen.
 */
MUST_USE int from_server_choose(const struct arguments *arguments, struct dropin *wish);

#endif
