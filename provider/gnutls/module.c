/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The entry point of pinning-gnutls.so, which the preload shim calls. */
#include <errno.h>
#include <syslog.h>

#include "common/log.h"
#include "common/question.h"
#include "connection.h"
#include "libc_symbol.h"
#include "library.h"

#define VISIBLE __attribute__((visibility("default")))

bool libc_lies_behind(void) {
  return true;
}

VISIBLE __typeof__(pinning_gnutls_attach) pinning_gnutls_attach;

const struct pinning_gnutls *pinning_gnutls_attach(const void *address, const struct pinning_seen *seen) {
  int saved_errno = errno;
  struct library *library;

  question_use_seen(seen);
  library = library_find(address, &connection_calls);
  if (library == NULL) {
    log_line(LOG_CRIT, "event=not-enforced library=gnutls message=\"the functions of this process's GnuTLS "
                       "cannot be found\" consequence=\"every host is refused\"");
    errno = saved_errno;
    return NULL;
  }
  errno = saved_errno;
  return &library->calls;
}
