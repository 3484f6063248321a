/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The smallest TLS program: makes one SSL_CTX and exits. With the argument "memory" it prints its private
 * memory in KiB before that, and waits for the end of its standard input. */
#include <stdio.h>
#include <string.h>

#include <openssl/ssl.h>

#include "memory.h"

int main(int argc, char **argv) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());

  if (context == NULL)
    return 1;
  if (argc > 1 && strcmp(argv[1], "memory") == 0) {
    printf("%ld\n", private_memory());
    stay_until_end_of_input();
  }
  SSL_CTX_free(context);
  return 0;
}
