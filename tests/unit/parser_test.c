/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The pinning authors */

/* Which texts are accepted, and where and with which messages others are refused: grammar, top level, files.
 */
#include "fixture.h"
#include "runner.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

/* ---- Grammar ---- */

static void refuses_bad_grammar(void) {
  static const struct fixture fixtures[] = {
      {"version 1;\n", NULL,
       "policy.cfg:1:9+1: error: expected \"=\" after the name of a setting, not \"1\"\n"},
      {"version = ;\n", NULL, "policy.cfg:1:11+1: error: expected a value, not \";\"\n"},
      {"version = 1; 7\n", NULL, "policy.cfg:1:14+1: error: expected the name of a setting, not \"7\"\n"},
      {V "}\n", NULL, "policy.cfg:2:1+1: error: expected the name of a setting, not \"}\"\n"},
      {V ";\n", NULL, "policy.cfg:2:1+1: error: expected the name of a setting, not \";\"\n"},
      {V "mode = \"off\nhosts = ();\n", NULL,
       "policy.cfg:2:8+4: error: the string has no end; expected a closing \"\n"},
      {V "mode = \"off\\\n", NULL,
       "policy.cfg:2:12+1: error: unknown escape; expected one of \\\\ \\\" \\n \\r \\t \\f or \\x01 to "
       "\\xFF\n"},
      {V "/* no end\nmode = \"off\";\n", NULL,
       "policy.cfg:2:1+9: error: the comment has no end; expected a closing */\n"},
      {V "mode = off;\n", NULL, "policy.cfg:2:8+3: error: expected a value, not \"off\"\n"},
      {V "mode = 'off';\n", NULL,
       "policy.cfg:2:8+1: error: unexpected character; expected strings in double quotes and comments after "
       "#\n"},
      {V "mode = \"o\\qff\";\n", NULL,
       "policy.cfg:2:10+1: error: unknown escape; expected one of \\\\ \\\" \\n \\r \\t \\f or \\x01 to "
       "\\xFF\n"},
      {V "mode = \"off\\x00\";\n", NULL,
       "policy.cfg:2:12+1: error: unknown escape; expected one of \\\\ \\\" \\n \\r \\t \\f or \\x01 to "
       "\\xFF\n"},
      {V "mode = \"off\\x4\";\n", NULL,
       "policy.cfg:2:12+1: error: unknown escape; expected one of \\\\ \\\" \\n \\r \\t \\f or \\x01 to "
       "\\xFF\n"},
      {"version = 1L;\n", NULL,
       "policy.cfg:1:11+2: error: malformed number; expected digits alone, at most nine\n"},
      {"version = 4294967297;\n", NULL,
       "policy.cfg:1:11+10: error: malformed number; expected digits alone, at most nine\n"},
      {"version = 0x100000001;\n", NULL,
       "policy.cfg:1:11+11: error: malformed number; expected digits alone, at most nine\n"},
      {"version = 0x;\n", NULL,
       "policy.cfg:1:11+2: error: malformed number; expected digits alone, at most nine\n"},
      {"version = 1.;\n", NULL,
       "policy.cfg:1:11+2: error: malformed number; expected digits alone, at most nine\n"},
      {"version = 1e0;\n", NULL,
       "policy.cfg:1:11+3: error: malformed number; expected digits alone, at most nine\n"},
      {V "blocked_keys = [ \"" K1 "\", ];\n", NULL,
       "policy.cfg:2:73+1: error: expected a value, not \"]\"\n"},
      {V "blocked_keys = [ \"" K1 "\"\n", NULL,
       "policy.cfg:3:1+0: error: expected \",\" or \"]\" after a value of an array, not the end of the "
       "file\n"},
      {V "blocked_keys = [ \"" K1 "\", 5, true ];\n", NULL,
       "policy.cfg:2:73+1: error: an array [ ] holds values of one type; expected the type of its first "
       "value\n"
       "policy.cfg:2:76+4: error: an array [ ] holds values of one type; expected the type of its first "
       "value\n"},
      {V "blocked_keys = ( \"" K1 "\" ]\n", NULL,
       "policy.cfg:2:72+1: error: expected \",\" or \")\" after a value of a list, not \"]\"\n"},
      {V "hosts = [ { } ];\n", NULL,
       "policy.cfg:2:11+1: error: an array [ ] holds no groups, lists or arrays; expected a list ( ) for "
       "those\n"},
      {V "hosts = ( { name = \"a.example\" }\n{ } );\n", NULL,
       "policy.cfg:2:20+11: error: " NO_KEYS
       "policy.cfg:3:1+1: error: expected \",\" or \")\" after an entry of hosts, not \"{\"\n"
       "policy.cfg:3:1+1: error: the entry has no name; expected name = \"HOST\" in it\n"
       "policy.cfg:3:1+1: error: " NO_KEYS},
      {V "hosts = ( { name = \"a.example\" ", NULL,
       "policy.cfg:2:32+0: error: expected the name of a setting or \"}\", not the end of the file\n"},
      {V "hosts = ( { name = \"a.example\" }, );", NULL,
       "policy.cfg:2:20+11: error: " NO_KEYS "policy.cfg:2:35+1: error: expected a value, not \")\"\n"},
      {V "pinsets = { a = [ \"" K1 "\" ]; 5 };", NULL,
       "policy.cfg:2:76+1: error: expected the name of a pin set or \"}\", not \"5\"\n"},
      {V "hosts = ( { a = ( ( ( ( ( ( ( 1 ) ) ) ) ) ) ) } );", NULL,
       "policy.cfg:2:29+1: error: expected a value that is nested less deeply, not \"(\"\n"},
      {V "@include \"other.cfg\"\n", NULL,
       "policy.cfg:2:1+8: error: @include is not supported; use policy.d, whose files are read after the "
       "main file\n"},
      {V "hosts = ( { name = \"a.example\";\n  @include \"pins.cfg\"\n } );\n", NULL,
       "policy.cfg:3:3+8: error: @include is not supported; use policy.d, whose files are read after the "
       "main file\n"},
      {"\xef\xbb\xbf" V, NULL,
       "policy.cfg:1:1+3: error: a byte order mark; expected plain text, saved without one\n"},
  };
  EXPECT_REFUSED(fixtures);
}

