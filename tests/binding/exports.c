/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * A program that exports a function for every name that our libraries, and those that they bring, import or
 * define. A call from one of them ends the process; a call from any other object reaches the real function.
 * stubs.py writes the functions themselves.
 */
#include "kit.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"
/* In policy-unicode.cfg this name is "bücher.test.example". */
#define UNICODE .sni = "xn--bcher-kva.test.example", .host = "xn--bcher-kva.test.example"

#define MAX_NAMES 8192

extern const char *const exported_names[];
extern const uint64_t exported_names_count;

/* The functions call this, with the registers of their callers saved. */
void *exported_check(uint32_t number, const void *caller);

static _Atomic(void *) originals[MAX_NAMES];

/* Written out here, because the functions of libc are the program's own. */
static bool ends_with(const char *text, const char *part) {
  const char *at = text;

  for (; *at != '\0'; at++) {
    const char *one = at, *other = part;

    while (*other != '\0' && *one == *other) {
      one++;
      other++;
    }
    if (*other == '\0')
      return true;
  }
  return false;
}

static bool is_ours(const char *path) {
  static const char *const ours[] = {"/pinning.so",      "/libpinning-preload.so",
                                     "/libpinpolicy.so", "/libconfig.so",
                                     "/libidn2.so",      "/libunistring.so"};

  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
    if (ends_with(path, ours[i]))
      return true;
  }
  return false;
}

static void say(const char *text) {
  size_t length = 0;

  while (text[length] != '\0')
    length++;
  (void)!syscall(SYS_write, STDERR_FILENO, text, length);
}

static const char *path_of(const void *address) {
  static _Atomic(void *) known;
  __typeof__(_dl_find_object) *find;
  void *symbol = atomic_load(&known), *key = (void *)(uintptr_t)address;
  struct dl_find_object found;

  if (symbol == NULL) {
    symbol = dlsym(RTLD_NEXT, "_dl_find_object");
    atomic_store(&known, symbol);
  }
  find = (__typeof__(find))(uintptr_t)symbol;
  return find(key, &found) == 0 ? found.dlfo_link_map->l_name : "";
}

static int nothing(void) {
  return 0;
}

void *exported_check(uint32_t number, const void *caller) {
  const char *path = path_of(caller);
  void *original = atomic_load(&originals[number]);

  if (is_ours(path)) {
    say(path);
    say(" calls the program's ");
    say(exported_names[number]);
    say("\n");
    __builtin_trap();
  }
  if (original != NULL)
    return original;
  original = dlsym(RTLD_NEXT, exported_names[number]);
  if (original == NULL)
    original = (void *)(uintptr_t)nothing;
  atomic_store(&originals[number], original);
  return original;
}

/* ---- Cases ---- */

/* Whether an object with this name is loaded, from any folder. */
static bool is_loaded(const char *name) {
  return dlopen(name, RTLD_NOLOAD | RTLD_LAZY) != NULL;
}

static bool enforced(void) {
  return strcmp(getenv("PATHS_WAY"), "without") != 0;
}

static void compile_policy(void) {
  const char *pinctl = getenv("PATHS_PINCTL"), *policy = getenv("PATHS_POLICY");
  int status;
  pid_t child = fork();

  if (child == 0) {
    unsetenv("LD_PRELOAD");
    execl(pinctl, pinctl, "compile", "--policy", policy, (char *)NULL);
    _exit(127);
  }
  if (waitpid(child, &status, 0) != child || status != 0)
    broken("pinctl compile ends with status %#x", (unsigned)status);
}

static enum outcome by_text(const struct setup *setup) {
  enum outcome outcome = connect_once(setup);

  if (enforced() && !is_loaded("libpinpolicy.so.0"))
    broken("nobody read the text");
  return outcome;
}

static enum outcome by_compiled_form(const struct setup *setup) {
  enum outcome outcome;

  compile_policy();
  outcome = connect_once(setup);
  if (is_loaded("libpinpolicy.so.0"))
    broken("the text was read");
  return outcome;
}

/* The name in Unicode needs libidn2. */
static enum outcome by_unicode(const struct setup *setup) {
  enum outcome outcome;

  replace_policy("unicode");
  outcome = connect_once(setup);
  if (enforced() && !is_loaded("libidn2.so.0"))
    broken("nobody used libidn2");
  return outcome;
}

static enum outcome after_edit(const struct setup *setup) {
  (void)connect_once(&(struct setup){.chain = "good", PINNED});
  use_policy("unicode");
  return connect_once(setup);
}

/* Changes from the compiled form to the text, and back. */
static enum outcome after_edit_of_compiled(const struct setup *setup) {
  enum outcome outcome;

  compile_policy();
  (void)connect_once(&(struct setup){.chain = "good", PINNED});
  use_policy("unicode");
  outcome = connect_once(setup);
  compile_policy();
  use_policy("unicode");
  compile_policy();
  if (connect_once(setup) != outcome)
    broken("the compiled form says something else");
  return outcome;
}

static enum outcome after_mistake(const struct setup *setup) {
  (void)connect_once(&(struct setup){.chain = "good", PINNED});
  use_policy("broken");
  return connect_once(setup);
}

/* clang-format off */
#define THREE(way, run) \
  {way "/right-key", run, {.chain = "good", PINNED}, ALL_ACCEPT}, \
  {way "/wrong-key", run, {.chain = "bad", PINNED}, WE_REFUSE}, \
  {way "/wrong-key-none", run, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, WE_REFUSE}, \
  {way "/wrong-key-socket", run, {.chain = "bad", .transport = SOCKET}, WE_REFUSE}, \
  {way "/uncovered", run, {.chain = "bad", OTHER}, ALL_ACCEPT}
static const struct test_case cases[] = {
    THREE("text", by_text),
    THREE("compiled", by_compiled_form),
    THREE("unicode", by_unicode),
    THREE("edit", after_edit),
    THREE("edit-of-compiled", after_edit_of_compiled),
    THREE("mistake", after_mistake),
    {"unicode/wrong-key-unicode", by_unicode, {.chain = "bad", UNICODE, .unverified = true}, WE_REFUSE},
};
/* clang-format on */

int main(int argc, char **argv) {
  if (exported_names_count > MAX_NAMES)
    broken("too many names");
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
