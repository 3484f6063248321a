/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "monitor/recording.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/output.h"
#include "cli/result.h"

/* "DIRECTORY/HOST_PORT.pem"; a canonical name or address has no slash. For free(3). */
static char *recording_path(const char *directory, const struct watch_host *host) {
  return must_format("%s/%s_%u.pem", directory, host->host, host->port);
}

/* NULL: no memory. */
static char *pem_text(const struct objects *shown) {
  BIO *bio = BIO_new(BIO_s_mem());
  bool good = bio != NULL;
  char *bytes = NULL;
  for (size_t i = 0; good && i < shown->count; i++)
    good = PEM_write_bio_X509(bio, shown->items[i].certificate) == 1;
  long length = good ? BIO_get_mem_data(bio, &bytes) : 0;
  char *text = length > 0 ? must_copy_bytes(bytes, (size_t)length) : NULL;
  BIO_free(bio);
  return text;
}

bool recording_write(const char *directory, const struct watch_host *host, const struct objects *shown) {
  AUTO_TEXT path = recording_path(directory, host);
  AUTO_TEXT text = pem_text(shown);
  bool was_there = access(path, F_OK) == 0;
  int error = text == NULL ? ENOMEM : file_replace(path, text);
  if (error != 0)
    say_error("%s: %s%s", path, strerror(error), root_remedy(error));
  else
    result_file(path, was_there ? "changed" : "made");
  return error == 0;
}

void recording_read(const char *directory, const struct watch_host *host, X509_STORE *store,
                    struct probe_result *ret_result) {
  AUTO_TEXT path = recording_path(directory, host);
  struct objects *shown = &ret_result->certificates;
  *ret_result = (struct probe_result){0};
  if (access(path, R_OK) != 0) {
    ret_result->error = must_format("%s: %s", path, strerror(errno));
    return;
  }
  bool good = objects_read(path, shown);
  for (size_t i = 0; good && i < shown->count; i++)
    good = shown->items[i].certificate != NULL;
  ret_result->shown = shown->count;
  if (!good || !chain_prove_in(store, shown, host->host, &ret_result->chain))
    ret_result->error = must_format("%s: expected a recorded chain of certificates", path);
}