#define OFF(name) "{ name = \"" name "\"; mode = \"off\"; }"
#define BAD_MODE(place) "policy.cfg:" place ": error: unknown mode \"x\"; expected " MODES "\n"
#define MODES "\"enforce\", \"audit\" or \"off\""

/* One mistake hides no other one beside or after it, and causes no further messages. */
static void goes_on_after_a_mistake(void) {
  static const struct fixture fixtures[] = {
      /* In the same entry, in the next one, and at the top level after them. */
      {HOSTS("{ include_subdomains = yes; mode = \"x\"; name = \"a..b\" },\n"
             "{ name = \"b.example\" mode = \"x\" }") "mode = \"x\";\n",
       NULL,
       "policy.cfg:3:24+3: error: expected a value, not \"yes\"\n" BAD_MODE(
           "3:36+3") "policy.cfg:3:48+6: error: bad name \"a..b\": an empty label; expected text on both "
                     "sides of each dot\n" BAD_MODE("4:29+3") BAD_MODE("6:8+3")},
      /* The setting that was probably meant is not reported as missing. */
      {HOSTS("{ name \"a.example\"; pins = [ \"" K1 "\" ]; }"), NULL,
       "policy.cfg:3:8+11: error: expected \"=\" after the name of a setting, not \"\\x22a.example\\x22\"\n"},
      {HOSTS("{ name = \"a.example\"; pins = [ \"" K1 "\"; mode = \"x\" }"), NULL,
       "policy.cfg:3:85+1: error: expected \",\" or \"]\" after a value of an array, not \";\"\n" BAD_MODE(
           "3:94+3")},
      {HOSTS("{ name = \"a.example\"; pins = ( x, \"" K1 "\" ); mode = \"x\" },\n"
             "{ name = \"a.example\"; ports = [ 443L ]; mode = \"off\" },\n" OFF("a.example")),
       NULL,
       "policy.cfg:3:32+1: error: expected a value, not \"x\"\n" BAD_MODE(
           "3:99+3") "policy.cfg:4:33+4: error: malformed number; expected digits alone, at most nine\n"},
      /* Brackets that are missing, or too many. */
      {HOSTS("{ name = \"a.example\"; mode = \"x\";\n, { name = \"b.example\"; mode = \"x\" }"), NULL,
       BAD_MODE("3:30+3") "policy.cfg:4:1+1: error: expected the name of a setting or \"}\", not "
                          "\",\"\n" BAD_MODE("4:32+3")},
      {HOSTS("{ name = \"a.example\"; mode = \"x\";\n{ name = \"b.example\"; mode = \"x\" }"), NULL,
       BAD_MODE("3:30+3") "policy.cfg:4:1+1: error: expected the name of a setting or \"}\", not "
                          "\"{\"\n" BAD_MODE("4:30+3")},
      {HOSTS("{ name = \"a.example\"; mode = \"x\"") "mode = \"x\";\n", NULL,
       BAD_MODE("3:30+3") "policy.cfg:4:1+1: error: expected the name of a setting or \"}\", not "
                          "\")\"\n" BAD_MODE("5:8+3")},
      {HOSTS("{ name = \"a.example\"; mode = \"off\" ]; }, }, " OFF("b.example")) "mode = \"x\";\n", NULL,
       "policy.cfg:3:36+1: error: expected the name of a setting or \"}\", not \"]\"\n"
       "policy.cfg:3:42+1: error: expected a value, not \"}\"\n" BAD_MODE("5:8+3")},
      {HOSTS(OFF("a.example") ";\n{ name = \"b.example\"; mode = \"x\" };"), NULL,
       "policy.cfg:3:38+1: error: expected \",\" or \")\" after an entry of hosts, not \";\"\n" BAD_MODE(
           "4:30+3") "policy.cfg:4:35+1: error: expected \",\" or \")\" after an entry of hosts, not "
                     "\";\"\n"},
      {V "hosts = (\n" OFF("a.example") "\nmode = \"x\";\n", NULL,
       "policy.cfg:4:1+4: error: expected \",\" or \")\" after an entry of hosts, not \"mode\"\n" BAD_MODE(
           "4:8+3")},
      {"version 1;\nmode = \"x\";\n", NULL,
       "policy.cfg:1:9+1: error: expected \"=\" after the name of a setting, not \"1\"\n" BAD_MODE("2:8+3")},
      {V "pinsets = { a = [ \"" K1 "\"; b = ]; c = [ ]; };\nmode = \"x\";\n", NULL,
       "policy.cfg:2:72+1: error: expected \",\" or \"]\" after a value of an array, not \";\"\n"
       "policy.cfg:2:78+1: error: expected a value, not \"]\"\n"
       "policy.cfg:2:85+1: error: c is an empty list; expected digests, or no such setting\n" BAD_MODE(
           "3:8+3")},
      {V "hosts = ( { name = \"a.example\"; mode = \"x\";\n", NULL,
       BAD_MODE("2:40+3") "policy.cfg:3:1+0: error: expected the name of a setting or \"}\", not the end of "
                          "the file\n"},
  };
  EXPECT_REFUSED(fixtures);
}

