# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl remove: whole entries, single pins, and what it refuses."""

import os

from pinctl_case import PinctlCase, main, pin_of

GOOD = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


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


if __name__ == "__main__":
    main()
