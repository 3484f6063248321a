# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl diff: what files would change of what is in force, in words."""

import os

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

    def test_a_form_that_stays_in_its_file(self):
        hosts = ",\n".join(f'{{ name = "h{i}.org"; pins = [ "{GOOD}" ]; }}' for i in range(2000))
        self.write_policy(f"version = 1; hosts = (\n{hosts});\n")
        self.pinctl("compile")
        self.assertEqual(self.pinctl("diff").stdout, "")
        self.write_policy(f"version = 1; hosts = (\n{hosts.replace('h7.org', 'i7.org')});\n")
        self.assertEqual(self.pinctl("diff", status=1).stdout.splitlines(),
                         ["h7.org: has no entry any more", 'i7.org: new, mode "enforce", without a backup pin'])

    def test_files_that_are_broken(self):
        self.write_policy("oops", "policy.d/mine.cfg")
        done = self.pinctl("diff", status=1)
        self.assertIn("mine.cfg:1", done.stderr)
        self.assertIn("what was compiled last stays in force", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_settings_of_the_policy_both_ways(self):
        other = GOOD.replace("AQEB", "AgIC")
        before = self.write_policy(f'version = 1;\nblocked_keys = [ "{GOOD}" ];\nexempt_anchors = [ "{GOOD}" ];\n')
        self.pinctl("compile")
        self.write_policy(f'version = 1;\nblocked_keys = [ "{GOOD}", "{other}" ];\n', before)
        gained = f"the policy: now blocks {other} (blocked_keys)\nthe policy: no longer exempts {GOOD} (exempt_anchors)\n"
        self.assertEqual(self.pinctl("diff", status=1).stdout, gained)
        self.pinctl("compile")
        self.write_policy(f'version = 1;\nexempt_anchors = [ "{GOOD}" ];\n', before)
        lost = "".join(f"the policy: no longer blocks {key} (blocked_keys)\n" for key in sorted((GOOD, other)))
        self.assertEqual(self.pinctl("diff", status=1).stdout, lost + f"the policy: now exempts {GOOD} (exempt_anchors)\n")
        self.pinctl("compile")
        settings = {"mode": ("audit", "enforce"), "unlisted": ("refuse", "ignore"), "certificate_names": ("ignore", "count")}
        for name, (value, usual) in settings.items():
            self.write_policy(f'version = 1;\nexempt_anchors = [ "{GOOD}" ];\n{name} = "{value}";\n', before)
            self.assertIn(f'the policy: {name} is "{value}"', self.pinctl("diff", status=1).stdout)
            self.pinctl("compile")
            self.write_policy(f'version = 1;\nexempt_anchors = [ "{GOOD}" ];\n', before)
            self.assertIn(f'the policy: {name} is "{usual}"', self.pinctl("diff", status=1).stdout)
            self.pinctl("compile")

    def test_without_a_compiled_form(self):
        os.remove(os.path.join(self.folder, "policy.db"))
        done = self.pinctl("diff")
        self.assertEqual(done.stdout, "")
        self.assertIn("there is no compiled form; processes read the text", done.stderr)
        self.assertEqual(self.json("diff"), [])
        # They do not read one that is so long.
        self.write_policy("version = 1;\n" + f"# {'x' * 78}\n" * 5000)
        self.assertIn("x.org: new", self.pinctl("diff", status=1).stdout)

    def test_a_policy_that_cannot_be_read(self):
        for with_form in (True, False):
            if not with_form:
                os.remove(os.path.join(self.folder, "policy.db"))
            os.rename(self.policy, self.policy + ".away")
            done = self.pinctl("diff", status=3)
            self.assertIn("cannot be read", done.stderr)
            self.assertIn("stays in force" if with_form else "nothing is in force", done.stderr)
            os.rename(self.policy + ".away", self.policy)

    def test_another_file(self):
        other = self.write_policy(f'version = 1;\nhosts = ( {{ name = "x.org"; pins = [ "{GOOD}" ]; }} );\n', "other/policy.cfg")
        before = self.snapshot()
        self.assertIn("x.org: loses its only backup pin\n", self.pinctl("diff", other, status=1).stdout)
        self.assertEqual(self.snapshot(), before)
        self.pinctl("diff", self.write_policy("oops", "other/policy.cfg"), status=1)
        self.pinctl("diff", "/nonexistent/policy.cfg", status=3)


if __name__ == "__main__":
    main()