/* A missing quote swaps the inside and outside of all later strings. It is reported where it is missing. */
static void finds_the_missing_quote(void) {
  static const struct fixture fixtures[] = {
      {HOSTS("{ name = \"a.example;\n  pins = [ \"" K1 "\" ];\n  mode = \"x\"; }"), NULL,
       "policy.cfg:3:10+11: error: the string goes on in the next line; expected a closing \" in this "
       "one\n" BAD_MODE("5:10+3")},
      {HOSTS("{ name = \"a.example\";\n  pins = [ \"" K1 ",\n  \"" K2 "\" ];\n  mode = \"x\"; }"), NULL,
       "policy.cfg:4:12+53: error: the string goes on in the next line; expected a closing \" in this "
       "one\n" BAD_MODE("6:10+3")},
      {V "mode = \"off;\nblocked_keys = [ \"no\" ];\n", NULL,
       "policy.cfg:2:8+5: error: the string goes on in the next line; expected a closing \" in this one\n"
       "policy.cfg:3:18+4: error: bad digest \"no\" in blocked_keys; expected " FORMS "\n"},
      {HOSTS("{ name = \"a.example\"; mode = \"x\";\n  comment = \"nothing;\n}"), NULL,
       BAD_MODE("3:30+3") "policy.cfg:4:13+9: error: the string has no end; expected a closing \"\n"},
      /* A string that was meant to have two lines is accepted. */
      {HOSTS("{ name = \"a.example\"; comment = \"one\ntwo\"; mode = off; }"), NULL,
       "policy.cfg:4:14+3: error: expected a value, not \"off\"\n"},
  };
  EXPECT_REFUSED(fixtures);
}

