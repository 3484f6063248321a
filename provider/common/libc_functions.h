/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Functions of libc that we need in few processes. They are looked up when needed, so other processes pay
 * nothing for them (see text.h). */
#ifndef PIN_LIBC_FUNCTIONS_H
#define PIN_LIBC_FUNCTIONS_H

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* No function whose name depends on the width of time_t or off_t: the headers may mean another one. */
#define PIN_LIBC_FUNCTIONS(X)                                                                                \
  X(close)                                                                                                   \
  X(closedir)                                                                                                \
  X(getpid)                                                                                                  \
  X(getsockname)                                                                                             \
  X(getsockopt)                                                                                              \
  X(getuid)                                                                                                  \
  X(open)                                                                                                    \
  X(opendir)                                                                                                 \
  X(poll)                                                                                                    \
  X(prctl)                                                                                                   \
  X(process_vm_readv)                                                                                        \
  X(read)                                                                                                    \
  X(readdir64)                                                                                               \
  X(readlink)                                                                                                \
  X(sendmsg)                                                                                                 \
  X(socket)                                                                                                  \
  X(sysconf)                                                                                                 \
  X(write)

struct libc_functions {
#define X(name) __typeof__(name) *name;
  PIN_LIBC_FUNCTIONS(X)
#undef X
};

/* Finds all of them, at each call. False: one is missing, which is so in no known libc. */
bool libc_functions_bind(struct libc_functions *ret_functions);

#endif
