/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PINCTL_PROBE_FROM_SERVER_H
#define PINCTL_PROBE_FROM_SERVER_H

#include "base/must_use.h"
#include "cli/arguments.h"
#include "edit/dropin.h"

/*
 * `pinctl add --from-server`: asks the server, shows its chain, and adds to the entry what --pin or the
 * person at the terminal chooses. The server is asked on the entry's first port, else 443. Returns an exit
 * status, having said why nothing was chosen.
 */
MUST_USE int from_server_choose(const struct arguments *arguments, struct dropin *wish);

#endif