static void refuses_a_nul_byte(void) {
  static const char text[] = V "mode = \"off\";\n\0hosts = ( { } );\n";
  struct policy_folder folder;
  struct compiled compiled;
  folder_make(&folder);
  folder_write_bytes(&folder, "policy.cfg", text, sizeof text - 1);
  compile_folder(&folder, &compiled);
  folder_remove(&folder);
  expect_result(&compiled, "NUL", PIN_INVALID, "policy.cfg:3:1+0: error: a NUL byte; expected text\n");
  compiled_free(&compiled);
}

static void refuses_a_crowded_group(void) {
  char text[4096] = V "hosts = ( {";
  struct compiled compiled;
  for (unsigned i = 0; i < 65; i++)
    snprintf(text + strlen(text), sizeof text - strlen(text), "\ns%u = 1;", i);
  strcat(text, "\n} );\n");
  compile_fixture(&(struct fixture){.text = text}, &compiled);
  expect_result(&compiled, "crowded", PIN_INVALID,
                "policy.cfg:67:1+3: error: too many settings in one group; expected at most 64\n");
  compiled_free(&compiled);
}

static void takes_every_spelling(void) {
  static const char *const texts[] = {
      V,
      "version=1",
      "version = 1 # no newline after this",
      "version = 1 // no newline after this",
      "\t# a\n// b \"\n/* c { \n ** / */version/**/=/**/1/* d */,\r\n",
      "version : 0x1 mode : \"audit\"",
      "version = +1; mode = \"en\" /* joined */ \"fo\"\n\"rce\";",
      "mode = \"\\x6Ff\\x66\"; version = 1;",
      V "hosts = ( ); pinsets = { };",
      V "hosts = ( { name = \"*.a.example\"; pins = ( \"" K1 "\" ), ports : [ 1, 65535 ] comment = \"\" } )",
      V "hosts = ( { include_subdomains = TRUE; name = \"a.example\", mode = \"off\" } );",
      V "hosts = ( { name = \"a.example\"; ports = [ 1 ]; mode = \"off\" },\n"
        "{ name = \"a.example\"; ports = ( 2, 3 ); mode = \"off\" },\n"
        "{ name = \"*.a.example\"; mode = \"off\" } );",
      V "certificate_names = \"count\"; hosts = ( );",
      V "unlisted = \"ignore\"; hosts = ( );",
      "unlisted = \"observe\"; version = 1",
      V "hosts = ( ); unlisted = \"refuse\";",
      "certificate_names = \"ignore\", version = 1",
      ENTRY(
          "require = \"all\"; on_expiry = \"enforce\"; expires = \"2028-02-29\"; comment = \"{\\\"#\\\\\";"),
  };
  EXPECT_ACCEPTED(texts);
}

/* ---- The top level ---- */

