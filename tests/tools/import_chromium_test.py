# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl import --format chromium: Chromium's list of entries and pinsets, and its second file of keys."""

import os

from conversion_case import A, B, C, ONE, ImportCase, b64, pin
from pinctl_case import main, pin_of, read


class Chromium(ImportCase):
    form = "chromium"


class Lists(Chromium):
    KEYS = f"# keys\nPinsListTimestamp\n1700000000\n\nFirst\n{pin('a')}\n\nSecond\n{pin('b')}\n"

    def take(self, pinsets, entries, *words, keys=KEYS, **options):
        self.file("list.pins", keys)
        text = "// Copyright\n{\n  // sets\n  \"pinsets\": [\n%s\n  ],\n  \"entries\": [\n    // hosts\n%s\n  ]\n}\n" % (
            ",\n".join(pinsets), ",\n".join(entries))
        return self.imports(text, *words, name="list.json", **options)

    SET = '{"name": "s", "static_spki_hashes": ["First", "Second"], "report_uri": "http://x.org/"}'

    def test_entries(self):
        entries = ('{"name": "a.org", "policy": "custom", "mode": "force-https", "include_subdomains": true, "pins": "s"}',
                   '{"name": "b.org", "policy": "custom", "include_subdomains_for_pinning": true, "pins": "s"}',
                   '{"name": "c.org", "policy": "custom", "pins": "s", "expect_ct": true}',
                   '{"name": "d.org", "policy": "bulk-1-year", "mode": "force-https", "include_subdomains": true}')
        pins = [pin("a"), pin("b")]
        self.assertEqual(self.take([self.SET], entries, said="1 host without pins; left out"), [
            self.entry("a.org", include_subdomains=True, pins=pins), self.entry("b.org", include_subdomains=True, pins=pins),
            self.entry("c.org", pins=pins)])

    def test_no_pins_below_pins_takes_the_name_out(self):
        entries = self.take([self.SET], ('{"name": "a.org", "include_subdomains": true, "pins": "s"}',
                                         '{"name": "free.a.org", "mode": "force-https", "include_subdomains": true}'))
        self.assertEqual([(entry["name"], entry["mode"], entry["include_subdomains"]) for entry in entries],
                         [("a.org", "enforce", True), ("free.a.org", "off", True)])

    def test_forbidden_keys_cannot_be_held(self):
        forbidding = '{"name": "s", "static_spki_hashes": ["First"], "bad_static_spki_hashes": ["Second"]}'
        entry = ['{"name": "a.org", "pins": "s"}']
        self.take([forbidding], entry, status=1, said=('pinset "s" forbids 1 keys', "list.json:5: "))
        self.assertEqual(self.take([forbidding], entry, "--lossy")[0]["pins"], [pin("a")])
        self.assertNotIn("forbids", self.pinctl("import", self.file("list.json", '{"pinsets": [%s], "entries": []}' % forbidding),
                                                status=1).stderr, "a pinset that nobody uses loses nothing")

    def test_keys_in_pem(self):
        keys = "Leaf\n" + read("server.pem").decode() + "\nSpare\n" + read("spare.pub").decode()
        entries = self.take(['{"name": "s", "static_spki_hashes": ["Leaf", "Spare"]}'], ['{"name": "a.org", "pins": "s"}'], keys=keys)
        self.assertEqual(entries[0]["pins"], [pin_of("server.pem"), pin_of("other.pem")])

    def test_file_of_keys_elsewhere(self):
        self.file("list.pins", "First\n")
        keys = self.file("keys", self.KEYS)
        self.assertEqual(len(self.take([self.SET], ['{"name": "a.org", "pins": "s"}'], "--pins", keys, keys="")), 1)
        os.unlink(os.path.join(self.folder, "in/list.pins"))
        done = self.pinctl("import", os.path.join(self.folder, "in/list.json"), status=3)
        self.assertIn("list.pins: No such file or directory; expected the file of named keys", done.stderr)

    def test_mistakes_are_refused_with_their_line(self):
        entry = ['{"name": "a.org", "pins": "s"}']
        for keys, said in (("First\n", "list.pins:2: "), ("First\nsha256/AAAA\n", "list.pins:2: bad key"),
                           (self.KEYS + f"First\n{pin('c')}\n", "list.pins:10: \"First\" is defined a second time"),
                           ("First\n-----BEGIN CERTIFICATE-----\nAAAA\n", "list.pins:2: bad key"), ("a\0b", "holds a NUL"),
                           (f"Other\n{pin('a')}\n", 'no key is named "First"')):
            self.take([self.SET], entry, keys=keys, status=3 if "NUL" in said else 1, said=said)
        for pinsets, entries, said in (([self.SET, self.SET], entry, '"s" is defined a second time'),
                                       ([self.SET], ['{"pins": "s"}'], "an entry without a name"),
                                       ([self.SET], ['{"name": "a.org", "pins": true}'], 'list.json:9: "pins": expected string'),
                                       ([self.SET], entry * 2, '"a.org" has an entry already'),
                                       (["7"], entry, "a pinset without a name")):
            if said.startswith('"a.org"'):
                entries = [entry[0], entry[0].replace('"s"', '"s", "include_subdomains": true')]
            self.take(pinsets, entries, status=1, said=said)


