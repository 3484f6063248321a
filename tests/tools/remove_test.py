# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl remove: whole entries, single pins, and what it refuses."""

import contextlib
import os
import sqlite3

from pinctl_case import PINCTL, PinctlCase, main, path, pin_of

GOOD = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


class Removes(PinctlCase):
    def test_whole_entry(self):
        self.pinctl("add", "x.org", "server.pem")
        self.pinctl("add", "y.org", "server.pem")
        self.pinctl("remove", "X.org.")
        self.assertEqual(list(self.hosts()), ["y.org"])
        self.assertEqual(os.listdir(self.dropins), ["host-y.org.cfg"])

    def test_single_pins_from_any_list(self):
        self.pinctl("add", "x.org", "server.pem", GOOD, "--backup", "spare.pub", "--intermediate", "ca.pem")
        self.pinctl("remove", "x.org", "chain.pem", "spare.pub", pin_of("ca.pem"))
        entry = self.hosts()["x.org"]
        self.assertEqual((entry["pins"], entry["backup_pins"], entry["intermediates"]), ([GOOD], [], []))

    def test_by_port(self):
        self.pinctl("add", "x.org", "server.pem", "--port", "443")
        self.pinctl("add", "x.org", "server.pem", "--port", "8443")
        done = self.pinctl("remove", "x.org", status=3)
        self.assertIn("several entries", done.stderr)
        self.pinctl("remove", "x.org", "--port", "443")
        self.assertEqual([entry["ports"] for entry in self.json("list")["hosts"]], [[8443]])
        self.pinctl("remove", "x.org")
        self.assertEqual(self.json("list")["hosts"], [])

    def test_dry_run(self):
        self.pinctl("add", "x.org", "server.pem", "--backup", "spare.pub")
        before = self.snapshot()
        self.assertIn("+++ /dev/null\n", self.pinctl("remove", "x.org", "--dry-run").stdout)
        self.assertIn(f'\n-      "{pin_of("other.pem")}"\n',
                      self.pinctl("remove", "x.org", "spare.pub", "--dry-run").stdout)
        self.assertEqual(self.snapshot(), before)


class Doubts(PinctlCase):
    """A key that the server is known to use is not taken out by mistake."""

    def setUp(self):
        super().setUp()
        self.pinctl("add", "x.org", "server.pem", GOOD, "--backup", "spare.pub")

    def seen(self, *pins):
        """As monitor keeps it: the pins with the second of their last sight."""
        with contextlib.closing(sqlite3.connect(self.policy + ".history")) as database, database:
            database.execute("CREATE TABLE IF NOT EXISTS keys (host TEXT, port INTEGER, depth INTEGER, pin TEXT, "
                             "subject TEXT, first_seen INTEGER, last_seen INTEGER, times INTEGER)")
            database.executemany("INSERT INTO keys VALUES ('x.org', 443, 0, ?, '', ?, ?, 1)",
                                 [(pin, last, last) for pin, last in pins])

    def doubted(self, *words, expected):
        before = self.snapshot()
        self.assertIn(expected, self.pinctl("remove", "x.org", *words, status=1).stderr)
        self.assertIn("without --yes", self.pinctl("remove", "x.org", *words, "--dry-run", status=1).stderr)
        self.assertEqual(self.snapshot(), before)

    def test_only_a_backup_stays(self):
        self.doubted("server.pem", GOOD, expected="only a backup pin would stay")
        self.pinctl("remove", "x.org", "server.pem")
        self.doubted(GOOD, expected="only a backup pin would stay")
        self.pinctl("remove", "x.org", GOOD, "--yes")
        self.assertEqual(self.hosts()["x.org"]["pins"], [])

    def test_key_in_use(self):
        self.seen((pin_of("server.pem"), 1700000000))
        self.doubted("server.pem", expected="in use on 2023-11-14, and none of the other pins was seen since")
        self.pinctl("remove", "x.org", GOOD)

    def test_after_a_change_of_keys(self):
        self.seen((pin_of("server.pem"), 1700000000), (pin_of("other.pem"), 1700000001))
        self.doubted("spare.pub", expected="in use on 2023-11-14")
        self.pinctl("remove", "x.org", "server.pem")
        # The backup is in use, whatever its list is called.
        self.pinctl("remove", "x.org", GOOD)

    def test_two_keys_in_use(self):
        self.seen((pin_of("server.pem"), 1700000000), (GOOD, 1700000000))
        self.pinctl("remove", "x.org", "server.pem")

    def test_an_answer(self):
        command = (PINCTL, "remove", "x.org", path("server.pem"), GOOD)
        self.assertEqual(self.on_terminal(*command, answers=((b"[n]o? ", b"\n"),))[0], 1)
        self.assertEqual(len(self.hosts()["x.org"]["pins"]), 2)
        self.assertEqual(self.on_terminal(*command, answers=((b"[n]o? ", b"y\n"),))[0], 0)
        self.assertEqual(self.hosts()["x.org"]["pins"], [])

    def test_what_check_says(self):
        self.assertIn("has no backup pin", self.pinctl("remove", "x.org", "spare.pub").stderr)


