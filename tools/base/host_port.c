/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "base/host_port.h"

#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netdb.h>

#include "base/memory.h"
#include "pinpolicy.h"

bool port_read(const char *text, uint16_t *ret_port) {
  size_t length = strlen(text);
  if (length == 0 || length > 5 || strspn(text, "0123456789") != length)
    return false;
  unsigned long value = strtoul(text, NULL, 10);
  if (value == 0 || value > UINT16_MAX)
    return false;
  *ret_port = (uint16_t)value;
  return true;
}

bool service_read(const char *text, uint16_t *ret_port) {
  if (port_read(text, ret_port))
    return true;
  const struct servent *service = getservbyname(text, "tcp");
  if (service != NULL)
    *ret_port = ntohs((uint16_t)service->s_port);
  return service != NULL;
}

/* Cuts the text into the host and the port. *ret_port NULL: no port was given. */
static bool split(char *text, char **ret_host, char **ret_port) {
  *ret_host = text;
  *ret_port = NULL;
  char *colon = strchr(text, ':');
  if (*text == '[') {
    char *end = strchr(text, ']');
    if (end == NULL || (end[1] != '\0' && end[1] != ':'))
      return false;
    *ret_host = text + 1;
    *ret_port = end[1] == ':' ? end + 2 : NULL;
    *end = '\0';
  } else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
    *colon = '\0';
    *ret_port = colon + 1;
  }
  return **ret_host != '\0';
}

bool host_and_port_read(const char *text, char **ret_host, uint16_t *ret_port) {
  AUTO_TEXT copy = must_copy(text);
  char *host = NULL;
  char *port_text = NULL;
  uint16_t port = 0;
  if (!split(copy, &host, &port_text) || (port_text != NULL && !port_read(port_text, &port)))
    return false;
  const char *why = NULL;
  if (pin_name_canonical(host, ret_host, &why) != PIN_OK)
    *ret_host = must_copy(host);
  *ret_port = port;
  return true;
}

char *host_and_port_format(const char *host, uint16_t port) {
  return must_format(strchr(host, ':') == NULL ? "%s:%u" : "[%s]:%u", host, port);
}

enum pin_status host_name_read(const char *typed, char **ret_name, const char **ret_why) {
  size_t length = strlen(typed);
  if (length < 2 || typed[0] != '[' || typed[length - 1] != ']')
    return pin_name_canonical(typed, ret_name, ret_why);
  AUTO_TEXT inner = must_format("%.*s", (int)length - 2, typed + 1);
  const char *why = NULL;
  char *name = NULL;
  if (pin_name_canonical(inner, &name, &why) == PIN_OK && strchr(name, ':') != NULL) {
    *ret_name = name;
    return PIN_OK;
  }
  free(name);
  return pin_name_canonical(typed, ret_name, ret_why);
}

char *host_as_covered(const char *host) {
  char *canonical = NULL;
  const char *why = NULL;
  const struct addrinfo numbers = {.ai_flags = AI_NUMERICHOST, .ai_family = AF_INET};
  struct addrinfo *found = NULL;
  char text[INET_ADDRSTRLEN] = "";
  AUTO_TEXT without_zone = must_format("%.*s", (int)strcspn(host, "%"), host);
  bool named = pin_name_canonical(without_zone, &canonical, &why) == PIN_OK;
  if (named && (strcmp(without_zone, host) == 0 || host_is_address(canonical)))
    return canonical;
  free(canonical);
  /* Programs resolve a name with this function, so it decides what is an address. AI_NUMERICHOST: no lookup.
   */
  if (getaddrinfo(host, NULL, &numbers, &found) != 0)
    return must_copy(host);
  const struct sockaddr_in *address = (const void *)found->ai_addr;
  inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
  freeaddrinfo(found);
  return must_copy(text);
}

bool host_is_address(const char *host) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

char *ports_format(const uint16_t *ports, uint32_t count) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = memory_open(&text, &size);
  if (count == 0)
    fputs("any", stream);
  for (uint32_t i = 0; i < count; i++)
    fprintf(stream, "%s%u", i == 0 ? "" : ", ", (unsigned)ports[i]);
  memory_close(stream);
  return text;
}

bool ports_overlap(const uint16_t *a, uint32_t a_count, const uint16_t *b, uint32_t b_count) {
  if (a_count == 0 || b_count == 0)
    return true;
  for (uint32_t i = 0, j = 0; i < a_count && j < b_count;) {
    if (a[i] == b[j])
      return true;
    if (a[i] < b[j])
      i++;
    else
      j++;
  }
  return false;
}

bool ports_equal(const uint16_t *a, uint32_t a_count, const uint16_t *b, uint32_t b_count) {
  return a_count == b_count && (a_count == 0 || memcmp(a, b, a_count * sizeof *a) == 0);
}

static int compare_ports(const void *a, const void *b) {
  return *(const uint16_t *)a - *(const uint16_t *)b;
}

void ports_sort(uint16_t *ports, uint32_t count) {
  qsort(ports, count, sizeof *ports, compare_ports);
}
