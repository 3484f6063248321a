/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Functions of libc that most processes never need from us: they are looked for when they are needed, and so
 * cost nothing before (see text.h).
 */
#ifndef PIN_RARE_H
#define PIN_RARE_H

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* None whose name depends on the width of time_t or off_t: the headers may have another one in mind. */
#define PIN_RARE_FUNCTIONS(X)                                                                                \
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

struct rare {
#define X(name) __typeof__(name) *name;
  PIN_RARE_FUNCTIONS(X)
#undef X
};

/* Finds them all, anew at each call. False: one of them is not there, as in no libc that is known. */
bool rare_bind(struct rare *ret_functions);

#endif
