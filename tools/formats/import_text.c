/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/import.h"

#include <iconv.h>
#include <string.h>

#include "base/memory.h"
#include "cli/output.h"

/* Files that their owner takes for a text of a format, but which are in a binary form. */
static const struct {
  const char *bytes;
  size_t length;
  const char *message;
} binaries[] = {
    {"bplist", 6,
     "is a binary property list; expected the XML form (plutil -convert xml1 FILE, or plistutil -i FILE)"},
    {"\x03\x00\x08\x00", 4,
     "is compiled Android XML; expected its source (apktool d APP.apk, or aapt2 dump xmltree)"},
    {"PK\x03\x04", 4, "is an archive; expected the file in it that holds the pins"},
};

static bool begins(const char *text, size_t length, const char *bytes, size_t count) {
  return length >= count && memcmp(text, bytes, count) == 0;
}

static bool is_binary(const struct conversion *conversion, const char *text, size_t length) {
  for (size_t i = 0; i < COUNT_OF(binaries); i++) {
    if (!begins(text, length, binaries[i].bytes, binaries[i].length))
      continue;
    say_error("%s: %s", conversion->path, binaries[i].message);
    return true;
  }
  return false;
}

/* Returns false if the text is not what its byte order mark says. `in` points behind the mark. */
static bool convert_utf16(const char *encoding, char *in, size_t length, char **ret_text,
                          size_t *ret_length) {
  /* Two bytes become at most three. */
  size_t room = length / 2 * 3 + 1;
  char *text = must_alloc(room, 1);
  char *out = text;
  size_t left = room - 1;
  iconv_t converter = iconv_open("UTF-8", encoding);
  bool good = converter != (iconv_t)-1 && iconv(converter, &in, &length, &out, &left) != (size_t)-1;
  if (converter != (iconv_t)-1)
    iconv_close(converter);
  if (!good) {
    free(text);
    return false;
  }
  *ret_text = text;
  *ret_length = (size_t)(out - text);
  return true;
}

/* Turns CRLF, and the single CR of old systems, into newlines. */
static size_t unify_line_ends(char *text, size_t length) {
  size_t kept = 0;
  for (size_t i = 0; i < length; i++) {
    bool is_pair = text[i] == '\r' && text[i + 1] == '\n';
    if (!is_pair)
      text[kept++] = text[i] == '\r' ? '\n' : text[i];
  }
  text[kept] = '\0';
  return kept;
}

static bool decode(char **text, size_t *length) {
  const char *encoding = begins(*text, *length, "\xff\xfe", 2)   ? "UTF-16LE"
                         : begins(*text, *length, "\xfe\xff", 2) ? "UTF-16BE"
                                                                 : NULL;
  char *decoded = NULL;
  if (encoding == NULL)
    return true;
  if (!convert_utf16(encoding, *text + 2, *length - 2, &decoded, length))
    return false;
  free(*text);
  *text = decoded;
  return true;
}

bool import_text_decode(char **text, size_t *length) {
  if (!decode(text, length))
    return false;
  if (memchr(*text, '\0', *length) != NULL)
    return true;
  if (begins(*text, *length, "\xef\xbb\xbf", 3)) {
    *length -= 3;
    memmove(*text, *text + 3, *length + 1);
  }
  *length = unify_line_ends(*text, *length);
  return true;
}

bool import_text_prepare(struct conversion *conversion, char **text, size_t length) {
  if (is_binary(conversion, *text, length))
    return false;
  if (!import_text_decode(text, &length))
    return say_error("%s: begins with the byte order mark of UTF-16, and is not UTF-16", conversion->path);
  if (memchr(*text, '\0', length) != NULL)
    return say_error("%s: holds a NUL; expected text", conversion->path);
  conversion->length = length;
  conversion->text = *text;
  return true;
}
