/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#ifndef PINCTL_PROBE_MACHINE_PROVIDERS_H
#define PINCTL_PROBE_MACHINE_PROVIDERS_H

/*
 * Loads the providers and engines that this machine's openssl.cnf activates into OpenSSL's default context,
 * once, so that a server is spoken to with all that programs here know; pinning alone is left out, and each
 * one that cannot be loaded is passed over. Nothing else of that file applies to pinctl.
 */
void machine_providers_load(void);

#endif
