/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "edit/policy_stamp.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "base/file.h"
#include "base/memory.h"
#include "pinpolicy.h"
#include "view/compiled_form.h"

static int is_dropin(const struct dirent *entry) {
  return dropin_name_is_read(entry->d_name);
}

/* Not by the language of whoever runs it. */
static int by_bytes(const struct dirent **a, const struct dirent **b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

/* No inode: a policy that is copied with its times is the same. */
static void stamp_file(FILE *stream, const char *path) {
  struct stat status;
  if (stat(path, &status) == 0)
    fprintf(stream, "%s %" PRIdMAX " %" PRIdMAX ".%09ld\n", path_base(path), (intmax_t)status.st_size,
            (intmax_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

char *policy_stamp(const char *policy) {
  AUTO_TEXT directory = path_directory(policy);
  AUTO_TEXT dropins = must_format("%s/policy.d", directory);
  AUTO_TEXT text = NULL;
  size_t size = 0;
  struct dirent **entries = NULL;
  struct pin_digest digest = {{0}};
  char word[PIN_DIGEST_TEXT_SIZE];
  FILE *stream = memory_open(&text, &size);
  stamp_file(stream, policy);
  int count = scandir(dropins, &entries, is_dropin, by_bytes);
  for (int i = 0; i < count; i++) {
    AUTO_TEXT path = must_format("%s/%s", dropins, entries[i]->d_name);
    stamp_file(stream, path);
    free(entries[i]);
  }
  free(entries);
  memory_close(stream);
  EVP_Digest(text, size, digest.bytes, NULL, EVP_sha256(), NULL);
  pin_digest_format(&digest, word);
  return must_copy(word);
}