static void refuses_bad_settings(void) {
  static const struct fixture fixtures[] = {
      {"mode = \"off\";\n", NULL, "policy.cfg: error: version is missing; expected version = 1;\n"},
      {"", NULL, "policy.cfg: error: version is missing; expected version = 1;\n"},
      {"version = 2;\n", NULL, "policy.cfg:1:11+1: error: unknown version 2; expected 1\n"},
      {"version = -1;\n", NULL, "policy.cfg:1:11+2: error: unknown version -1; expected 1\n"},
      {"version = \"1\";\n", NULL, "policy.cfg:1:11+3: error: version is a string; expected the number 1\n"},
      {"version = 1.0;\n", NULL,
       "policy.cfg:1:11+3: error: version is a fractional number; expected the number 1\n"},
      {"version = [ 1 ];\n", NULL, "policy.cfg:1:11+1: error: version is an array; expected the number 1\n"},
      {V "version = 1;\n", NULL,
       "policy.cfg:2:1+7: error: \"version\" is set a second time; the first time is in line 1\n"},
      {V "hosts = ( );\nhosts = ( );\npinsets = { };\n pinsets = { };\n", NULL,
       "policy.cfg:3:1+5: error: \"hosts\" is set a second time; the first time is in line 2\n"
       "policy.cfg:5:2+7: error: \"pinsets\" is set a second time; the first time is in line 4\n"},
      {V "mode = \"\";\n", NULL,
       "policy.cfg:2:8+2: error: mode is an empty string; expected text between the quotes\n"},
      {V "mode = \"Enforce\";\n", NULL,
       "policy.cfg:2:8+9: error: unknown mode \"Enforce\"; expected \"enforce\", \"audit\" or \"off\"\n"},
      {V "mode = \"offf\";\n", NULL,
       "policy.cfg:2:8+6: error: unknown mode \"offf\"; expected \"enforce\", \"audit\" or \"off\"\n"},
      {V "mode = true;\n", NULL, "policy.cfg:2:8+4: error: mode is a boolean; expected a string\n"},
      {V "mdoe = \"off\";\nHosts = ();\nblocked-keys = [ ];\n", NULL,
       "policy.cfg:2:1+4: error: unknown setting \"mdoe\"; did you mean \"mode\"?\n"
       "policy.cfg:3:1+5: error: unknown setting \"Hosts\"; did you mean \"hosts\"?\n"
       "policy.cfg:4:1+12: error: unknown setting \"blocked-keys\"; did you mean \"blocked_keys\"?\n"},
      {V "frobnicate = { a = 1; };\n", NULL,
       "policy.cfg:2:1+10: error: unknown setting \"frobnicate\"; expected hosts, pinsets, blocked_keys, "
       "version, mode, exempt_anchors, certificate_names or unlisted\n"},
      {V "hosts = { };\n", NULL,
       "policy.cfg:2:9+1: error: hosts is a group; expected a list ( { ... }, { ... } )\n"},
      {V "hosts = \"a.example\";\n", NULL,
       "policy.cfg:2:9+11: error: hosts is a string; expected a list ( { ... }, { ... } )\n"},
      {V "hosts = ( \"a.example\", 5,\n ( ) );\n", NULL,
       "policy.cfg:2:11+11: error: an entry of hosts is a group; expected { name = \"HOST\"; ... }\n"
       "policy.cfg:2:24+1: error: an entry of hosts is a group; expected { name = \"HOST\"; ... }\n"
       "policy.cfg:3:2+1: error: an entry of hosts is a group; expected { name = \"HOST\"; ... }\n"},
      {V "pinsets = ( );\n", NULL,
       "policy.cfg:2:11+1: error: pinsets is a list; expected a group { NAME = [ ... ]; ... }\n"},
      {V "pinsets = [ \"" K1 "\" ];\n", NULL,
       "policy.cfg:2:11+1: error: pinsets is an array; expected a group { NAME = [ ... ]; ... }\n"},
      {V "blocked_keys = \"" K1 "\";\n", NULL,
       "policy.cfg:2:16+53: error: blocked_keys is a string; expected a list of digests in [ ]\n"},
      {V "blocked_keys = [ ];\n", NULL,
       "policy.cfg:2:16+1: error: blocked_keys is an empty list; expected digests, or no such setting\n"},
      {V "certificate_names = \"never\";\n", NULL,
       "policy.cfg:2:21+7: error: unknown certificate_names \"never\"; expected \"count\" or \"ignore\"\n"},
      {V "unlisted = \"allow\";\n", NULL,
       "policy.cfg:2:12+7: error: unknown unlisted \"allow\"; expected \"ignore\", \"observe\" or "
       "\"refuse\"\n"},
      {V "unlisted = true;\n", NULL, "policy.cfg:2:12+4: error: unlisted is a boolean; expected a string\n"},
      {V "unlisted = \"refuse\";\nunlisted = \"ignore\";\n", NULL,
       "policy.cfg:3:1+8: error: \"unlisted\" is set a second time; the first time is in line 2\n"},
      {V "hosts = ( { name = \"a.example\"; unlisted = \"refuse\"; mode = \"off\"; } );\n", NULL,
       "policy.cfg:2:33+8: error: unknown setting \"unlisted\"; expected name, include_subdomains, ports, "
       "pins, "
       "backup_pins, fingerprints, intermediates, anchors, require, mode, expires, on_expiry or comment\n"},
      {V "certificate_names = 1;\n", NULL,
       "policy.cfg:2:21+1: error: certificate_names is a number; expected a string\n"},
      {V "exempt_anchors = ( );\n", NULL,
       "policy.cfg:2:18+1: error: exempt_anchors is an empty list; expected digests, or no such setting\n"},
      {V "exempt_anchors = ( \"" K1 "\", 5, true, 1.5, [ 1 ], ( ), { } );\n", NULL,
       "policy.cfg:2:75+1: error: exempt_anchors holds a number; expected a string\n"
       "policy.cfg:2:78+4: error: exempt_anchors holds a boolean; expected a string\n"
       "policy.cfg:2:84+3: error: exempt_anchors holds a fractional number; expected a string\n"
       "policy.cfg:2:89+1: error: exempt_anchors holds an array; expected a string\n"
       "policy.cfg:2:96+1: error: exempt_anchors holds a list; expected a string\n"
       "policy.cfg:2:101+1: error: exempt_anchors holds a group; expected a string\n"},
      {V, V,
       "policy.d/b.cfg:1:1+7: error: version belongs into the main file; expected only hosts, pinsets and "
       "blocked_keys in a drop-in\n"},
      {V, "mode = \"off\"; exempt_anchors = [ \"" K1 "\" ];\nfrobnicate = 1;\n",
       "policy.d/b.cfg:1:1+4: error: mode belongs into the main file; expected only hosts, pinsets and "
       "blocked_keys in a drop-in\n"
       "policy.d/b.cfg:1:15+14: error: exempt_anchors belongs into the main file; expected only hosts, "
       "pinsets and blocked_keys in a drop-in\n"
       "policy.d/b.cfg:2:1+10: error: unknown setting \"frobnicate\"; expected hosts, pinsets or "
       "blocked_keys\n"},
  };
  EXPECT_REFUSED(fixtures);
}

