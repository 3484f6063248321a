/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "canonical_name.h"

#include "host_name.h"
#include "idn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 1035, 2.3.4: 255 octets including the length octets and the root, so 253 characters of text. */
#define MAX_NAME 253
#define MAX_LABEL 63

static const char why_empty[] =
    "the name is empty; expected a host name, \"*.\" and a host name, or an IP address";
static const char why_url[] = "a URL is no name; expected the host alone, without scheme and path";
static const char why_slash[] = "a name has no \"/\"; expected a host name or a single IP address";
static const char why_port[] =
    "a name has no port; expected the host alone, and ports = [ ... ] in the entry";
static const char why_bracket[] =
    "an IPv6 address is written without brackets; a port goes into ports = [ ... ]";
static const char why_zone[] = "an IPv6 address is written without a zone (\"%...\")";
static const char why_colon[] = "not an IPv6 address; only those have colons";
static const char why_star[] =
    "expected \"*\" only as the whole first label of a host name, as in \"*.example.com\"";
static const char why_label[] = "an empty label; expected text on both sides of each dot";
static const char why_long_label[] = "a label is too long; expected at most 63 characters between dots";
static const char why_long[] = "the name is too long; expected at most 253 characters";
static const char why_byte[] = "expected only letters, digits, hyphens, underscores and dots in a host name";
static const char why_number[] =
    "ends in a number but is no IPv4 address; expected four decimal numbers up to 255";
static const char why_unicode[] =
    "not a name in Unicode; expected UTF-8 that IDNA2008 allows, or the A-labels (xn--...)";
static const char why_no_idn[] =
    "a name in Unicode needs libidn2, which is not installed; expected the A-labels (xn--...)";

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool pin_name_is_unicode(const char *name) {
  for (; *name != '\0'; name++)
    if ((unsigned char)*name >= 0x80)
      return true;
  return false;
}

enum pin_name_kind pin_name_kind_of(const char *canonical) {
  char address[PIN_ADDRESS_TEXT_SIZE];
  if (canonical[0] == '*')
    return PIN_NAME_WILDCARD;
  return pin_address_canonical(canonical, strlen(canonical), address) ? PIN_NAME_ADDRESS : PIN_NAME_HOST;
}

/* Explains a colon in a name that is not an IPv6 address. */
static const char *colon_problem(const char *name, const char *colon) {
  if (strchr(name, '%') != NULL)
    return why_zone;
  return strchr(colon + 1, ':') == NULL && is_digit(colon[1]) ? why_port : why_colon;
}

/* Explains common mistakes better than a message about characters would. NULL: none of them. Not for
 * addresses. */
static const char *familiar_problem(const char *name) {
  if (strstr(name, "://") != NULL)
    return why_url;
  if (strchr(name, '/') != NULL)
    return why_slash;
  if (name[0] == '[')
    return why_bracket;
  const char *colon = strchr(name, ':');
  return colon != NULL ? colon_problem(name, colon) : NULL;
}

static const char *byte_problem(char c) {
  if ((c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_')
    return NULL;
  return c == '*' ? why_star : why_byte;
}

/* Checks a name in lower case that is not empty. NULL: it is valid. */
static const char *label_problem(const char *name) {
  const char *start = name;
  for (const char *p = name;; p++) {
    if (*p == '.' || *p == '\0') {
      if (p == start)
        return why_label;
      if (p - start > MAX_LABEL)
        return why_long_label;
      start = p + 1;
    } else if (byte_problem(*p) != NULL) {
      return byte_problem(*p);
    }
    if (*p == '\0')
      return NULL;
  }
}

/* Whether the last label is a number, decimal or with "0x". Programs take such a name for an IPv4 address,
 * and no such domain exists. */
static bool ends_in_number(const char *name) {
  const char *dot = strrchr(name, '.');
  const char *last = dot != NULL ? dot + 1 : name;
  if (strncmp(last, "0x", 2) == 0)
    return last[2 + strspn(last + 2, "0123456789abcdef")] == '\0';
  return last[strspn(last, "0123456789")] == '\0';
}

/* Copies the name in lower case, without trailing dots. Returns the length; MAX_NAME + 1: too long. */
static size_t fold(const char *name, char ret_folded[MAX_NAME + 1]) {
  size_t length = strlen(name);
  while (length > 0 && name[length - 1] == '.')
    length--;
  if (length > MAX_NAME)
    return MAX_NAME + 1;
  for (size_t i = 0; i < length; i++) {
    char c = name[i];
    ret_folded[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
  }
  ret_folded[length] = '\0';
  return length;
}

static enum pin_status invalid(const char *why, const char **ret_why) {
  *ret_why = why;
  return PIN_INVALID;
}

static enum pin_status give(const char *prefix, const char *name, char **ret_name) {
  return asprintf(ret_name, "%s%s", prefix, name) < 0 ? PIN_NO_MEMORY : PIN_OK;
}

/* For a name in ASCII. name: for a wildcard, what follows its "*.". */
static enum pin_status canonical_ascii(const char *name, bool wildcard, char **ret_name,
                                       const char **ret_why) {
  char folded[MAX_NAME + 1];
  char address[PIN_ADDRESS_TEXT_SIZE];
  size_t length = fold(name, folded);
  if (length == 0)
    return invalid(wildcard ? why_star : why_empty, ret_why);
  if (length <= MAX_NAME && pin_address_canonical(folded, length, address))
    return wildcard ? invalid(why_star, ret_why) : give("", address, ret_name);
  const char *problem = familiar_problem(name);
  if (problem == NULL && length + (wildcard ? 2 : 0) > MAX_NAME)
    problem = why_long;
  if (problem == NULL)
    problem = label_problem(folded);
  if (problem == NULL && ends_in_number(folded))
    problem = why_number;
  return problem != NULL ? invalid(problem, ret_why) : give(wildcard ? "*." : "", folded, ret_name);
}

enum pin_status pin_name_canonical_by(const char *idn_library, const char *name, char **ret_name,
                                      const char **ret_why) {
  *ret_name = NULL;
  *ret_why = NULL;
  bool wildcard = strncmp(name, "*.", 2) == 0;
  const char *base = wildcard ? name + 2 : name;
  if (!pin_name_is_unicode(base))
    return canonical_ascii(base, wildcard, ret_name, ret_why);
  const char *problem = familiar_problem(base);
  if (problem != NULL)
    return invalid(problem, ret_why);

  char *ascii = NULL;
  switch (pin_idn_to_ascii(idn_library, base, &ascii)) {
  case PIN_IDN_NO_LIBRARY:
    return invalid(why_no_idn, ret_why);
  case PIN_IDN_NO_NAME:
    return invalid(why_unicode, ret_why);
  case PIN_IDN_NO_MEMORY:
    return PIN_NO_MEMORY;
  case PIN_IDN_DONE:
    break;
  }
  enum pin_status status = canonical_ascii(ascii, wildcard, ret_name, ret_why);
  free(ascii);
  return status;
}

enum pin_status pin_name_canonical(const char *name, char **ret_name, const char **ret_why) {
  return pin_name_canonical_by(PIN_IDN_LIBRARY, name, ret_name, ret_why);
}
