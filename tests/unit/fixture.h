/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Policies of a few lines, and the messages that refuse them. */
#ifndef UNIT_FIXTURE_H
#define UNIT_FIXTURE_H

#include "policy_folder.h"

#define V "version = 1;\n"
#define K1 "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define K2 "sha256/AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define K3 "sha256/AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* A main file whose entries start in line 3, column 1. */
#define HOSTS(entries) V "hosts = (\n" entries "\n);\n"
/* One entry with a pin; what is added to it follows in line 4, column 1. */
#define ENTRY(rest) HOSTS("{ name = \"a.example\"; pins = [ \"" K1 "\" ];\n" rest "\n}")

#define FORMS                                                                                                \
  "\"sha256/BASE64\", \"sha256//BASE64\", \"pin-sha256=\\\"BASE64\\\"\", 64 hexadecimal digits or "          \
  "\"AB:CD:...\""

#define ENTRY_SETTINGS                                                                                       \
  "name, include_subdomains, ports, pins, backup_pins, fingerprints, intermediates, anchors, require, "      \
  "mode, "                                                                                                   \
  "expires, on_expiry or comment"
#define NO_KEYS                                                                                              \
  "the entry names no keys; expected pins, backup_pins, fingerprints, intermediates or anchors, or mode = "  \
  "\"off\"\n"
#define BAD_DATE "expected \"YYYY-MM-DD\" or \"YYYY-MM-DDThh:mm:ssZ\" of a day that exists\n"

/* A main file, maybe a drop-in b.cfg, and all messages. */
struct fixture {
  const char *text;
  const char *drop_in;
  const char *report;
};

void compile_fixture(const struct fixture *fixture, struct compiled *ret_compiled);

/* Asserts that each is refused as invalid, with exactly these messages. */
void expect_refused(const struct fixture *fixtures, size_t count);
#define EXPECT_REFUSED(fixtures) expect_refused(fixtures, sizeof fixtures / sizeof fixtures[0])

/* Asserts that each main file is accepted without any message. */
void expect_accepted(const char *const *texts, size_t count);
#define EXPECT_ACCEPTED(texts) expect_accepted(texts, sizeof texts / sizeof texts[0])

#endif