static void refuses_bad_pin_sets(void) {
  static const struct fixture fixtures[] = {
      {V "pinsets = { a = [ ]; b = \"x\"; };\n", NULL,
       "policy.cfg:2:17+1: error: a is an empty list; expected digests, or no such setting\n"
       "policy.cfg:2:26+3: error: b is a string; expected a list of digests in [ ]\n"},
      {V "pinsets = { a = [ \"" K1 "\" ];\n  b = [ \"@a\" ]; };\n", NULL,
       "policy.cfg:3:9+4: error: a pin set cannot hold the pin set \"a\"; expected digests only\n"},
      {V "pinsets = { a = [ \"" K1 "\" ];\n  a = [ \"" K2 "\" ]; };\n", NULL,
       "policy.cfg:3:3+1: error: pin set \"a\" is defined a second time; the first time is at "
       "policy.cfg:2\n"},
      {V "pinsets = { a = [ \"" K1 "\" ]; };\n", "\n pinsets = { b = [ \"" K1 "\" ]; a = [ \"no\" ]; };\n",

       "policy.d/b.cfg:2:77+1: error: pin set \"a\" is defined a second time; the first time is at "
       "policy.cfg:2\n"
       "policy.d/b.cfg:2:83+4: error: bad digest \"no\" in a; expected " FORMS "\n"},
      {V "blocked_keys = [ \"@a\", \"@\", \"" K1 "\", \"@ab\" ];\npinsets = { abc = [ \"" K1 "\" ]; };\n",
       NULL,
       "policy.cfg:2:18+4: error: unknown pin set \"a\"; expected \"@\" and a name that pinsets defines\n"
       "policy.cfg:2:24+3: error: unknown pin set \"\"; expected \"@\" and a name that pinsets defines\n"
       "policy.cfg:2:84+5: error: unknown pin set \"ab\"; expected \"@\" and a name that pinsets defines\n"},
      /* A mistake in a set is reported once, not for every use of the set. */
      {V "blocked_keys = [ \"@a\", \"@b\" ];\npinsets = { a = [ \"no\" ]; b = [ \"" K1 "\", 5 ]; };\n", NULL,

       "policy.cfg:3:19+4: error: bad digest \"no\" in a; expected " FORMS "\n"
       "policy.cfg:3:88+1: error: an array [ ] holds values of one type; expected the type of its first "
       "value\n"},
      /* The rest of the drop-in may define b, but not c. */
      {V "blocked_keys = [ \"@a\", \"@b\", \"@c\" ];\n",
       "pinsets = { a = [ \"" K1 "\" ];\n } oops\npinsets = { b = [ ] };\n",
       "policy.cfg:2:30+4: error: unknown pin set \"c\"; expected \"@\" and a name that pinsets defines\n"
       "policy.d/b.cfg:3:1+7: error: expected \"=\" after the name of a setting, not \"pinsets\"\n"
       "policy.d/b.cfg:3:1+7: error: \"pinsets\" is set a second time; the first time is in line 1\n"
       "policy.d/b.cfg:3:17+1: error: b is an empty list; expected digests, or no such setting\n"},
  };
  EXPECT_REFUSED(fixtures);
}

