/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* The functions of names.h: finds the entry of a name in the simple way. */
#include "names.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#define KEY " pins = [ \"sha256/AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\" ]; },\n"
const char names_policy[] =
    "version = 1;\nhosts = (\n"
    "{ name = \"exact.example\";" KEY "{ name = \"*.wild.example\";" KEY
    "{ name = \"tree.example\"; include_subdomains = true;" KEY "{ name = \"in.tree.example\";" KEY
    "{ name = \"*.in.tree.example\";" KEY "{ name = \"com\"; include_subdomains = true;" KEY
    "{ name = \"xn--bcher-kva.example\";" KEY "{ name = \"192.0.2.1\";" KEY
    "{ name = \"2001:db8::1\"; pins = [ "
    "\"sha256/AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\" ]; } );\n";

static const char *const exact[] = {"exact.example",         "tree.example", "in.tree.example", "com",
                                    "xn--bcher-kva.example", "192.0.2.1",    "2001:db8::1"};
static const char *const wildcards[] = {"*.wild.example", "*.in.tree.example"};
static const char *const trees[] = {"tree.example", "com"};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static size_t length_without_dots(const char *name) {
  size_t length = strlen(name);
  while (length > 0 && name[length - 1] == '.')
    length--;
  return length;
}

bool names_has_empty_label(const char *name) {
  size_t length = length_without_dots(name);
  for (size_t i = 0; i < length; i++)
    if (name[i] == '.' && (i == 0 || name[i - 1] == '.'))
      return true;
  return length == 0;
}

/* Only ASCII case: not what the locale takes for letters. */
static bool equals(const char *text, size_t length, const char *word) {
  if (strlen(word) != length)
    return false;
  for (size_t i = 0; i < length; i++) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z')
      c = (char)(c + ('a' - 'A'));
    if (c != word[i])
      return false;
  }
  return true;
}

/* The address that a program would connect to for this text, in its usual spelling: as getaddrinfo(3) reads
 * it, or between the brackets of a URL. A zone names the interface. */
static bool is_address(const char *name, char ret_text[INET6_ADDRSTRLEN]) {
  struct in6_addr six;
  struct in_addr four;
  size_t length = length_without_dots(name);
  char copy[256];
  if (length > 2 && name[0] == '[' && name[length - 1] == ']') {
    name++;
    length -= 2;
  }
  if (length >= sizeof copy)
    return false;
  memcpy(copy, name, length);
  copy[length] = '\0';
  if (strpbrk(copy, " \t\n\v\f\r") == NULL && inet_aton(copy, &four) != 0)
    return inet_ntop(AF_INET, &four, ret_text, INET6_ADDRSTRLEN) != NULL;
  copy[strcspn(copy, "%")] = '\0';
  if (inet_pton(AF_INET, copy, &four) == 1)
    return inet_ntop(AF_INET, &four, ret_text, INET6_ADDRSTRLEN) != NULL;
  if (inet_pton(AF_INET6, copy, &six) != 1)
    return false;
  if (!IN6_IS_ADDR_V4MAPPED(&six))
    return inet_ntop(AF_INET6, &six, ret_text, INET6_ADDRSTRLEN) != NULL;
  return inet_ntop(AF_INET, &six.s6_addr[12], ret_text, INET6_ADDRSTRLEN) != NULL;
}

const char *names_entry(const char *name) {
  char address[INET6_ADDRSTRLEN];
  if (is_address(name, address))
    name = address;
  const char *end = name + length_without_dots(name), *dot;
  for (size_t i = 0; i < COUNT(exact); i++)
    if (equals(name, (size_t)(end - name), exact[i]))
      return exact[i];
  dot = memchr(name, '.', (size_t)(end - name));
  for (size_t i = 0; dot != NULL && i < COUNT(wildcards); i++)
    if (equals(dot, (size_t)(end - dot), wildcards[i] + 1))
      return wildcards[i];
  for (; dot != NULL; dot = memchr(dot + 1, '.', (size_t)(end - dot - 1)))
    for (size_t i = 0; i < COUNT(trees); i++)
      if (equals(dot + 1, (size_t)(end - dot - 1), trees[i]))
        return trees[i];
  return NULL;
}

bool names_is_plain(const char *name) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  static const char others[] = "0123456789-";
  char address[INET6_ADDRSTRLEN];
  size_t label = 0;
  bool has_letter = false;
  if (strlen(name) > 253 || is_address(name, address))
    return false;
  for (const char *at = name; *at != '\0'; at++) {
    if (*at == '.') {
      if (label == 0)
        return false;
      label = 0;
      has_letter = false;
      continue;
    }
    if (strchr(letters, *at) != NULL)
      has_letter = true;
    else if (strchr(others, *at) == NULL || (*at == '-' && (label == 0 || at[1] == '.' || at[1] == '\0')))
      return false;
    if (++label > 63)
      return false;
  }
  /* The last label of a host name is not a number, which would make it an address. */
  return label > 0 && has_letter;
}
