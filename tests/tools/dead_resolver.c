/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
/*
 * For LD_PRELOAD: a resolver that is dead for pinctl scan. A question for addresses without a port, as scan
 * asks to learn all addresses of a name, never returns; libcurl asks with a port and is answered. The look-up
 * of a user's name never returns either. When it is asked, it makes the file $PINNING_ASKED, or opens the
 * FIFO of that name.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((noreturn)) static void never_answer(void) {
  const char *mark = getenv("PINNING_ASKED");
  if (mark != NULL)
    close(open(mark, O_CREAT | O_WRONLY, 0600));
  for (;;)
    pause();
}

__attribute__((visibility("default"))) int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
  int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;
  *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  if (service != NULL)
    return real(node, service, hints, found);
  never_answer();
}

__attribute__((visibility("default"))) struct passwd *getpwuid(uid_t user) {
  (void)user;
  never_answer();
}