static void refuses_bad_digests(void) {
  static const struct fixture fixtures[] = {
      {V "blocked_keys = [ \"sha1/AAAAAAAAAAAAAAAAAAAAAAAAAAA=\" ];\n", NULL,
       "policy.cfg:2:18+35: error: bad digest \"sha1/AAAAAAAAAAAAAAAAAAAAAAAAAAA=\" in blocked_keys; "
       "expected " FORMS "\n"},
      {V "blocked_keys = [ \"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\n"
         "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\",\n"
         "\"sha256/AAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\" ];\n",
       NULL,
       "policy.cfg:2:18+52: error: bad digest \"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"... in "
       "blocked_keys: its padding \"=\" is missing; expected " FORMS "\n"
       "policy.cfg:3:1+46: error: bad digest \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\" in "
       "blocked_keys: \"sha256/\" is missing in front; expected " FORMS "\n"
       "policy.cfg:4:1+53: error: bad digest \"sha256/AAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAA\"... in "
       "blocked_keys: \"-\" and \"_\" are of base64url; write \"+\" and \"/\"; expected " FORMS "\n"},
      {V "blocked_keys = [ \"sha256/AAAA\" ];\n", NULL,
       "policy.cfg:2:18+13: error: bad digest \"sha256/AAAA\" in blocked_keys; expected " FORMS "\n"},
      {V "blocked_keys = [\n\t\"" K1 "\", \" " K1 "\",\n\t\t\"" K1 "\" \"x\" ];\n", NULL,
       "policy.cfg:3:57+54: error: bad digest \" sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"... in "
       "blocked_keys; expected " FORMS "\n"
       "policy.cfg:4:3+57: error: bad digest \"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"... in "
       "blocked_keys; expected " FORMS "\n"},
      {V "blocked_keys = [ \"" K1 "\"\n\"=\", \"\\x1b[31m\\\"\" ];\n", NULL,
       "policy.cfg:2:18+53: error: bad digest \"sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"... in "
       "blocked_keys; expected " FORMS "\n"
       "policy.cfg:3:6+12: error: bad digest \"\\x1B[31m\\x22\" in blocked_keys; expected " FORMS "\n"},
      {V "blocked_keys = [ \"\", \"" K1 "\" ];\n", NULL,
       "policy.cfg:2:18+2: error: blocked_keys holds an empty string; expected text between the quotes\n"},
  };
  EXPECT_REFUSED(fixtures);
}

/* ---- Several files ---- */

static void reports_five_mistakes_of_three_files(void) {
  struct policy_folder folder;
  struct compiled compiled;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg",
               V "mode = \"strict\";\nhosts = (\n  { name = \"a.example\"; pins = [ \"" K1
                 "\", \"sha256/x\" ]; }\n);\n");
  folder_write(&folder, "policy.d/10-a.cfg", "hosts = ( { name = \"c.example\"; pins = [ \"" K1 "\" ]; },\n");
  folder_write(&folder, "policy.d/20-b.cfg",
               "# two\nhosts = ( { name = \"b.example\";\n    pin = [ \"" K1
               "\" ]; expires = \"soon\"; } );\n");
  compile_folder(&folder, &compiled);
  folder_remove(&folder);
  expect_result(
      &compiled, "five", PIN_INVALID,
      "policy.cfg:2:8+8: error: unknown mode \"strict\"; expected \"enforce\", \"audit\" or \"off\"\n"
      "policy.cfg:4:89+10: error: bad digest \"sha256/x\" in pins; expected " FORMS "\n"
      "policy.d/10-a.cfg:2:1+0: error: expected a value, not the end of the file\n"
      "policy.d/20-b.cfg:3:5+3: error: unknown setting \"pin\"; did you mean \"pins\"?\n"
      "policy.d/20-b.cfg:3:80+6: error: bad date \"soon\"; " BAD_DATE);
  compiled_free(&compiled);
}

