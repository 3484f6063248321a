/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* No memory for the table of OpenSSL's functions, in the middle of a process that has enough for all else. */
#include "kit.h"

#include <link.h>
#include <stdbool.h>
#include <string.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define OPEN .unverified = true, .untrusting = true

/* Smaller than each of the tables. */
#define LARGE 200

static bool starving;

extern void *__libc_calloc(size_t count, size_t size);

static bool is_of_module(void *address) {
  struct dl_find_object found;

  return _dl_find_object(address, &found) == 0 && strstr(found.dlfo_link_map->l_name, "/pinning.so") != NULL;
}

/* Stands in for libc's in the whole process. */
__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
  if (starving && count * size >= LARGE && is_of_module(__builtin_return_address(0)))
    return NULL;
  return __libc_calloc(count, size);
}

static enum outcome starve(const struct setup *setup) {
  SSL_CTX *client = client_context(setup), *server = server_context(setup);
  enum outcome outcome;

  starving = true;
  outcome = connect_with(setup, client, server);
  starving = false;
  SSL_CTX_free(client);
  SSL_CTX_free(server);
  return outcome;
}

/* OpenSSL reads its configuration when the first context is made; the provider then fails to load. */
static enum outcome starve_at_load(const struct setup *setup) {
  starving = true;
  return starve(setup);
}

static const struct test_case cases[] = {
    /* clang-format off */
  {"starved/right-key", starve, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"starved/uncovered", starve, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"starved/wrong-key", starve, {.chain = "bad", PINNED}, WE_REFUSE},
  {"starved/wrong-key-none", starve, {.chain = "bad", PINNED, OPEN}, WE_REFUSE},
  {"starved/at-load/right-key", starve_at_load, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"starved/at-load/uncovered", starve_at_load, {.chain = "bad", OTHER}, ALL_ACCEPT},
  {"starved/at-load/wrong-key", starve_at_load, {.chain = "bad", PINNED}, WE_REFUSE},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
