/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * Clients with an allocator that cannot tell how large a block is, and whose blocks have unreadable memory
 * behind them: in OpenSSL 4.0, verified names are not terminated.
 */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE ((size_t)4096)
/* Longer blocks are no names, and may need alignment. */
#define NAME_SIZE 300

/* Stored in a separate page before each block. */
struct header {
  size_t size, mapped;
};

static struct header *header_of(void *block) {
  return (struct header *)(void *)((char *)block - (size_t)block % PAGE - PAGE);
}

static void *allocate(size_t size, const char *file, int line) {
  size_t room = size <= NAME_SIZE ? size + (size == 0) : (size + 15) / 16 * 16;
  size_t pages = (room + PAGE - 1) / PAGE;
  struct header header = {size, (pages + 2) * PAGE};
  char *start = mmap(NULL, header.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  (void)file;
  (void)line;
  if (start == MAP_FAILED || mprotect(start + (pages + 1) * PAGE, PAGE, PROT_NONE) != 0)
    return NULL;
  memcpy(start, &header, sizeof header);
  return start + (pages + 1) * PAGE - room;
}

static void release(void *block, const char *file, int line) {
  struct header *header = block != NULL ? header_of(block) : NULL;

  (void)file;
  (void)line;
  if (header != NULL)
    munmap(header, header->mapped);
}

static void *reallocate(void *block, size_t size, const char *file, int line) {
  size_t before = block != NULL ? header_of(block)->size : 0;
  void *moved = size > 0 ? allocate(size, file, line) : NULL;

  if (moved == NULL && size > 0)
    return NULL;
  if (moved != NULL && before > 0)
    memcpy(moved, block, before < size ? before : size);
  release(block, file, line);
  return moved;
}

static void guard_memory(void) {
  if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
    broken("OpenSSL has asked for memory already");
}

static enum outcome guarded(const struct setup *setup) {
  guard_memory();
  return connect_once(setup);
}

/* The host's name is the last of many that the client accepts. */
static enum outcome guarded_among_many(const struct setup *setup) {
  SSL_CTX *client, *server;
  struct link link;

  guard_memory();
  client = client_context(setup);
  server = server_context(setup);
  link_open_nameless(&link, setup, client, server);
  for (int i = 0; i < 40; i++) {
    char name[64];

    snprintf(name, sizeof name, "n%d.unrelated.example", i);
    SSL_add1_host(link.client, name);
  }
  SSL_add1_host(link.client, setup->host);
  return link_finish(&link, client, server);
}

#define LONG_LABELS "abcdefghijk.abcdefghijk.abcdefghijk.abcdefghijk.abcdefghijk.abcdefghijk.abcdefghijk."
#define PINNED .host = "pinned.test.example"
#define OTHER .host = "other.test.example"
#define CA_PINNED .host = "ca.test.example"

static const struct test_case cases[] = {
    /* clang-format off */
  {"right-key", guarded, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"wrong-key", guarded, {.chain = "bad", PINNED}, WE_REFUSE},
  {"sent/right-key", guarded, {.chain = "good", .sni = "pinned.test.example", PINNED}, ALL_ACCEPT},
  {"sent/wrong-key", guarded, {.chain = "bad", .sni = "pinned.test.example", PINNED}, WE_REFUSE},
  {"issuer/right-key", guarded, {.chain = "good", CA_PINNED}, ALL_ACCEPT},
  {"issuer/wrong-key", guarded, {.chain = "bad", CA_PINNED}, WE_REFUSE},
  {"uncovered", guarded, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true},
  {"uncovered/sent", guarded, {.chain = "bad", .sni = "other.test.example", OTHER}, ALL_ACCEPT, .same_output = true},
  {"uncovered/long", guarded, {.chain = "bad", .host = LONG_LABELS LONG_LABELS "test.example", .unverified = true}, ALL_ACCEPT, .same_output = true},
  {"among-many/right-key", guarded_among_many, {.chain = "good", PINNED}, ALL_ACCEPT},
  {"among-many/wrong-key", guarded_among_many, {.chain = "bad", PINNED}, WE_REFUSE},
  {"among-many/uncovered", guarded_among_many, {.chain = "bad", OTHER}, ALL_ACCEPT, .same_output = true},
    /* clang-format on */
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