class Members(Chromium):
    def test_encodings_comments_and_members_that_stand_twice(self):
        keys = f"First\n{A}\nSecond\n{B}\n"
        sets = '{"name": "s", "static_spki_hashes": ["First"]}'
        one = {"x.org": [A]}

        def text(entries='{"name": "x.org", "pins": "s"}', pinsets=sets, head=""):
            return f'{head}{{"pinsets": [{pinsets}],\n"entries": [{entries}]}}\n'
        good = '{"name": "x.org", "pins": "s"}'
        pins = self.file("keys", keys)
        self.rows([
            ("\ufeff" + text().replace("\n", "\r\n"), one, None),
            (text('{"name": "x.org", "name": "y.org", "pins": "s"}'), one, "stands here a second time"),
            (text('{"name": "x.org", "pins": "s", "pins": "t"}'), one, "stands here a second time"),
            (text(pinsets='{"name": "s", "static_spki_hashes": ["First"], "static_spki_hashes": ["Second"]}'), one, "stands here a second time"),
            (text().replace("]}\n", '], "entries": [{"name": "y.org", "pins": "s"}]}\n'), one, '"entries" stands here a second time'),
            (text(head='// {"entries": [], "entries": []}\n/* "a": 1, "a": 2 */\n'), one, None),
            (text(good + ', {"name": "y.org", "pins": ["s"]}'), one, '"pins": expected string'),
            (text(good + ', {"pins": "s"}'), one, "an entry without a name"),
            (text(good + ', {"name": "y.org", "pins": "S"}'), one, 'no pinset is named "S"'),
            (text(pinsets='{"name": "s", "static_spki_hashes": ["First", "first"]}'), one, 'no key is named "first"'),
            (text(pinsets='{"name": "s", "static_spki_hashes": "First"}, ' + sets.replace('"s"', '"t"'), entries=good + ', {"name": "y.org", "pins": "t"}'),
             {"y.org": [A]}, "expected array"),
            (text('{"name": "x.org", "pins": "s", "include_subdomains": "true"}'), one, "expected boolean"),
        ], "--pins", pins)
        for data in (b"\xef\xbb\xbf" + keys.encode(), keys.encode("utf-16"), keys.replace("\n", "\r\n").encode()):
            self.file("keys", data)
            self.assertEqual(self.taken(len(data), text(), 0, "--format", "chromium", "--pins", pins)[1], one)
        self.file("keys", keys + f"First\n{C}\n")
        self.assertEqual(self.taken("twice", text(), 0, "--format", "chromium", "--pins", pins, "--lossy")[1], one)

    def test_other_members_and_types_are_named(self):
        sets = '{"name": "s", "static_spki_hashes": ["First"]%s}'

        def text(entry="", pinset="", after=""):
            return '{"pinsets": [%s],\n"entries": [{"name": "x.org", "pins": "s"%s}%s]}\n' % (sets % pinset, entry, after)
        pins = self.file("keys", f"First\n{A}\nSecond\n{B}\n")
        self.rows([
            (text(pinset=', "spki_hashes": ["Second"]'), ONE, '"spki_hashes": Chromium has no member'),
            (text(pinset=', "report_uri": "http://x.org", "bad_static_spki_hashes": []'), ONE, None),
            (text(', "Pins": "t"'), ONE, '"Pins": Chromium has no member'),
            (text(after=', {"name": "y.org", "pin": "s"}'), ONE, '"pin": Chromium has no member'),
            (text(after=", " + sets.replace('"s"', '"y.org"') % ""), ONE, '"static_spki_hashes": Chromium has no member'),
            (text(', "policy": "custom", "mode": "force-https", "expect_ct": true, "snionly": true'), ONE, None),
            (text(after=', {"name": "y.org", "pins": "sha256/%s"}' % b64("b")), ONE, "no pinset is named"),
            (text(pinset=', "static_spki_hashes": ["First", "sha256/%s"]' % b64("b")), ONE, "stands here a second time"),
            (text(after=', {"name": "y.org", "pins": "t"}').replace('["First"]}', '["First"]}, {"name": "t", "static_spki_hashes": ["sha256/%s"]}' % b64("b")), ONE, "no key is named"),
            (text(after=","), ONE, None),
            (text(after=', {"name": "y.org", "pins": "s", "include_subdomains": 1}'), {**ONE, "y.org": [A]}, "expected boolean"),
        ], "--pins", pins)
        for made, said in (("1500000000", "the list is of 2017-07-14"), ("99999999999", "entries imported")):
            self.file("keys", f"PinsListTimestamp\n{made}\nFirst\n{A}\n")
            self.assertIn(said, self.taken(made, text(), 0, "--format", "chromium", "--pins", pins)[0].stderr)

    def test_other_members_of_the_list_are_named(self):
        keys = self.file("keys.pins", f"A\n{A}\n")
        rows = ["entries2", "Entries", "pinset", "timestamp"]
        for number, name in enumerate(rows):
            text = ('{"pinsets": [{"name": "s", "static_spki_hashes": ["A"]}], "' + name + '": [{"name": "y.org", "pins": "s"}], '
                    '"entries": [{"name": "x.org", "pins": "s"}]}')
            with self.subTest(name=name):
                done, _ = self.taken(f"{number}-strict", text, 1, "--format", "chromium", "--pins", keys)
                self.assertIn(f'"{name}": Chromium has no member of this name', done.stderr)
                _, found = self.taken(f"{number}", text, 0, "--format", "chromium", "--pins", keys, "--lossy")
                self.assertEqual(found, {"x.org": [A]})


class Hosts(Chromium):
    def test_star_of_a_wildcard_is_refused(self):
        keys = self.file("keys.pins", f"K\n{A}\n")
        self.star('{"pinsets": [{"name": "s", "static_spki_hashes": ["K"]}], "entries": [{"name": "HOST", "pins": "s"}]}', "--pins", keys)


if __name__ == "__main__":
    main()
