# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import: what it takes, what it refuses, and where it goes. Each format has a file of its own."""

import os
import subprocess

from conversion_case import A, B, ConversionCase, ImportCase, b64, hexed, pin
from pinctl_case import main

LISTING = f"a.example -> {pin('a')}\nb.example -> {pin('b')}, {pin('c')}\nd.example -> {pin('b')}, {pin('c')}\n"
FILE = "policy.d/import-pins.cfg"


class Lists(ConversionCase):
    def take(self, text=LISTING, *words, **options):
        return self.imports(text, "--format", "okhttp", *words, name="pins.txt", **options)

    def test_one_file_in_place(self):
        entries = self.take()
        self.assertEqual([entry["name"] for entry in entries], ["a.example", "b.example", "d.example"])
        self.assertEqual(entries[1]["pins"], [pin("b"), pin("c")])
        self.assertEqual(sorted(self.policy_files()), ["policy.cfg", "policy.d/import-pins.cfg", "policy.db"])
        text = self.policy_files()[FILE].decode()
        self.assertEqual(text.count(pin("c")), 1, "b and d share a pin set")
        self.pinctl("check", "--policy", self.policy)

    def test_again_is_no_change(self):
        self.take()
        before = self.policy_files()
        self.take(said="nothing was changed")
        self.assertEqual(self.policy_files(), before)

    def test_newer_list_replaces_the_older(self):
        self.take()
        entries = self.take(f"a.example -> {pin('x')}\ne.example -> {pin('e')}\n")
        self.assertEqual([(entry["name"], entry["pins"]) for entry in entries],
                         [("a.example", [pin("x")]), ("e.example", [pin("e")])])

    def test_dry_run_is_a_patch(self):
        self.take()
        newer = self.file("pins.txt", LISTING + f"e.example -> {pin('e')}\n")
        before = self.policy_files()
        text = self.pinctl("import", newer, "--format", "okhttp", "--dry-run").stdout
        self.assertEqual(self.policy_files(), before)
        subprocess.run(["patch", "-p0", "-s", "-d", "/"], input=text.encode(), check=True, capture_output=True)
        patched = self.policy_files()[FILE]
        self.pinctl("import", newer, "--format", "okhttp")
        self.assertEqual(self.policy_files()[FILE], patched)

    def test_dry_run_without_a_policy_writes_nothing(self):
        path = self.file("pins.txt", LISTING)
        self.assertIn("+  { name = \"a.example\";", self.pinctl("import", path, "--format", "okhttp", "--dry-run").stdout)
        self.assertEqual(self.policy_files(), {})

    def test_lists_of_different_names_stand_side_by_side(self):
        self.take()
        self.imports(f"z.example -> {pin('z')}\n", "--format", "okhttp", "--name", "other", name="pins.txt")
        self.assertEqual(len(self.entries()), 4)

    def test_names_of_lists(self):
        for name in ("../x", "", "-x", "a b", "x" * 65, "a.b"):
            self.take(LISTING, f"--name={name}", status=2)
        self.imports(LISTING, "--format", "okhttp", name="öl & wasser.v1.txt")
        self.assertTrue(any(name.startswith("policy.d/import-") for name in self.policy_files()))
        self.pinctl("import", "-", "--format", "okhttp", "--policy", os.path.join(self.folder, "in/p.cfg"),
                    data=LISTING.encode())
        self.assertTrue(os.path.exists(os.path.join(self.folder, "in/policy.d/import-okhttp.cfg")))

    def test_edited_by_hand_is_left_alone(self):
        self.take()
        path = os.path.join(self.folder, FILE)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.write_policy(text.replace("a.example", "ab.example"), FILE)
        self.take(LISTING + f"e.example -> {pin('e')}\n", status=3, said="edited by hand")
        self.assertIn("edited by hand", self.pinctl("remove", "--list", "pins", status=3).stderr)
        self.assertIn("by hand", self.pinctl("remove", "b.example", status=3).stderr)

    def test_remove(self):
        self.take()
        before = self.policy_files()
        self.assertIn("-  { name = \"a.example\";", self.pinctl("remove", "--list", "pins", "--dry-run").stdout)
        self.assertEqual(self.policy_files(), before)
        self.pinctl("remove", "--list", "pins")
        self.assertEqual(self.entries(), [])
        self.assertIn("pins: there is no imported list of that name", self.pinctl("remove", "--list", "pins", status=3).stderr)
        for words in (("--list", "../x"), ("--list", "pins", "a.example"), ()):
            self.pinctl("remove", *words, status=2)

    def test_other_verbs_say_whose_a_host_is(self):
        self.take()
        for words in (("add", "b.example", pin("x")), ("remove", "b.example"), ("remove", "b.example", pin("b"))):
            said = self.pinctl(*words, status=3).stderr
            self.assertIn('belongs to the imported list "pins"', said)
            self.assertIn("--without b.example", said)
        self.take(LISTING, "--without", "B.Example.")
        self.pinctl("add", "b.example", pin("x"))
        self.assertEqual(self.hosts()["b.example"]["pins"], [pin("x")])
        self.assertIn("policy.d/import-pins.cfg:", self.pinctl("list").stdout)
        self.assertIn("policy.d/import-pins.cfg:", self.pinctl("show", "a.example").stdout)

    def test_hosts_that_have_an_entry_are_left_out(self):
        self.pinctl("add", "b.example", pin("mine"))
        entries = self.take(said=f"b.example: has an entry already ({self.dropins}/host-b.example.cfg:5); left out")
        self.assertEqual([entry["pins"] for entry in entries if entry["name"] == "b.example"], [[pin("mine")]])
        self.assertEqual(len(entries), 3)

    def test_strict_changes_nothing_then(self):
        self.pinctl("add", "b.example", pin("mine"))
        self.take(LISTING, "--strict", status=1, said=("b.example: has an entry already", "1 of its hosts have an entry already"))

    def test_entries_for_other_ports_are_no_obstacle(self):
        self.pinctl("add", "b.example", pin("mine"), "--port", "444")
        zone = f"_443._tcp.b.example. IN TLSA 3 1 1 {'ab' * 32}\n_444._tcp.b.example. IN TLSA 3 1 1 {'cd' * 32}\n"
        entries = self.imports(zone, said="left out")
        self.assertEqual([entry["ports"] for entry in entries], [[443], [444]])

    def test_entries_for_different_ports_are_pointed_out(self):
        zone = f"_443._tcp.c.example. IN TLSA 3 1 1 {'ab' * 32}\n_444._tcp.c.example. IN TLSA 3 1 1 {'cd' * 32}\n"
        self.imports(zone, said='"c.example" has entries for different ports')

    def test_mode_for_all(self):
        self.assertEqual({entry["mode"] for entry in self.take(LISTING, "--mode", "audit")}, {"audit"})

    def test_a_broken_policy_stays_as_it_is(self):
        self.write_policy("version = 1;\nmode = 7;\n")
        self.take(status=1, said=f"{self.policy}:2:")

    def test_names_in_unicode(self):
        self.assertEqual([entry["name"] for entry in self.take(f"**.bücher.example -> {pin('a')}\n")],
                         ["xn--bcher-kva.example"])

    def test_lint_does_not_ask_for_backup_pins(self):
        self.take(f"b.example -> {pin('b')}, {pin('c')}\n")
        self.assertIn("0 warnings", self.pinctl("check").stderr)


