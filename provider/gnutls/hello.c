/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "hello.h"

#define STREAM_MAJOR 3
#define DATAGRAM_MAJOR 0xfe
/* The version of DTLS that OpenSSL spoke before there was a standard; GnuTLS calls it DTLS 0.9. */
#define OLD_DATAGRAM_MAJOR 0x01
#define RANDOM_SIZE 32
#define SERVER_NAME 0
#define EARLY_DATA 42
#define USE_SRTP 14
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

/* Reads a vector with a length of `size` bytes in front. */
static bool read_vector(struct reader *reader, int size, struct reader *ret_vector) {
  size_t length;

  if (!read_number(reader, size, &length) || length > reader->left)
    return false;
  *ret_vector = (struct reader){reader->at, length};
  return skip(reader, length);
}

/* Skips everything before the extensions. */
static bool skip_head(struct reader *reader, bool is_datagram) {
  struct reader vector;

  return skip(reader, 2 + RANDOM_SIZE) && read_vector(reader, 1, &vector) &&
         (!is_datagram || read_vector(reader, 1, &vector)) && read_vector(reader, 2, &vector) &&
         read_vector(reader, 1, &vector);
}

static bool read_names(struct reader *extension, struct hello *hello) {
  struct reader list, name;
  size_t type;

  if (!read_vector(extension, 2, &list))
    return false;
  while (list.left > 0) {
    if (!read_number(&list, 1, &type) || !read_vector(&list, 2, &name))
      return false;
    if (type == HOST_NAME) {
      hello->name = name.at;
      hello->name_size = name.left;
      return true;
    }
  }
  return true;
}

static bool read_hello(struct reader reader, bool is_datagram, struct hello *ret_hello) {
  struct reader extensions, extension;
  size_t type;

  *ret_hello = (struct hello){.name = NULL};
  if (!skip_head(&reader, is_datagram))
    return false;
  if (reader.left == 0)
    return true;
  if (!read_vector(&reader, 2, &extensions) || reader.left != 0)
    return false;
  while (extensions.left > 0) {
    if (!read_number(&extensions, 2, &type) || !read_vector(&extensions, 2, &extension))
      return false;
    if (type == SERVER_NAME && !read_names(&extension, ret_hello))
      return false;
    ret_hello->has_early_data = ret_hello->has_early_data || type == EARLY_DATA;
    ret_hello->is_media = ret_hello->is_media || (is_datagram && type == USE_SRTP);
  }
  return true;
}

bool hello_read(const unsigned char *message, size_t size, struct hello *ret_hello) {
  struct reader reader = {message, size};
  bool is_stream = size > 0 && *message == STREAM_MAJOR;
  bool is_datagram = size > 0 && (*message == DATAGRAM_MAJOR || *message == OLD_DATAGRAM_MAJOR);

  if (is_stream || is_datagram)
    return read_hello(reader, is_datagram, ret_hello);
  /* The version is none that exists: a program that tests its server may send one. Try both layouts. */
  return read_hello(reader, true, ret_hello) || read_hello(reader, false, ret_hello);
}
