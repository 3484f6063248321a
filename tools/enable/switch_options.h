/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* The options that say where "enable" and "disable" work, spelled once. */
#ifndef PINCTL_ENABLE_SWITCH_OPTIONS_H
#define PINCTL_ENABLE_SWITCH_OPTIONS_H

#define SWITCH_OPENSSL_CONF                                                                                  \
  {                                                                                                          \
    .id = OPTION_OPENSSL_CONF, .name = "openssl-conf", .argument = "FILE",                                   \
    .help = "this file instead of OpenSSL's own\n(links are followed)"                                       \
  }
#define SWITCH_PRELOAD                                                                                       \
  {                                                                                                          \
    .id = OPTION_PRELOAD, .name = "preload",                                                                 \
    .help = "/etc/ld.so.preload instead, for programs that\nnever read openssl.cnf"                          \
  }
#define SWITCH_ALL                                                                                           \
  {                                                                                                          \
    .id = OPTION_ALL, .name = "all",                                                                         \
    .help = "openssl.cnf and /etc/ld.so.preload, so programs\nwith GnuTLS too"                               \
  }
#define SWITCH_SYSTEMD                                                                                       \
  { .id = OPTION_SYSTEMD, .name = "systemd", .argument = "UNIT", .help = "only this service, by a drop-in" }
#define SWITCH_ROOT                                                                                          \
  {                                                                                                          \
    .id = OPTION_ROOT, .name = "root", .argument = "DIR",                                                    \
    .help = "the system below this folder: an image, where\nnothing can be tried"                            \
  }

#endif
