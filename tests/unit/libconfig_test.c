/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/*
 * libconfig only gets texts that it can read, however broken the policy is. Release 1.5 leaks the string at
 * which it gives up, and a process with a broken policy reads it again and again.
 */
#include "fixture.h"
#include "runner.h"

#include <fcntl.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The linker redirects the calls of policy/ to this function. */
int __wrap_config_read_string(config_t *config, const char *text);
int __real_config_read_string(config_t *config, const char *text);

static unsigned long asked, refused;

int __wrap_config_read_string(config_t *config, const char *text) {
  int result = __real_config_read_string(config, text);
  asked++;
  if (result != CONFIG_TRUE && refused++ == 0)
    fprintf(stderr, "libconfig was asked to read\n%s\n%s\n", text, config_error_text(config));
  return result;
}

static struct policy_folder folder;

/* An old time: the reader waits if a file could still change within the tick of its clock. */
static void write_old(const char *name, const char *text) {
  const struct timespec past[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
  folder_write(&folder, name, text);
  CU_ASSERT_EQUAL(utimensat(AT_FDCWD, folder_path(&folder, name), past, 0), 0);
}

/* Returns whether the policy was refused. */
static bool is_refused(const char *text, const char *drop_in) {
  const unsigned long before = refused;
  void *image = NULL;
  size_t size = 0;
  write_old("policy.cfg", text);
  write_old("policy.d/a.cfg", drop_in);
  enum pin_status status = pin_text_compile(folder_path(&folder, "policy.cfg"), NULL, NULL, &image, &size);
  CU_ASSERT_EQUAL(status == PIN_OK, image != NULL);
  free(image);
  if (refused > before)
    fprintf(stderr, "of the policy\n%s\n", text);
  return status == PIN_INVALID;
}

static void ask_nothing(void) {
  asked = refused = 0;
}

static const char good_text[] =
    "version = 1; # the first\n"
    "pinsets = { a = [ \"" K1
    "\" ]; b = ( \"sha256/\" \"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\" ); };\n"
    "blocked_keys = [ \"@b\" ];\n"
    "hosts = (\n"
    "{ name = \"a.example\"; pins = [ \"@a\", \"@b\" ]; ports = [ 2, 1 ]; /* two */ },\n"
    "{ name = \"b.example\"; comment = \"over\n"
    "two lines\"; mode = \"off\" },\n"
    "{ name = \"c.example\"; mode = \"audit\"; anchors = [ \"@a\" ]; }\n"
    ");\n";

static void reads_the_good(void) {
  ask_nothing();
  CU_ASSERT_FALSE(is_refused(good_text, ""));
  CU_ASSERT_EQUAL(asked, 7);
  CU_ASSERT_EQUAL(refused, 0);
}

/* The good text with `cut` bytes removed, and `piece` inserted. */
static void damage(size_t offset, size_t cut, const char *piece, char *ret_text, size_t size) {
  snprintf(ret_text, size, "%.*s%s%s", (int)offset, good_text, piece, good_text + offset + cut);
}

static void sees_no_damage(void) {
  static const char *const pieces[] = {"",  "\"", "\"\"", "\"\n", "\" \"x", "\\", "/*", "*/", "#",
                                       "{", "}",  "(",    ")",    "[",      "]",  ",",  ";",  "= \""};
  char text[sizeof good_text + 16];
  unsigned long broken = 0;
  ask_nothing();
  for (size_t offset = 0; offset < sizeof good_text - 1; offset += 3) {
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
      damage(offset, i % 2 == 0 ? 1 : 0, pieces[i], text, sizeof text);
      broken += is_refused(text, "");
    }
  }
  CU_ASSERT_TRUE(broken > 1000);
  CU_ASSERT_TRUE(asked > 1000);
  CU_ASSERT_EQUAL(refused, 0);
}

static void sees_no_strings_that_were_given_up(void) {
  static const char *const texts[] = {
      "hosts=({\"\"\"\n\"\"\"{",
      "hosts = ( { \"\"\"\npinsets = {  */mode = \"off\"a = \"}, ; \"a = a = pins = [ ",
      "hosts = ( { \"\na = \"{ name = \"a.example\"; \"\"\n\"\" \"a\"  \"a\"  ]pins = [ \"",
      "hosts = ( { pinsets = { pins = [ }, \"\na = ,  */{ name = \"a.example\"; \"\"mode = \"off\"; hosts = "
      "( "
      "mode = \"off\"",
      "hosts = ( { { name = \"a.example\"; \"\n; );\npinsets = { { name = \"a.example\"; \"pins = [ "
      "{ name = \"a.example\"; , \nhosts = ( ; , ",
      "hosts = ( { a = \"\" */hosts = ( );\n\" */a = \n */\n\"{",
      "hosts = ( { name = \"a.example; mode = \"off\"; },\n{ name = \"\"\"b.example\"; mode = \"off\"; \"\n",
      "pinsets = { a = [ \"" K1 " ]; b = \"\"\"\n\"\"\" ]; c = \" };\nhosts = ( { \"\" name = \"\"\"a\n\"{",
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    ask_nothing();
    CU_ASSERT_TRUE(is_refused(V, texts[i]));
    CU_ASSERT_TRUE(is_refused(texts[i], ""));
    CU_ASSERT_EQUAL(refused, 0);
  }
}

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525 + 1013904223;
  return *state >> 16;
}

/* A text of words that make strings end where others should begin. */
static void write_jumble(uint32_t *state, char *ret_text, size_t size) {
  static const char *const words[] = {"\"",
                                      "\"",
                                      "\"\n",
                                      "\"\"",
                                      "\n",
                                      "{",
                                      "}, ",
                                      "{ name = \"a.example\"; ",
                                      "mode = \"off\"",
                                      "; ",
                                      ", ",
                                      " \"a\" ",
                                      "pins = [ ",
                                      " ]",
                                      "/* ",
                                      " */",
                                      "pinsets = { ",
                                      "a = ",
                                      "hosts = ( ",
                                      ");\n"};
  size_t length = (size_t)snprintf(ret_text, size, "%s", next_random(state) % 4 == 0 ? "" : "hosts = ( { ");
  for (unsigned count = 4 + next_random(state) % 12; count > 0; count--) {
    const char *word = words[next_random(state) % (sizeof words / sizeof words[0])];
    length += (size_t)snprintf(ret_text + length, size - length, "%s", word);
  }
}

static void sees_no_jumble(void) {
  char text[512];
  uint32_t state = 1;
  ask_nothing();
  for (unsigned i = 0; i < 1500; i++) {
    write_jumble(&state, text, sizeof text);
    is_refused(text, "");
  }
  CU_ASSERT_TRUE(asked > 100);
  CU_ASSERT_EQUAL(refused, 0);
}

static int make_folder(void) {
  folder_make(&folder);
  return 0;
}

static int remove_folder(void) {
  folder_remove(&folder);
  return 0;
}

static const struct unit_test tests[] = {
    {"reads what is good", reads_the_good},
    {"sees no damage", sees_no_damage},
    {"sees no strings that were given up", sees_no_strings_that_were_given_up},
    {"sees no jumble", sees_no_jumble},
    {NULL, NULL},
};

int main(void) {
  static const struct unit_suite suite = {"libconfig", make_folder, remove_folder, tests};
  return unit_run(&suite);
}
