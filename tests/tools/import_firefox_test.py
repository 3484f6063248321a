# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format firefox: StaticHPKPins.h."""

from conversion_case import A, B, ONE, UNEXPECTED, ImportCase, b64
from pinctl_case import main

HOST = '{ "x.org", false, false, false, -1, &kPinset_one },\n'
EXPIRY = "static const PRTime kPreloadPKPinsExpirationTime = INT64_C(%s);\n"
KEYS = f'static const char kAFingerprint[] = "{b64("a")}";\nstatic const char kBFingerprint[] = "{b64("b")}";\n'
HOSTS_OF = "static const TransportSecurityPreload kPublicKeyPinningPreloadList[] = {\n%s};\n"


def two_sets(hosts, more=""):
    return (KEYS + "static const char* const kPinset_one_Data[] = { kAFingerprint, };\n"
            "static const char* const kPinset_two_Data[] = { kBFingerprint, };\n" + more
            + "static const StaticFingerprints kPinset_one = { 1, kPinset_one_Data };\n"
            "static const StaticFingerprints kPinset_two = { 1, kPinset_two_Data };\n" + HOSTS_OF % hosts)


def one_set(hosts, members="kAFingerprint", more=""):
    return (f"{KEYS}{more}static const char* const kPinset_one_Data[] = {{ {members} }};\n"
            "static const StaticFingerprints kPinset_one = { sizeof(kPinset_one_Data) / sizeof(const char*), kPinset_one_Data };\n"
            + HOSTS_OF % hosts)


class Firefox(ImportCase):
    form = "firefox"


class Table(Firefox):
    TEXT = f'''/* generated */
static const char kFirstFingerprint[] =
  "{b64("a")}";
static const char kSecondFingerprint[] = "{b64("b")}";
static const char* const kPinset_one_Data[] = {{
  kFirstFingerprint,
  kSecondFingerprint,
}};
static const StaticFingerprints kPinset_one = {{
  sizeof(kPinset_one_Data) / sizeof(const char*),
  kPinset_one_Data
}};
static const TransportSecurityPreload kPublicKeyPinningPreloadList[] = {{
  {{ "x.org", true, false, false, -1, &kPinset_one }},
  {{ "y.org", false, true, false, 7, &kPinset_one }},
}};
'''

    def test_hosts_of_the_table_are_taken(self):
        self.assertEqual(self.imports(self.TEXT), [self.entry("x.org", include_subdomains=True, pins=[A, B]),
                                                   self.entry("y.org", mode="audit", pins=[A, B])])

    def test_sets_that_are_defined_nowhere_are_refused(self):
        self.pins(self.TEXT.replace("kPinset_one }", "kPinset_two }"), status=1, said="its set is defined nowhere")
        self.pins(self.TEXT.replace("  kSecondFingerprint,", "  kThirdFingerprint,"), status=1, said='"kThirdFingerprint" is defined nowhere')
        self.pins('{"pinsets": [{"name": "a", "sha256_hashes": ["GTS Root R1"]}]}', status=3, said="names keys by certificates")

    def test_json_that_names_certificates_is_refused(self):
        preloaded = '{"pinsets": [{"name": "s", "sha256_hashes": ["R1"]}], "entries": [{"name": "x.org", "pins": "s"}]}\n'
        for words in ((), ("--format", "chromium"), ("--format", "firefox")):
            self.assertIn("names keys by certificates", self.taken(f"json{len(words)}{words[-1:]}", preloaded, 3, *words)[0].stderr)

    def test_age_of_the_list_is_noted(self):
        for microseconds, said in (("1554998400000000", "the list has expired on 2019-04-11"), ("7554998400000000", "gives its list some weeks")):
            done, _ = self.taken(microseconds, one_set(HOST) + EXPIRY % microseconds, 0, "--format", "firefox")
            self.assertIn(said, done.stderr)


class Mode(Firefox):
    setting = "mode"

    def test_entry_only_logs_unless_test_mode_is_off(self):
        text = (f'static const char kAFingerprint[] = "{b64("a")}";\nstatic const char* const kPinset_one_Data[] = {{ kAFingerprint }};\n'
                "static const StaticFingerprints kPinset_one = { 1, kPinset_one_Data };\n"
                'static const TransportSecurityPreload kPublicKeyPinningPreloadList[] = {{ "x.org", false, %s, false, -1, &kPinset_one },\n}};\n')
        for value, mode in (("kIsTest", "audit"), ("1", "audit"), ("true", "audit"), ("false", "enforce")):
            with self.subTest(value=value):
                self.assertEqual(self.taken(value, text % value, 0, "--format", "firefox", "--lossy")[1], {"x.org": mode})


