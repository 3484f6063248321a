/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* A few cases for other ways to get OpenSSL: built as a plug-in, and built into programs that contain
 * OpenSSL. */
#include "linked.h"

#define PINNED .sni = "pinned.test.example", .host = "pinned.test.example"
#define CA_PINNED .sni = "ca.test.example", .host = "ca.test.example"
#define OTHER .sni = "other.test.example", .host = "other.test.example"
#define V12 .version = TLS1_2_VERSION

/* clang-format off */
#define CASES(refused, ...) \
  {"verified/right-key", connect_once, {.chain = "good", PINNED}, ALL_ACCEPT, __VA_ARGS__}, \
  {"verified/wrong-key", connect_once, {.chain = "bad", PINNED}, refused, __VA_ARGS__}, \
  {"verified/wrong-key-tls1.2", connect_once, {.chain = "bad", PINNED, V12}, refused, __VA_ARGS__}, \
  {"verified/wrong-key-memory", connect_once, {.chain = "bad", PINNED, .transport = MEMORY}, refused, __VA_ARGS__}, \
  {"verified/wrong-key-socket", connect_once, {.chain = "bad", PINNED, .transport = SOCKET}, refused, __VA_ARGS__}, \
  {"verified/ca-beside-path", connect_once, {.chain = "stuffed", CA_PINNED}, refused, __VA_ARGS__}, \
  {"none/right-key", connect_once, {.chain = "good", PINNED, .unverified = true, .untrusting = true}, ALL_ACCEPT, __VA_ARGS__}, \
  {"none/wrong-key", connect_once, {.chain = "bad", PINNED, .unverified = true, .untrusting = true}, refused, __VA_ARGS__}, \
  {"none/forged-link", connect_once, {.chain = "forged", CA_PINNED, .unverified = true}, refused, __VA_ARGS__}, \
  {"verified/uncovered", connect_once, {.chain = "bad", OTHER}, ALL_ACCEPT, __VA_ARGS__}
/* clang-format on */

static const struct test_case shared_cases[] = {CASES(WE_REFUSE, .note = NULL)};

/* Nothing outside such a program can find the functions of its OpenSSL; pinning logs event=not-enforced. */
static const struct test_case closed_cases[] = {
    CASES(ALL_ACCEPT, .note = "OpenSSL in the program, not exported: out of reach, and the log says so")};

#define RUN(cases) cases_main(argc, argv, cases, sizeof(cases) / sizeof *(cases))

int linked_main(enum linkage linkage, int argc, char **argv) {
  return linkage == LINKED_HIDDEN ? RUN(closed_cases) : RUN(shared_cases);
}
