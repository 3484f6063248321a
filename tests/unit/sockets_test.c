/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/* How many descriptors of a process are looked at. The process is simulated, because few may open that many.
 */
#include "common/sockets.h"

#include <errno.h>
#include <string.h>

#include "common/libc_functions.h"
#include "runner.h"

static int open_descriptors, asked;

/* Without /proc. */
static int open_nothing(const char *path, int flags, ...) {
  (void)path;
  (void)flags;
  return -1;
}

static DIR *open_no_folder(const char *path) {
  (void)path;
  return NULL;
}

static long allow_all(int name) {
  (void)name;
  return 1L << 20;
}

static int tell_open(struct pollfd *descriptors, nfds_t count, int timeout) {
  (void)timeout;
  for (nfds_t i = 0; i < count; i++)
    descriptors[i].revents = (short)(descriptors[i].fd < open_descriptors ? 0 : POLLNVAL);
  return 0;
}

/* Replaces the function of libc_functions.c. */
bool libc_functions_bind(struct libc_functions *ret_functions) {
  memset(ret_functions, 0, sizeof *ret_functions);
  ret_functions->open = open_nothing;
  ret_functions->opendir = open_no_folder;
  ret_functions->sysconf = allow_all;
  ret_functions->poll = tell_open;
  return true;
}

/* The linker uses this instead of libc's function: no socket is connected. */
int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *size);

int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *size) {
  (void)fd;
  (void)address;
  (void)size;
  asked++;
  errno = ENOTCONN;
  return -1;
}

static bool visit(int fd, const struct socket_peer *peer, void *arg) {
  (void)fd;
  (void)peer;
  (void)arg;
  return true;
}

static void looks_at_so_many(void) {
  open_descriptors = SOCKETS_MAX;
  asked = 0;
  CU_ASSERT_TRUE(sockets_visit(visit, NULL, NULL));
  CU_ASSERT_EQUAL(asked, 32768);
}

static void and_says_so_of_more(void) {
  open_descriptors = SOCKETS_MAX + 1;
  asked = 0;
  CU_ASSERT_FALSE(sockets_visit(visit, NULL, NULL));
  CU_ASSERT_EQUAL(asked, 32768);
}

int main(void) {
  static const struct unit_test tests[] = {
      {"looks at so many", looks_at_so_many}, {"and says so of more", and_says_so_of_more}, {NULL, NULL}};
  static const struct unit_suite suite = {"sockets", NULL, NULL, tests};

  return unit_run(&suite);
}
