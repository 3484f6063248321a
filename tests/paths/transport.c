/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* What a client does with verification, over each kind of BIO. */
#include "kit.h"

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define CA_PINNED .sni = "ca.test.example", .host = "ca.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define OPEN .unverified = true
#define OPEN_UNTRUSTING .unverified = true, .untrusting = true
#define V12 .version = TLS1_2_VERSION

/* clang-format off */
#define OVER(prefix, kind) \
  {prefix "/verified/right-key", connect_once, {.chain = "good", PINNED, .transport = kind}, ALL_ACCEPT}, \
  {prefix "/verified/wrong-key", connect_once, {.chain = "bad", PINNED, .transport = kind}, WE_REFUSE}, \
  {prefix "/verified/key-beside-path", connect_once, {.chain = "stuffed", PINNED, .transport = kind}, WE_REFUSE}, \
  {prefix "/verified/other-host", connect_once, {.chain = "bad", OTHER, .transport = kind}, ALL_ACCEPT}, \
  {prefix "/verified/right-ca", connect_once, {.chain = "good", CA_PINNED, .transport = kind}, ALL_ACCEPT}, \
  {prefix "/verified/wrong-ca", connect_once, {.chain = "bad", CA_PINNED, .transport = kind}, WE_REFUSE}, \
  {prefix "/verified/ca-beside-path", connect_once, {.chain = "stuffed", CA_PINNED, .transport = kind}, WE_REFUSE}, \
  {prefix "/verified/untrusted-right-key", connect_once, {.chain = "good", PINNED, .untrusting = true, .transport = kind}, OPENSSL_REJECTS}, \
  {prefix "/none/right-key", connect_once, {.chain = "good", PINNED, OPEN, .transport = kind}, ALL_ACCEPT}, \
  {prefix "/none/wrong-key", connect_once, {.chain = "bad", PINNED, OPEN, .transport = kind}, WE_REFUSE}, \
  {prefix "/none/untrusted-right-key", connect_once, {.chain = "good", PINNED, OPEN_UNTRUSTING, .transport = kind}, ALL_ACCEPT}, \
  {prefix "/none/untrusted-wrong-key", connect_once, {.chain = "bad", PINNED, OPEN_UNTRUSTING, .transport = kind}, WE_REFUSE}, \
  {prefix "/none/untrusted-right-ca", connect_once, {.chain = "good", CA_PINNED, OPEN_UNTRUSTING, .transport = kind}, ALL_ACCEPT}, \
  {prefix "/none/untrusted-ca-beside-path", connect_once, {.chain = "stuffed", CA_PINNED, OPEN_UNTRUSTING, .transport = kind}, WE_REFUSE}, \
  {prefix "/none/forged-link", connect_once, {.chain = "forged", CA_PINNED, OPEN, .transport = kind}, WE_REFUSE}, \
  {prefix "/none/untrusted-forged-link", connect_once, {.chain = "forged", CA_PINNED, OPEN_UNTRUSTING, .transport = kind}, WE_REFUSE}, \
  {prefix "/none/damaged-link", connect_once, {.chain = "damaged", CA_PINNED, OPEN_UNTRUSTING, .transport = kind}, WE_REFUSE}, \
  {prefix "/tls1.2/right-key", connect_once, {.chain = "good", PINNED, V12, .transport = kind}, ALL_ACCEPT}, \
  {prefix "/tls1.2/wrong-key", connect_once, {.chain = "bad", PINNED, V12, .transport = kind}, WE_REFUSE}, \
  {prefix "/tls1.2/none/right-key", connect_once, {.chain = "good", PINNED, V12, OPEN_UNTRUSTING, .transport = kind}, ALL_ACCEPT}, \
  {prefix "/tls1.2/none/wrong-key", connect_once, {.chain = "bad", PINNED, V12, OPEN_UNTRUSTING, .transport = kind}, WE_REFUSE}, \
  {prefix "/tls1.2/none/wrong-ca", connect_once, {.chain = "stuffed", CA_PINNED, V12, OPEN_UNTRUSTING, .transport = kind}, WE_REFUSE}

static const struct test_case cases[] = {
  OVER("pair", BIO_PAIR),
  OVER("memory", MEMORY),
  OVER("socket", SOCKET),
};
/* clang-format on */

int main(int argc, char **argv) {
  return cases_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
