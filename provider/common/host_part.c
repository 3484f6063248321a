/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "host_part.h"

#include <string.h>

#include "host_name.h"

/* Characters of host names, with underscore and star. A name in Unicode is sent and certified as A-labels. */
static bool is_host_byte(char byte) {
  static const char others[] = "-_.*";

  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         memchr(others, byte, sizeof others - 1) != NULL;
}

bool host_part_is_name(const char *name) {
  bool has_label = false;

  for (; *name != '\0'; name++) {
    if (!is_host_byte(*name))
      return false;
    has_label = has_label || *name != '.';
  }
  return has_label;
}

bool host_part_is_localhost(const char *name) {
  static const char localhost[] = "localhost";
  const size_t size = sizeof localhost - 1;
  size_t length = strlen(name);

  while (length > 0 && name[length - 1] == '.')
    length--;
  return length >= size && (length == size || name[length - size - 1] == '.') &&
         pin_name_equal(name + length - size, localhost, size);
}

bool host_part_is_address(const char *name) {
  struct pin_host_name host;

  pin_host_name_read(name, pin_name_no_key, &host);
  return host.is_address;
}

uint16_t host_part_port(const char *text) {
  uint32_t port = 0;

  if (*text == '\0')
    return 0;
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9')
      return 0;
    port = 10 * port + (uint32_t)(*text - '0');
    if (port > UINT16_MAX)
      return 0;
  }
  return (uint16_t)port;
}

/* Finds where the host begins in "scheme://user@host". */
static const char *skip_to_host(const char *text) {
  const char *found = strstr(text, "://");
  size_t length;

  if (found != NULL)
    text = found + strlen("://");
  while (*text == ' ' || *text == '\t')
    text++;
  length = strcspn(text, "/?#");
  found = memrchr(text, '@', length);
  return found != NULL ? found + 1 : text;
}

/* Reads texts such as "[2001:db8::1]:443", "host:443", "https://host/path" and " host ". */
bool host_part_read(const char *name, struct host_part *ret_part) {
  const char *start = skip_to_host(name);
  size_t length = strcspn(start, "/?# \t\r\n");
  char *text = ret_part->text, *colon;

  if (length == 0 || length >= sizeof ret_part->text)
    return false;
  memcpy(text, start, length);
  text[length] = '\0';
  ret_part->port = 0;
  ret_part->is_all = start == name && name[length] == '\0';
  colon = strrchr(text, ':');
  /* Colons in brackets, and those of an IPv6 address without brackets, do not begin a port. */
  if (colon == NULL || strchr(colon, ']') != NULL || (*text != '[' && strchr(text, ':') != colon))
    return true;
  ret_part->port = host_part_port(colon + 1);
  ret_part->is_all = ret_part->is_all && ret_part->port != 0;
  *colon = '\0';
  return *text != '\0';
}
