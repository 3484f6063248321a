/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "hello.h"

#define DATAGRAM_MAJOR 0xfe
/* Of what OpenSSL spoke before there was a standard; GnuTLS calls it DTLS 0.9. */
#define OLD_DATAGRAM_MAJOR 0x01
#define RANDOM_SIZE 32
#define SERVER_NAME 0
#define HOST_NAME 0

struct reader {
  const unsigned char *at;
  size_t left;
};

static bool skip(struct reader *reader, size_t size) {
  if (size > reader->left)
    return false;
  reader->at += size;
  reader->left -= size;
  return true;
}

static bool read_number(struct reader *reader, int size, size_t *ret_number) {
  for (*ret_number = 0; size > 0; size--) {
    if (reader->left == 0)
      return false;
    *ret_number = *ret_number << 8 | *reader->at;
    (void)skip(reader, 1);
  }
  return true;
}

/* A vector with a length of so many bytes in front. */
static bool read_vector(struct reader *reader, int size, struct reader *ret_vector) {
  size_t length;

  if (!read_number(reader, size, &length) || length > reader->left)
    return false;
  *ret_vector = (struct reader){reader->at, length};
  return skip(reader, length);
}

/* All that stands before the extensions. */
static bool skip_head(struct reader *reader) {
  bool is_datagram = reader->left > 0 && (*reader->at == DATAGRAM_MAJOR || *reader->at == OLD_DATAGRAM_MAJOR);
  struct reader vector;

  return skip(reader, 2 + RANDOM_SIZE) && read_vector(reader, 1, &vector) &&
         (!is_datagram || read_vector(reader, 1, &vector)) && read_vector(reader, 2, &vector) &&
         read_vector(reader, 1, &vector);
}

static bool read_names(struct reader *extension, const unsigned char **ret_name, size_t *ret_size) {
  struct reader list, name;
  size_t type;

  if (!read_vector(extension, 2, &list))
    return false;
  while (list.left > 0) {
    if (!read_number(&list, 1, &type) || !read_vector(&list, 2, &name))
      return false;
    if (type == HOST_NAME) {
      *ret_name = name.at;
      *ret_size = name.left;
      return true;
    }
  }
  return true;
}

bool hello_server_name(const unsigned char *message, size_t size, const unsigned char **ret_name,
                       size_t *ret_size) {
  struct reader reader = {message, size}, extensions, extension;
  size_t type;

  *ret_name = NULL;
  *ret_size = 0;
  if (!skip_head(&reader))
    return false;
  if (reader.left == 0)
    return true;
  if (!read_vector(&reader, 2, &extensions))
    return false;
  while (extensions.left > 0) {
    if (!read_number(&extensions, 2, &type) || !read_vector(&extensions, 2, &extension))
      return false;
    if (type == SERVER_NAME)
      return read_names(&extension, ret_name, ret_size);
  }
  return true;
}
