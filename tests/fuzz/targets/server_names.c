/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * The name that a client puts into its ClientHello, of any bytes, through the real pinning.so: a client that
 * verifies nothing, and a server with a key that no entry accepts. A name that an entry covers must be
 * refused, also with a port after it; a plain host name without an entry must not.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "scene.h"

static STACK_OF(X509) * chain;
static SSL_CTX *context;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  scene_make_keys();
  scene_open(names_policy);
  chain = sk_X509_new_null();
  MUST(chain != NULL &&
       sk_X509_push(chain, scene_certificate(&(struct recipe){.host = "elsewhere.test"})) > 0);
  context = SSL_CTX_new(TLS_client_method());
  MUST(context != NULL);
  return 0;
}

/* Removes the port from "host:port". Returns whether there was one. */
static bool cut_port(char *name) {
  char *colon = strchr(name, ':');
  if (colon == NULL || colon[1] < '1' || colon[1] > '9' || strlen(colon + 1) > 4 ||
      strspn(colon + 1, "0123456789") != strlen(colon + 1))
    return false;
  *colon = '\0';
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *name = fuzz_text(data, size);
  SSL *client = SSL_new(context);
  MUST(client != NULL);
  if (SSL_set_tlsext_host_name(client, name) == 1) {
    bool connected = scene_handshake(client, chain, scene_keys[0]);
    bool covered = !names_has_empty_label(name) && names_entry(name) != NULL;
    MUST(!covered || !connected);
    MUST(covered || !names_is_plain(name) || connected);
    if (cut_port(name) && names_is_plain(name))
      MUST((names_entry(name) != NULL) == !connected);
  }
  SSL_free(client);
  free(name);
  return 0;
}
