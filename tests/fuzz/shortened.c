/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * shortened HOW FORM GOOD BAD ROOT NAME TEXT: a process that keeps verifying two chains, of which the policy
 * accepts GOOD and refuses BAD, while its compiled form FORM is changed in place. Nobody should do that, but
 * restores, editors and full disks do. TEXT says whether the text of the policy is "sound" or "broken"; with
 * a sound one, nothing that it accepts may be refused. If something is wrong, the process dies of a signal,
 * or prints it and exits with 1.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

static const char *form;
static char *form_bytes;
static size_t form_size;
static bool text_is_sound;

static STACK_OF(X509) * good, *bad;
static X509_STORE *store;
static const char *host;

_Noreturn __attribute__((format(printf, 1, 2))) static void fail(const char *format, ...) {
  va_list args;

  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  putchar('\n');
  exit(1);
}

static STACK_OF(X509) * read_chain(const char *path) {
  STACK_OF(X509) *chain = sk_X509_new_null();
  FILE *file = fopen(path, "re");
  X509 *certificate;

  while (file != NULL && (certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL)
    sk_X509_push(chain, certificate);
  if (file == NULL || sk_X509_num(chain) == 0)
    fail("%s: no chain", path);
  fclose(file);
  return chain;
}

static bool accepts(STACK_OF(X509) * chain) {
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  bool ok = X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain) == 1 &&
            X509_VERIFY_PARAM_set1_host(X509_STORE_CTX_get0_param(context), host, 0) == 1 &&
            X509_verify_cert(context) == 1;

  X509_STORE_CTX_free(context);
  return ok;
}

/* good_must: whether the right key has to be accepted. */
static void check(const char *when, size_t detail, bool good_must) {
  if (accepts(bad))
    fail("%s %zu: the wrong key is accepted", when, detail);
  if (!accepts(good) && good_must)
    fail("%s %zu: the right key is refused", when, detail);
}

/* ---- The file ---- */

static void read_form(void) {
  FILE *file = fopen(form, "re");

  if (file == NULL || fseek(file, 0, SEEK_END) != 0)
    fail("%s: cannot be read", form);
  form_size = (size_t)ftell(file);
  form_bytes = malloc(form_size);
  rewind(file);
  if (form_bytes == NULL || fread(form_bytes, 1, form_size, file) != form_size)
    fail("%s: cannot be read", form);
  fclose(file);
}

static void put_in_place(const char *bytes, size_t size) {
  int fd = open(form, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

  if (fd < 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size || ftruncate(fd, (off_t)size) != 0)
    fail("cannot write");
  close(fd);
}

static void put_beside(void) {
  char beside[4096];
  FILE *file;

  snprintf(beside, sizeof beside, "%s.beside", form);
  file = fopen(beside, "we");
  if (file == NULL || fwrite(form_bytes, 1, form_size, file) != form_size || fclose(file) != 0 ||
      rename(beside, form) != 0)
    fail("cannot write");
}

/* ---- Ways to change it ---- */

static void every_length(void) {
  size_t step = form_size / 150 / 8 * 8 + 8;

  check("at first", 0, true);
  for (size_t size = 0; size < form_size; size += step) {
    if (truncate(form, (off_t)size) != 0)
      fail("cannot truncate");
    check("shortened to", size, text_is_sound);
    put_in_place(form_bytes, form_size);
  }
  if (truncate(form, 0) != 0)
    fail("cannot truncate");
  check("shortened to", 0, text_is_sound);
  put_in_place(form_bytes, form_size);
  check("restored to", form_size, true);
}

static void other_contents(void) {
  char *rubbish = calloc(1, 2 * form_size);

  if (rubbish == NULL)
    fail("no memory");
  check("at first", 0, true);
  put_in_place(rubbish, form_size);
  check("zeros", form_size, text_is_sound);
  memcpy(rubbish, form_bytes, form_size);
  put_in_place(rubbish, 2 * form_size);
  check("grown to", 2 * form_size, text_is_sound);
  memset(rubbish + form_size / 2, 0x55, form_size / 2);
  put_in_place(rubbish, form_size);
  check("half of it", form_size, text_is_sound);
  unlink(form);
  check("unlinked", 0, text_is_sound);
  put_beside();
  check("replaced", 0, true);
  free(rubbish);
}

static void disturb(void) {
  for (unsigned i = 0;; i++) {
    size_t at = (size_t)i * 7919 * 8 % form_size;

    if (truncate(form, (off_t)at) != 0)
      put_beside();
    put_in_place(form_bytes, form_size);
    if (i % 16 == 15)
      put_beside();
  }
}

static void all_the_time(void) {
  time_t end = time(NULL) + 4;
  pid_t child = fork();
  unsigned long rounds = 0;

  if (child == 0) {
    disturb();
    _exit(1);
  }
  while (time(NULL) < end) {
    check("all the time, round", rounds, text_is_sound);
    rounds++;
  }
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  put_beside();
  /* Long enough for the next look at the policy. */
  nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 200000000}, NULL);
  check("afterwards", 0, true);
  if (rounds < 10)
    fail("only %lu rounds", rounds);
}

