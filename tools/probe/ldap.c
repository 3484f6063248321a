/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */
#include "probe/ldap.h"

#include <openssl/asn1.h>

#define MESSAGE_ID 1

/* RFC 4511: the application tag of an ExtendedResponse, and two result codes. */
#define EXTENDED_RESPONSE 24
#define RESULT_SUCCESS 0
#define RESULT_PROTOCOL_ERROR 2

const unsigned char ldap_start_tls[LDAP_START_TLS_SIZE] = {
    0x30, 29,                  /* LDAPMessage */
    0x02, 1,   MESSAGE_ID,     /* messageID */
    0x77, 24,  0x80,       22, /* ExtendedRequest, its requestName */
    '1',  '.', '3',        '.', '6', '.', '1', '.', '4', '.', '1',
    '.',  '1', '4',        '6', '6', '.', '2', '0', '0', '3', '7'};

/* Active Directory writes every length in four bytes. */
#define MOST_LENGTH_BYTES 4

int ldap_missing(const unsigned char *answer, size_t have) {
  if (have > 0 && answer[0] != (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED))
    return -1;
  if (have < 2)
    return (int)(2 - have);
  size_t length_bytes = (answer[1] & 0x80) != 0 ? answer[1] & 0x7fu : 0;
  if (length_bytes > MOST_LENGTH_BYTES)
    return -1;
  size_t head = 2 + length_bytes;
  if (have < head)
    return (int)(head - have);
  size_t length = length_bytes == 0 ? answer[1] : 0;
  for (size_t i = 0; i < length_bytes; i++)
    length = length << 8 | answer[2 + i];
  if (length == 0 || length > LDAP_MOST_BYTES - head)
    return -1;
  return (int)(head + length - have);
}

/* Enters, or passes over, an object of this tag; false: there is another. */
static bool take(const unsigned char **at, const unsigned char *end, int tag, int tag_class,
                 long *ret_length) {
  int found_tag = 0;
  int found_class = 0;
  int flags = ASN1_get_object(at, ret_length, &found_tag, &found_class, end - *at);
  return (flags & 0x80) == 0 && found_tag == tag && found_class == tag_class;
}

/* The value of a number of one byte; -1: there is none. */
static int take_number(const unsigned char **at, const unsigned char *end, int tag) {
  long length = 0;
  if (!take(at, end, tag, V_ASN1_UNIVERSAL, &length) || length != 1)
    return -1;
  return *(*at)++;
}

const char *ldap_refusal(const unsigned char *answer, size_t length) {
  const unsigned char *at = answer;
  const unsigned char *end = answer + length;
  long inner = 0;
  if (!take(&at, end, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, &inner) ||
      take_number(&at, end, V_ASN1_INTEGER) != MESSAGE_ID ||
      !take(&at, end, EXTENDED_RESPONSE, V_ASN1_APPLICATION, &inner))
    return "the answer to StartTLS is none that LDAP gives";
  switch (take_number(&at, end, V_ASN1_ENUMERATED)) {
  case RESULT_SUCCESS:
    return NULL;
  case RESULT_PROTOCOL_ERROR:
    return "the LDAP server does not offer TLS";
  default:
    return "the LDAP server refuses StartTLS";
  }
}
