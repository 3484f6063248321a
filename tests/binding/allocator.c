/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A program with its own malloc, like those that are linked with jemalloc or tcmalloc. Memory that is freed
 * by another allocator than its own ends the process: here, or in libc.
 */
#include "kit.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"

#define VISIBLE __attribute__((visibility("default")))
#define MARK 0x70696e6e696e6721ULL

/* Stored before each block. */
struct head {
  uint64_t mark, size;
};

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *memory);

VISIBLE void *malloc(size_t size) {
  struct head *head = size < SIZE_MAX - sizeof *head ? __libc_malloc(sizeof *head + size) : NULL;

  if (head == NULL)
    return NULL;
  *head = (struct head){MARK, size};
  return head + 1;
}

static struct head *head_of(void *memory) {
  struct head *head = (struct head *)memory - 1;

  if (head->mark != MARK)
    __builtin_trap();
  return head;
}

VISIBLE void free(void *memory) {
  struct head *head = memory != NULL ? head_of(memory) : NULL;

  if (head == NULL)
    return;
  head->mark = 0;
  __libc_free(head);
}

VISIBLE void *calloc(size_t count, size_t size) {
  void *memory = size == 0 || count < SIZE_MAX / size ? malloc(count * size) : NULL;

  return memory != NULL ? memset(memory, 0, count * size) : NULL;
}

VISIBLE void *realloc(void *memory, size_t size) {
  void *moved = malloc(size);
  size_t old_size = memory != NULL ? head_of(memory)->size : 0;

  if (moved == NULL || memory == NULL)
    return moved;
  memcpy(moved, memory, old_size < size ? old_size : size);
  free(memory);
  return moved;
}

VISIBLE size_t malloc_usable_size(void *memory) {
  return memory != NULL ? head_of(memory)->size : 0;
}

static enum outcome with_text(const struct setup *setup) {
  enum outcome outcome;

  replace_policy("unicode");
  outcome = connect_once(setup);
  use_policy("broken");
  if (connect_once(setup) != outcome)
    broken("the last good policy is not in force");
  use_policy("unicode");
  if (connect_once(setup) != outcome)
    broken("the same policy says something else");
  if (strcmp(getenv("PATHS_WAY"), "without") != 0 && dlopen("libidn2.so.0", RTLD_NOLOAD | RTLD_LAZY) == NULL)
    broken("nobody used libidn2");
  return outcome;
}

static const struct test_case cases[] = {
    {"allocator/right-key", with_text, {.chain = "good", PINNED}, ALL_ACCEPT},
    {"allocator/wrong-key", with_text, {.chain = "bad", PINNED}, WE_REFUSE},
    {"allocator/uncovered", with_text, {.chain = "bad", OTHER}, ALL_ACCEPT},
};

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
