/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 *   gnutls-cases FILE [MODULE]
 *
 * Verifies every case of the file (see case_file.h) with gnutls_x509_trust_list_verify_crt2(3), and prints a
 * line for each with all that a program can notice: id, verdict, return value, status, and the arguments of
 * the callback that sees each certificate. Before that, it makes a ClientHello that goes nowhere. Fails if
 * MODULE is given and not loaded by then, because the comparison would mean nothing.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

enum kind { TRUSTED, UNTRUSTED, PEER, CRL, KINDS };

static const char *const kind_words[KINDS] = {"trusted", "untrusted", "peer", "crl"};

/* One case as text. GnuTLS may be unable to read some of its certificates. */
struct test {
  char *id;
  char *name; /* NULL: none */
  gnutls_vdata_types_t name_type;
  bool is_client;
  char *pem[KINDS]; /* all of a kind; NULL: none */
};

static time_t now;

static time_t clock_of_the_case(time_t *ret_now) {
  if (ret_now != NULL)
    *ret_now = now;
  return now;
}

static void *must_have(void *memory) {
  if (memory != NULL)
    return memory;
  fputs("gnutls-cases: out of memory\n", stderr);
  exit(EXIT_FAILURE);
}

/* ---- Reading ---- */

/* Adds a line, and all that follow until the end of the block. */
static void read_pem(FILE *file, char **pem) {
  size_t size = 0, length = *pem != NULL ? strlen(*pem) : 0;
  char *line = NULL;
  bool is_end = false;

  while (!is_end && getline(&line, &size, file) > 0) {
    size_t more = strlen(line);

    *pem = must_have(realloc(*pem, length + more + 1));
    memcpy(*pem + length, line, more + 1);
    length += more;
    is_end = strncmp(line, "-----END", 8) == 0;
  }
  free(line);
}

static void set_name(struct test *test, const char *value, gnutls_vdata_types_t type) {
  free(test->name);
  test->name = must_have(strdup(value));
  test->name_type = type;
}

static bool read_setting(FILE *file, const char *word, const char *value, struct test *test) {
  for (int kind = 0; kind < KINDS; kind++) {
    if (strcmp(word, kind_words[kind]) == 0) {
      read_pem(file, &test->pem[kind]);
      return true;
    }
  }
  if (strcmp(word, "time") == 0)
    now = (time_t)strtoll(value, NULL, 10);
  else if (strcmp(word, "for") == 0)
    test->is_client = strcmp(value, "client") == 0;
  else if (strcmp(word, "host") == 0)
    set_name(test, value, GNUTLS_DT_DNS_HOSTNAME);
  else if (strcmp(word, "ip") == 0)
    set_name(test, value, GNUTLS_DT_IP_ADDRESS);
  else if (strcmp(word, "email") == 0)
    set_name(test, value, GNUTLS_DT_RFC822NAME);
  else
    return strcmp(word, "depth") == 0;
  return true;
}

/* False: there are no more cases. */
static bool read_case(FILE *file, struct test *test) {
  char *line = NULL, *value;
  size_t size = 0;
  bool is_end = false;

  *test = (struct test){.id = NULL};
  while (!is_end && getline(&line, &size, file) > 0) {
    line[strcspn(line, "\n")] = '\0';
    value = line + strcspn(line, " ");
    if (*value != '\0')
      *value++ = '\0';
    is_end = strcmp(line, "end") == 0;
    if (strcmp(line, "case") == 0)
      test->id = must_have(strdup(value));
    else if (!is_end && !read_setting(file, line, value, test)) {
      fprintf(stderr, "gnutls-cases: %s\n", line);
      exit(EXIT_FAILURE);
    }
  }
  free(line);
  return is_end;
}

static void clear_case(struct test *test) {
  free(test->id);
  free(test->name);
  for (int kind = 0; kind < KINDS; kind++)
    free(test->pem[kind]);
}

/* ---- Verifying ---- */

static gnutls_datum_t pem_of(const struct test *test, enum kind kind) {
  const char *pem = test->pem[kind];

  return (gnutls_datum_t){(unsigned char *)(size_t)pem, pem != NULL ? (unsigned)strlen(pem) : 0};
}

static int make_trust(const struct test *test, gnutls_x509_trust_list_t trust) {
  gnutls_datum_t trusted = pem_of(test, TRUSTED), crls = pem_of(test, CRL);

  return gnutls_x509_trust_list_add_trust_mem(trust, trusted.data != NULL ? &trusted : NULL,
                                              crls.data != NULL ? &crls : NULL, GNUTLS_X509_FMT_PEM, 0, 0);
}

/* What the callback below received, for all certificates of one case. Larger than any case needs. */
static char seen[65536];
static size_t seen_length;