class OneHost(ConversionCase):
    def test_becomes_an_entry_as_of_add(self):
        self.imports(f"sha256//{b64('a')};sha256//{b64('b')}", "--host", "X.Example")
        self.assertIn("policy.d/host-x.example.cfg", self.policy_files())
        self.pinctl("add", "x.example", "--backup", pin("c"))
        self.assertEqual(self.hosts()["x.example"]["backup_pins"], [pin("c")])

    def test_that_has_an_entry(self):
        self.pinctl("add", "x.example", pin("a"))
        self.imports(f"sha256//{b64('b')}", "--host", "x.example", status=1, said='"x.example" has an entry already')

    def test_host_has_to_be_given(self):
        self.imports(f"sha256//{b64('a')}", status=2, said="expected --host HOST")
        self.imports(LISTING, "--format", "okhttp", "--host", "x.example", status=2)
        self.imports(f"sha256//{b64('a')}", "--host", "x.example", "--name", "x", status=2)
        self.imports(f"sha256//{b64('a')}", "--host", "no host", status=2, said='--host "no host"')


class Guesses(ImportCase):
    def test_what_is_certain_is_guessed(self):
        texts = {
            "android": "<network-security-config/>", "trustkit": "<plist><dict><key>TSKPinnedDomains</key><dict/></dict></plist>",
            "windows": "<PinRules/>", "envoy": '{"verify_certificate_spki": []}', "hpkp": f'pin-sha256="{b64("a")}"; max-age=9',
            "okhttp": f'.add("x.example", "{pin("a")}")', "chromium": '{"pinsets": [], "entries": [{"name": 7}]}',
            "tlsa": f"_443._tcp.x. IN TLSA 3 1 2 {'ab' * 64}", "postfix": "[x] fingerprint match=00",
        }
        for form, text in texts.items():
            done = self.pinctl("import", self.file("x", text), "--host", "x.example", status=None)
            self.assertNotIn("cannot tell the format", done.stderr, form)

    def test_what_is_not_is_asked_for(self):
        for text in ("", "hello", "x -> y", f'<PinRules/>sha256//{b64("a")}'):
            self.imports(text, status=2, said="name it with --format")

    def test_zones_and_headers_are_known_by_less(self):
        record, one = f"TLSA 3 1 1 {hexed('a')}\n", {"x.org:443": [A]}
        for number, (text, entries, words) in enumerate([
                ("$ORIGIN .\nx.org 60 IN SOA n h 1 2 3 4 5\n$ORIGIN _tcp.x.org.\n_443 " + record, one, ()),
                ("$ORIGIN _tcp.x.org.\n_443 60 IN " + record, one, ()),
                ("_443 IN " + record, one, ("--origin", "_tcp.x.org")),
                (f"Public-Key-Pins: pin-sha256={b64('a')}; pin-sha256={b64('b')}\n", {"x.org": [A, B]}, ("--host", "x.org", "--lossy"))]):
            with self.subTest(text=text):
                done, found = self.taken(f"{number}", text, 0, *words)
                self.assertEqual(found, entries, done.stderr)


