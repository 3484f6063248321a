# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl diff: what files would change of what is in force, in words."""

from pinctl_case import PinctlCase, main

GOOD = "sha256/AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="


class Diff(PinctlCase):
    def setUp(self):
        super().setUp()
        self.pinctl("add", "x.org", GOOD, "--backup", "spare.pub")

    def test_nothing(self):
        done = self.pinctl("diff")
        self.assertEqual(done.stdout, "")
        self.assertIn("stays the same", done.stderr)
        self.assertEqual(self.json("diff"), [])

    def test_files_edited_since(self):
        self.write_policy(f'version = 1;\nhosts = ( {{ name = "y.org"; pins = [ "{GOOD}" ]; mode = "audit"; }} );\n')
        done = self.pinctl("diff", status=1)
        self.assertEqual(done.stdout, 'y.org: new, mode "audit", without a backup pin\n')
        self.assertIn("processes read the text", done.stderr)
        self.assertEqual(self.json("diff", status=1), [{"change": done.stdout.strip()}])
        self.pinctl("compile")
        self.pinctl("diff")

    def test_files_that_are_broken(self):
        self.write_policy("oops", "policy.d/mine.cfg")
        done = self.pinctl("diff", status=1)
        self.assertIn("mine.cfg:1", done.stderr)
        self.assertIn("what was compiled last stays in force", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_another_file(self):
        other = self.write_policy(f'version = 1;\nhosts = ( {{ name = "x.org"; pins = [ "{GOOD}" ]; }} );\n', "other/policy.cfg")
        before = self.snapshot()
        self.assertIn("x.org: loses its only backup pin\n", self.pinctl("diff", other, status=1).stdout)
        self.assertEqual(self.snapshot(), before)
        self.pinctl("diff", self.write_policy("oops", "other/policy.cfg"), status=1)
        self.pinctl("diff", "/nonexistent/policy.cfg", status=3)


if __name__ == "__main__":
    main()