static int see(gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer, gnutls_x509_crl_t crl,
               unsigned status) {
  int written = snprintf(seen + seen_length, sizeof seen - seen_length, " %d/%d/%x", issuer != NULL,
                         crl != NULL, status);

  (void)certificate;
  if (written > 0 && (size_t)written < sizeof seen - seen_length)
    seen_length += (size_t)written;
  return 0;
}

/* The names that the peer must have; the address is written to the second. */
static unsigned describe_peer(const struct test *test, gnutls_typed_vdata_st data[2],
                              unsigned char address[16]) {
  bool is_long = test->name != NULL && strchr(test->name, ':') != NULL;

  data[0] = (gnutls_typed_vdata_st){
      GNUTLS_DT_KEY_PURPOSE_OID,
      (unsigned char *)(size_t)(test->is_client ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER), 0};
  if (test->name == NULL)
    return 1;
  data[1] = (gnutls_typed_vdata_st){test->name_type, (unsigned char *)test->name, 0};
  if (test->name_type != GNUTLS_DT_IP_ADDRESS)
    return 2;
  data[1].data = address;
  data[1].size = is_long ? 16 : 4;
  return inet_pton(is_long ? AF_INET6 : AF_INET, test->name, address) == 1 ? 2 : 1;
}

static int import_peer(const struct test *test, gnutls_x509_crt_t **ret_list, unsigned *ret_count) {
  gnutls_datum_t peer = pem_of(test, PEER), untrusted = pem_of(test, UNTRUSTED), both;
  int result;

  both.size = peer.size + untrusted.size;
  both.data = must_have(malloc(both.size + 1));
  memcpy(both.data, peer.data, peer.size);
  if (untrusted.size > 0)
    memcpy(both.data + peer.size, untrusted.data, untrusted.size);
  result = gnutls_x509_crt_list_import2(ret_list, ret_count, &both, GNUTLS_X509_FMT_PEM, 0);
  free(both.data);
  return result;
}

static int verify_peer(const struct test *test, gnutls_x509_trust_list_t trust, unsigned *ret_status) {
  gnutls_typed_vdata_st data[2];
  unsigned char address[16];
  gnutls_x509_crt_t *list;
  unsigned count;
  int result = import_peer(test, &list, &count);

  if (result < 0)
    return result;
  result = gnutls_x509_trust_list_verify_crt2(trust, list, count, data, describe_peer(test, data, address), 0,
                                              ret_status, see);
  for (unsigned i = 0; i < count; i++)
    gnutls_x509_crt_deinit(list[i]);
  gnutls_free(list);
  return result;
}

static void verify(const struct test *test) {
  gnutls_x509_trust_list_t trust;
  unsigned status = 0;
  int result;

  seen_length = 0;
  seen[0] = '\0';
  if (gnutls_x509_trust_list_init(&trust, 0) < 0)
    must_have(NULL);
  result = make_trust(test, trust);
  if (result >= 0)
    result = verify_peer(test, trust, &status);
  printf("%s\t%d\t%d\t%x\t%s\n", test->id, result >= 0 && status == 0, result, status, seen);
  gnutls_x509_trust_list_deinit(trust, 1);
}

/* ---- The ClientHello before all cases ---- */

static ssize_t push(gnutls_transport_ptr_t transport, const void *data, size_t size) {
  (void)transport;
  (void)data;
  (void)size;
  errno = EPIPE;
  return -1;
}

static bool greet_nobody(void) {
  gnutls_certificate_credentials_t credentials;
  gnutls_session_t session;

  if (gnutls_init(&session, GNUTLS_CLIENT) < 0 || gnutls_certificate_allocate_credentials(&credentials) < 0 ||
      gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials) < 0 ||
      gnutls_set_default_priority(session) < 0)
    return false;
  gnutls_transport_set_push_function(session, push);
  gnutls_server_name_set(session, GNUTLS_NAME_DNS, "nobody.invalid", strlen("nobody.invalid"));
  if (gnutls_handshake(session) >= 0)
    return false;
  gnutls_deinit(session);
  gnutls_certificate_free_credentials(credentials);
  return true;
}

static bool is_loaded(const char *module) {
  FILE *file = fopen("/proc/self/maps", "re");
  char *line = NULL;
  size_t size = 0;
  bool found = false;

  while (file != NULL && getline(&line, &size, file) > 0)
    found = found || strstr(line, module) != NULL;
  free(line);
  if (file != NULL)
    fclose(file);
  return found;
}

int main(int argc, char **argv) {
  struct test test;
  FILE *file;

  if (argc != 2 && argc != 3)
    return 2;
  file = fopen(argv[1], "re");
  if (file == NULL || !greet_nobody() || (argc == 3 && !is_loaded(argv[2]))) {
    fprintf(stderr, "gnutls-cases: there is no %s\n", file == NULL || argc != 3 ? argv[1] : argv[2]);
    return EXIT_FAILURE;
  }
  gnutls_global_set_time_function(clock_of_the_case);
  while (read_case(file, &test)) {
    verify(&test);
    clear_case(&test);
  }
  fclose(file);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