class Refused(ConversionCase):
    """Each message has the place of what it is about."""

    def test_names_that_are_none(self):
        for name in ("a\x1b[2Jb.org", "x..org", "-.*", "a" * 300, "http://x.org/", "x.org:443", "\u202egro.x", "192.0.2.256"):
            self.refuses(f"{name} -> {pin('a')}\n", "okhttp", "evil:1: bad name")
        self.refuses('{"sni": "a\\u001b[2J.org", "verify_certificate_spki": ["%s"]}' % b64("a"), "envoy", 'evil:1: "a\\x1b[2J.org"')
        self.refuses('{"sni": "a\\u0000.org", "verify_certificate_spki": ["%s"]}' % b64("a"), "envoy", "a text with a NUL")

    def test_pins_that_are_none(self):
        for text in ("sha256/AAAA", pin("a")[:-2] + "!=", "sha256/" + "A" * 10000, "md5/x"):
            self.refuses(f"ok.org -> {pin('a')}\nx.org -> {text}\n", "okhttp", "evil:2: ", "expected ")

    def test_places_of_mistakes(self):
        self.refuses('{\n "pinsets": [],\n "entries": [\n  {"name": "x.org", "pins": "nothing"}\n ]\n}', "chromium",
                    'evil:4: "x.org": no pinset is named "nothing"')
        self.refuses('{\n "pinsets": [],\n "entries": [\n  {"name": }\n ]\n}', "chromium", "evil:4: ")
        self.refuses("<network-security-config>\n<domain-config>\n</network-security-config>", "android", "evil:3: ")
        self.refuses(f"; zone\n_443._tcp.x.org. IN TLSA 3 1 1 {'ab' * 31}\n", "tlsa", "evil:2: ")
        self.refuses("[x.org] fingerprint match=zz\n", "postfix", "evil:1: ")

    def test_two_entries_for_one_name(self):
        self.refuses('{"pinsets": [], "entries": [{"name": "x.org", "pins": "a"}', "chromium", "did not find expected")
        twice = (f'<domain-config><domain>x.org</domain><pin-set><pin digest="SHA-256">{b64("a")}</pin></pin-set></domain-config>',
                 f'<domain-config><domain>x.org</domain><pin-set><pin digest="SHA-256">{b64("b")}</pin></pin-set></domain-config>')
        self.refuses("<network-security-config>" + "".join(twice) + "</network-security-config>", "android",
                    '"x.org" has an entry already in line 1')

    def test_complaints_are_counted_not_repeated_for_ever(self):
        text = "".join(f"h{i}.example -> sha1/{'A' * 27}=\n" for i in range(5000))
        path = self.file("evil", text)
        done = self.pinctl("import", path, "--format", "okhttp", status=1)
        self.assertIn("and 9980 more losses", done.stderr)
        self.assertLess(len(done.stderr.splitlines()), 40)

    def test_files_that_cannot_be_read(self):
        self.assertIn("No such file", self.pinctl("import", "absent", status=3).stderr)
        self.assertIn("Is a directory", self.pinctl("import", self.folder, status=3).stderr)


if __name__ == "__main__":
    main()
