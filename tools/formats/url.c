/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "formats/url.h"

#include <string.h>

#include "base/host_port.h"
#include "base/memory.h"

bool url_read(const char *url, char **ret_host, uint16_t *ret_port, bool *ret_has_path) {
  const char *scheme = strstr(url, "://");
  const char *start = scheme == NULL ? url : scheme + 3;
  size_t length = strcspn(start, "/?#");
  AUTO_TEXT authority = must_copy_bytes(start, length);
  const char *user = strrchr(authority, '@');
  const char *host = user == NULL ? authority : user + 1;
  bool bracketed = *host == '[';
  const char *end = bracketed ? strchr(host, ']') : host + strcspn(host, ":");
  *ret_port = 0;
  *ret_has_path = start[length] != '\0' && strcmp(start + length, "/") != 0;
  if (end == NULL || end == host)
    return false;
  const char *port = end + (bracketed ? 1 : 0);
  if (*port != '\0' && (*port != ':' || (port[1] != '\0' && !port_read(port + 1, ret_port))))
    return false;
  *ret_host = must_copy_bytes(host + (bracketed ? 1 : 0), (size_t)(end - host) - (bracketed ? 1 : 0));
  return true;
}
