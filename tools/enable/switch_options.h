/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The options that say where "enable" and "disable" work, spelled once. */
#ifndef PINCTL_ENABLE_SWITCH_OPTIONS_H
#define PINCTL_ENABLE_SWITCH_OPTIONS_H

#define SWITCH_OPENSSL_CONF                                                                                  \
  OPTION(OPENSSL_CONF, "openssl-conf", "FILE", "this file instead of OpenSSL's own\n(links are followed)")
#define SWITCH_PRELOAD                                                                                       \
  FLAG(PRELOAD, "preload", "/etc/ld.so.preload instead, for programs that\nnever read openssl.cnf")
#define SWITCH_ALL FLAG(ALL, "all", "openssl.cnf and /etc/ld.so.preload, so programs\nwith GnuTLS too")
#define SWITCH_SYSTEMD OPTION(SYSTEMD, "systemd", "UNIT", "only this service, by a drop-in")
#define SWITCH_ROOT                                                                                          \
  OPTION(ROOT, "root", "DIR", "the system below this folder: an image, where\nnothing can be tried")

#endif