class Spellings(Firefox):
    """Other ways to write what is taken."""

    def test_each_is_taken(self):
        self.rows([
            ("\ufeff" + two_sets(HOST).replace("\n", "\r\n"), ONE, None),
            (two_sets(HOST + "// " + HOST.replace("x.org", "y.org").replace("one", "two")), ONE, None),
            (two_sets(HOST + "/* " + HOST.replace("x.org", "y.org") + "*/"), ONE, None),
            (two_sets(HOST).replace("{ 1, kPinset_one_Data }", "{ sizeof(kPinset_one_Data), kPinset_one_Data, kPinset_one_Data }"), ONE, None),
            (one_set("#ifdef X\n" + HOST + "#endif\n"), ONE, None),
            (one_set(HOST + EXPIRY % 1), ONE, None),
        ])


class Comments(Firefox):
    """What is commented out pins nothing."""

    def test_hold_no_pins(self):
        self.rows([
            (one_set(HOST) + f"// {b64('c')}\n", ONE, None),
        ])


class Hosts(Firefox):
    """Which host a pin is for."""

    def test_unclear_ones_are_named(self):
        self.rows([
            (two_sets(HOST + HOST.replace("one", "two")), ONE, "with other pins"),
            (two_sets(HOST.replace("x.org", "bad name") + HOST), ONE, "bad name"),
            (HOST.replace("x.org", "y.org") + one_set(HOST), ONE, '"y.org" stands outside of kPublicKeyPinningPreloadList'),
        ])


class Digests(Firefox):
    """Values that are no digest of a key, or none that a policy can hold."""

    def test_bad_ones_are_named(self):
        self.rows([
            (two_sets(HOST).replace(b64("b"), "AAAA") .replace("kPinset_one_Data[] = { kAFingerprint", "kPinset_one_Data[] = { kAFingerprint, kBFingerprint"), ONE, "bad fingerprint"),
        ])


class Twice(Firefox):
    """Settings that stand there twice."""

    def test_second_one_is_named(self):
        self.rows([
            (two_sets(HOST, f'static const char kAFingerprint[] = "{b64("c")}";\n'), ONE, "is defined a second time"),
            (two_sets(HOST, "static const char* const kPinset_one_Data[] = { kBFingerprint, };\n"), ONE, "is defined a second time"),
        ])


class Settings(Firefox):
    """Settings beside pins."""

    def test_unknown_ones_are_named(self):
        self.rows([
            (one_set(HOST.replace("false", "TRUE", 1)), ONE, '"TRUE": expected true or false'),
        ])


class Sets(Firefox):
    def test_missing_ones_are_named(self):
        self.rows([
            (two_sets(HOST + '{ "y.org", false, false, false, -1, &kPinset_none },\n'), ONE, "its set is defined nowhere"),
            (two_sets(HOST + '{ "y.org", false, false, false, -1, nullptr },\n'), ONE, "its set is defined nowhere"),
            (two_sets(HOST).replace("{ kAFingerprint, }", "{ kAFingerprint, kZFingerprint }"), ONE, '"kZFingerprint" is defined nowhere'),
            (one_set(HOST, "kAFingerprint, kBFingerprin"), ONE, '"kBFingerprin" is defined nowhere'),
            (one_set(HOST, "kAFingerprint, kEmpty", "kEmpty[] = ;\n"), ONE, '"kEmpty" is defined nowhere'),
            (one_set(HOST.replace("&kPinset_one }", "&kPinset_one, 1 }") + HOST), ONE, "its set is defined nowhere"),
        ])


class Unread(Firefox):
    """A pin where the format has none is named, with its line."""

    def test_pins_elsewhere_are_named(self):
        self.rows([
            (one_set(HOST, f'kAFingerprint, "{b64("c")}"'), ONE, UNEXPECTED),
            (one_set(HOST) + f'const char* spare = x("{b64("c")}");\n', ONE, UNEXPECTED),
        ])


if __name__ == "__main__":
    main()
