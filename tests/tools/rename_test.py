# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl rename: the entry under its new name, or nothing."""

import os

from pinctl_case import PinctlCase, main

GOOD = "sha256/AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="


class Renames(PinctlCase):
    def test_all_that_it_says(self):
        self.pinctl("add", "x.org", "server.pem", "--backup", "spare.pub", "--port", "443", "--expires", "2099-01-01",
                    "--comment", "mine")
        (before,) = self.json("list")["hosts"]
        self.assertIn("x.org: is now new.x.org", self.pinctl("rename", "X.org.", "new.x.org").stderr)
        (after,) = self.json("list")["hosts"]
        self.assertEqual({**before, "name": "new.x.org", "file": ""}, {**after, "file": ""})
        self.assertEqual(os.listdir(self.dropins), ["host-new.x.org_443.cfg"])
        self.pinctl("undo")
        self.assertEqual(list(self.hosts()), ["x.org"])

    def test_dry_run(self):
        self.pinctl("add", "x.org", GOOD)
        before = self.snapshot()
        done = self.pinctl("rename", "x.org", "y.org", "--dry-run")
        self.assertIn('+  { name = "y.org";', done.stdout)
        self.assertIn('-  { name = "x.org";', done.stdout)
        self.assertEqual(self.snapshot(), before)

    def test_one_of_several(self):
        self.pinctl("add", "x.org", GOOD, "--port", "443")
        self.pinctl("add", "x.org", GOOD, "--port", "25")
        self.assertIn("several entries", self.pinctl("rename", "x.org", "y.org", status=3).stderr)
        self.pinctl("rename", "x.org", "y.org", "--port", "25")
        self.assertEqual({name: entry["ports"] for name, entry in self.hosts().items()}, {"x.org": [443], "y.org": [25]})


class Refuses(PinctlCase):
    def unchanged(self, *words, status, expected):
        before = self.snapshot()
        self.assertIn(expected, self.pinctl("rename", *words, status=status).stderr)
        self.assertEqual(self.snapshot(), before)

    def test_what_is_in_the_way(self):
        self.pinctl("add", "x.org", GOOD)
        self.pinctl("add", "y.org", "server.pem")
        self.unchanged("x.org", "y.org", status=3, expected='"y.org" has an entry already')
        self.unchanged("absent.org", "z.org", status=3, expected="no entry for it")
        self.unchanged("x.org", "X.ORG.", status=2, expected="are one name")
        self.unchanged("x.org", "y.org:443", status=2, expected="the port is an option")
        self.unchanged("x.org", "a..b", status=2, expected="a..b")
        self.unchanged("x.org", "co.uk", status=1, expected="public suffix")
        self.pinctl("rename", "x.org", "co.uk", "--yes")

    def test_entries_written_by_hand(self):
        self.write_policy(f'version = 1;\nhosts = ( {{ name = "x.org"; pins = [ "{GOOD}" ]; }} );\n')
        self.unchanged("x.org", "y.org", status=3, expected=f"{self.policy}:2: ")


if __name__ == "__main__":
    main()