class Refuses(PinctlCase):
    def unchanged(self, *words, status, expected):
        before = self.snapshot()
        self.assertIn(expected, self.pinctl("remove", *words, status=status).stderr)
        self.assertEqual(self.snapshot(), before)

    def test_hosts_and_pins_it_does_not_have(self):
        self.pinctl("add", "x.org", "server.pem", "--port", "443")
        self.unchanged("y.org", status=3, expected="no entry for it")
        self.unchanged("a.x.org", status=3, expected="no entry for it")
        self.unchanged("x.org", "--port", "444", status=3, expected="on ports 444")
        self.unchanged("x.org", GOOD, status=3, expected="not among its pins")
        self.unchanged("x.org", "swapped.pem", status=3, expected="not among its pins")
        self.unchanged("x.org", "server.pem", GOOD, status=3, expected="not among its pins")

    def test_last_pin(self):
        self.pinctl("add", "x.org", "server.pem")
        self.unchanged("x.org", "server.pem", status=3, expected="no pin would be left")

    def test_entries_written_by_hand(self):
        self.write_policy(f'version = 1;\nhosts = ( {{ name = "x.org"; pins = [ "{GOOD}" ]; }} );\n')
        self.unchanged("x.org", status=3, expected=f"{self.policy}:2: ")
        self.pinctl("add", "y.org", GOOD)
        with open(os.path.join(self.dropins, "host-y.org.cfg"), "a", encoding="utf-8") as file:
            file.write("# mine\n")
        self.unchanged("y.org", status=3, expected="host-y.org.cfg:5: ")

    def test_broken_file_of_the_host(self):
        self.pinctl("add", "x.org", "server.pem")
        self.pinctl("add", "y.org", "server.pem")
        self.write_policy('hosts = ( { name = "x.org"; pins = 7; } );\n', "policy.d/host-x.org.cfg")
        self.unchanged("x.org", "--dry-run", status=0, expected="host-x.org.cfg:1")
        self.unchanged("y.org", status=1, expected="host-x.org.cfg:1")
        self.pinctl("remove", "x.org")
        self.assertEqual(list(self.hosts()), ["y.org"])
        # Broken twice, it mends nothing, so it does nothing.
        self.write_policy("oops", "policy.d/host-y.org.cfg")
        self.write_policy("oops", "policy.d/mine.cfg")
        self.unchanged("y.org", status=1, expected="mine.cfg:1")

    def test_broken_policy(self):
        self.pinctl("add", "x.org", "server.pem")
        self.write_policy("oops", "policy.d/mine.cfg")
        self.unchanged("x.org", status=1, expected="mine.cfg:1")


class Mistyped(PinctlCase):
    def test_what_was_meant(self):
        pin = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
        self.pinctl("add", "api.example.com", pin)
        self.pinctl("add", "example.org", pin, "--include-subdomains")
        self.pinctl("add", "ports.org", pin, "--port", "443")
        for typed, meant in (("api.exmaple.com", "api.example.com"), ("ap.example.com", "api.example.com"), ("www.example.org", "example.org")):
            for words in (("remove", typed), ("rename", typed, "b.org")):
                self.assertIn(f'{typed}: the policy has no entry for it; did you mean "{meant}"?', self.pinctl(*words, status=3).stderr)
        self.assertIn(f'"pinctl list --policy {self.policy}" shows all', self.pinctl("remove", "other.net", status=3).stderr)
        self.assertIn("no entry for it on ports 8443, but one on ports 443",
                      self.pinctl("remove", "ports.org", "--port", "8443", status=3).stderr)

    def test_among_many(self):
        """A compiled form of more than 64 KiB stays in its file, and what points into it lives for one visit."""
        pin = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
        hosts = ",\n".join(f'{{ name = "host-{i:05}.example.com"; pins = [ "{pin}" ]; }}' for i in range(2000))
        self.write_policy(f"version = 1; hosts = (\n{hosts});\n")
        self.pinctl("compile")
        self.assertGreater(os.path.getsize(os.path.join(self.folder, "policy.db")), 64 << 10)
        for words in (("remove",), ("remove", "--dry-run"), ("rename", "--dry-run"), ("rename",)):
            done = self.pinctl(*words, "hots-00077.example.com", *(["b.org"] if words[0] == "rename" else []), status=3)
            self.assertEqual(done.stderr, 'pinctl: hots-00077.example.com: the policy has no entry for it; '
                                          'did you mean "host-00077.example.com"?\n')

    def test_of_two_that_are_as_near(self):
        self.write_policy("version = 1; hosts = (%s);\n" % ", ".join(
            f'{{ name = "api{number}.example.com"; pins = [ "{GOOD}" ]; }}' for number in "345"))
        for _ in range(8):
            self.assertIn('did you mean "api3.example.com"?', self.pinctl("remove", "api9.example.com", status=3).stderr)

    def test_order_and_nothing(self):
        pin = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
        for verb in ("add", "remove"):
            self.assertIn("is a pin; expected the HOST before it", self.pinctl(verb, pin, "x.org", status=2).stderr)
            self.assertIn("an empty word is no pin", self.pinctl(verb, "x.org", "", status=2).stderr)


if __name__ == "__main__":
    main()