/* Nothing changes; but as long as the text is broken, each look reads it again. */
static void several_looks(void) {
  for (size_t look = 0; look < 4; look++) {
    check("look", look, text_is_sound);
    nanosleep(&(struct timespec){.tv_nsec = 700000000}, NULL);
  }
}

/* ---- Programs that close or replace descriptors ---- */

#define FILLED 300

static struct stat filled_with;

/* The program's own descriptors get the numbers of ours. */
static void take_all_descriptors(void) {
  int fd;

  for (fd = 3; fd < 1024; fd++)
    close(fd);
  fd = open("/proc/self/exe", O_RDONLY);
  if (fd != 3 || fstat(fd, &filled_with) != 0)
    fail("no descriptor");
  while (fd < FILLED)
    fd = dup(3);
}

static void check_descriptors(const char *when) {
  struct stat status;

  for (int fd = 3; fd <= FILLED; fd++)
    if (fstat(fd, &status) != 0 || status.st_ino != filled_with.st_ino || status.st_dev != filled_with.st_dev)
      fail("%s: descriptor %d of the program is gone", when, fd);
}

static int count_descriptors(void) {
  int count = 0;

  for (int fd = 0; fd < 1024; fd++)
    count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

/* Makes the form look older than the text, so that the text is used instead. */
static void touch_text(void) {
  char path[4096];

  snprintf(path, sizeof path, "%.*spolicy.cfg", (int)(strrchr(form, '/') + 1 - form), form);
  if (utimensat(AT_FDCWD, path, NULL, 0) != 0)
    fail("%s: cannot be touched", path);
}

static void descriptors(void) {
  int before, fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

  check("at first", 0, true);
  /* The program's lowest descriptors are those that it would have without pinning. */
  if (dup(fd) != fd + 1)
    fail("a low descriptor is taken");
  take_all_descriptors();
  check("descriptors taken", 0, true);
  check_descriptors("after a lookup");
  for (int i = 0; i < 3; i++) {
    touch_text();
    nanosleep(&(struct timespec){.tv_nsec = 700000000}, NULL);
    check("after a change", (size_t)i, true);
    check_descriptors("after a change");
  }
  before = count_descriptors();
  for (int i = 0; i < 3; i++) {
    put_in_place(form_bytes, form_size / 2);
    check("damaged", (size_t)i, text_is_sound);
    put_beside();
    nanosleep(&(struct timespec){.tv_nsec = 700000000}, NULL);
    check("mended", (size_t)i, true);
  }
  if (count_descriptors() > before + 1)
    fail("%d descriptors have become %d", before, count_descriptors());
}

/* As daemons do; afterwards nothing of the file system is left. taken: the program uses the numbers for
 * itself by then. */
static void confine(bool taken) {
  char folder[4096];

  if (geteuid() != 0)
    return;
  /* This opens the policy, but leads to no answer that would be cached. */
  SSL_CTX_free(SSL_CTX_new(TLS_client_method()));
  if (taken)
    take_all_descriptors();
  else
    for (int fd = 3; fd < 1024; fd++)
      close(fd);
  snprintf(folder, sizeof folder, "%.*sempty", (int)(strrchr(form, '/') + 1 - form), form);
  if (mkdir(folder, 0755) != 0 || chroot(folder) != 0 || chdir("/") != 0)
    fail("no chroot");
  for (size_t i = 0; i < 3; i++) {
    check("confined", i, true);
    nanosleep(&(struct timespec){.tv_nsec = 700000000}, NULL);
  }
  if (taken)
    check_descriptors("confined");
}

static void closed_in_chroot(void) {
  confine(false);
}

static void taken_in_chroot(void) {
  confine(true);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(void);
  } ways[] = {{"lengths", every_length},        {"contents", other_contents},
              {"always", all_the_time},         {"looks", several_looks},
              {"descriptors", descriptors},     {"closed-chroot", closed_in_chroot},
              {"taken-chroot", taken_in_chroot}};

  if (argc != 8)
    return 2;
  form = argv[2];
  good = read_chain(argv[3]);
  bad = read_chain(argv[4]);
  store = X509_STORE_new();
  host = argv[6];
  text_is_sound = strcmp(argv[7], "sound") == 0;
  if (X509_STORE_load_file(store, argv[5]) != 1)
    fail("no root");
  read_form();
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
    if (strcmp(argv[1], ways[i].name) == 0)
      ways[i].run();
  puts("done");
  return 0;
}
