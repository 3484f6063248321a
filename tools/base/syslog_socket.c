/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/syslog_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"

char *syslog_socket_trouble(void) {
  static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SYSLOG_SOCKET};
  int error = 0;
  for (size_t i = 0; i < COUNT_OF(types); i++) {
    int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
    bool connected = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    error = connected ? 0 : errno;
    if (fd >= 0)
      close(fd);
    if (connected)
      return NULL;
    /* EPROTOTYPE: the socket is of the other type. */
    if (error != EPROTOTYPE)
      break;
  }
  return must_format("%s: %s", SYSLOG_SOCKET, strerror(error));
}