static void tells_unreadable_and_invalid_at_once(void) {
  struct policy_folder folder;
  struct compiled compiled;
  folder_make(&folder);
  folder_write(&folder, "policy.d/a.cfg", "hosts = 5;\n");
  compile_folder(&folder, &compiled);
  folder_remove(&folder);
  expect_result(&compiled, "both", PIN_UNREADABLE,
                "policy.cfg: error: cannot be opened: no such file\n"
                "policy.d/a.cfg:1:9+1: error: hosts is a number; expected a list ( { ... }, { ... } )\n");
  compiled_free(&compiled);
}

/* ---- Behaviour inside a program ---- */

static void leaves_the_locale_of_the_thread(void) {
  locale_t own = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
  CU_ASSERT_PTR_NOT_NULL_FATAL(own);
  locale_t before = uselocale(own);
  struct compiled compiled;
  compile_fixture(&(struct fixture){.text = ENTRY("")}, &compiled);
  CU_ASSERT_PTR_EQUAL(uselocale((locale_t)0), own);
  uselocale(before);
  freelocale(own);
  expect_result(&compiled, "locale", PIN_OK, "");
  compiled_free(&compiled);
}

static void is_silent_without_a_listener(void) {
  struct policy_folder folder;
  void *image = &folder;
  size_t size = 1;
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", "version = 2; hosts = 5;");
  CU_ASSERT_EQUAL(pin_text_compile(folder_path(&folder, "policy.cfg"), NULL, NULL, &image, &size),
                  PIN_INVALID);
  CU_ASSERT_PTR_NULL(image);
  folder_remove(&folder);
}

/* A line that is too long is not in the message; the position is. */
static void note_bare_place(const struct pin_diagnostic *diagnostic, void *arg) {
  CU_ASSERT_EQUAL(diagnostic->line, 2);
  CU_ASSERT_EQUAL(diagnostic->column, 8);
  CU_ASSERT_PTR_NULL(diagnostic->source_line);
  ++*(unsigned *)arg;
}

static void keeps_long_lines_to_itself(void) {
  static char text[6000];
  struct policy_folder folder;
  void *image;
  size_t size;
  unsigned count = 0;
  int start = snprintf(text, sizeof text, V "mode = \"on\"; #");
  memset(text + start, 'x', sizeof text - 1 - (size_t)start);
  folder_make(&folder);
  folder_write(&folder, "policy.cfg", text);
  CU_ASSERT_EQUAL(
      pin_text_compile(folder_path(&folder, "policy.cfg"), note_bare_place, &count, &image, &size),
      PIN_INVALID);
  CU_ASSERT_EQUAL(count, 1);
  folder_remove(&folder);
}

static const struct unit_test tests[] = {
    {"refuses bad grammar", refuses_bad_grammar},
    {"goes on after a mistake", goes_on_after_a_mistake},
    {"finds the missing quote", finds_the_missing_quote},
    {"refuses a NUL byte", refuses_a_nul_byte},
    {"refuses a crowded group", refuses_a_crowded_group},
    {"takes every spelling", takes_every_spelling},
    {"refuses bad settings", refuses_bad_settings},
    {"refuses bad pin sets", refuses_bad_pin_sets},
    {"refuses bad digests", refuses_bad_digests},
    {"reports five mistakes of three files", reports_five_mistakes_of_three_files},
    {"tells unreadable and invalid at once", tells_unreadable_and_invalid_at_once},
    {"leaves the locale of the thread", leaves_the_locale_of_the_thread},
    {"is silent without a listener", is_silent_without_a_listener},
    {"keeps long lines to itself", keeps_long_lines_to_itself},
    {NULL, NULL},
};

int main(void) {
  static const struct unit_suite suite = {"parser", NULL, NULL, tests};
  return unit_run(&suite);
}
