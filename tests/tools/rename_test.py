# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl rename: the entry under its new name, or nothing."""

import os
import shutil
import subprocess
import unittest

from pinctl_case import CERTIFICATES, PINCTL, PinctlCase, main

SANITIZED = bool(os.environ.get("PINNING_SANITIZE"))

GOOD = "sha256/AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="


class Case(PinctlCase):
    def texts(self):
        return {name: data for name, data in self.snapshot().items() if name.endswith(".cfg")}


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

    def test_a_pause_stays_with_the_old_name(self):
        self.pinctl("add", "x.org", GOOD)
        self.assertNotIn("pause", self.pinctl("rename", "x.org", "y.org").stderr)
        self.pinctl("pause", "y.org")
        done = self.pinctl("rename", "y.org", "z.org")
        self.assertRegex(done.stderr, r"warning: y\.org is paused until .*, and that pause does not cover z\.org: "
                                      rf'"pinctl pause z\.org --policy {self.policy}" pauses that')
        self.pinctl("pause")
        self.assertNotIn("is paused", self.pinctl("rename", "z.org", "x.org").stderr)

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


class HalfWay(Case):
    """The new file can be put in place, and the old one cannot be removed."""

    def setUp(self):
        super().setUp()
        self.pinctl("add", "keep.org", GOOD)
        self.pinctl("add", "old.org", GOOD)
        self.old = os.path.join(self.dropins, "host-old.org.cfg")
        self.new = os.path.join(self.dropins, "host-new.org.cfg")

    def rename(self, *before):
        return subprocess.run([*before, PINCTL, "rename", "old.org", "new.org"], cwd=CERTIFICATES, capture_output=True,
                              text=True, check=False, timeout=60, env=self.environment())

    def test_what_was_begun_is_put_back(self):
        before = self.texts()
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        # The place of a mount cannot be removed, not even by root.
        mounted = ["unshare", *user, "--mount", "sh", "-c", f"mount --bind {self.old} {self.old} && exec \"$@\"", "sh"]
        if shutil.which("unshare") is None or subprocess.run([*mounted, "true"], check=False, capture_output=True).returncode:
            self.skipTest("no mount namespaces here")
        done = self.rename(*mounted)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("host-old.org.cfg: Device or resource busy", done.stderr)
        self.assertIn("nothing was changed", done.stderr)
        self.assertEqual(self.texts(), before)
        self.assertEqual([name for name in self.snapshot() if "new" in name], [])
        self.assertEqual(self.json("status", status=None)["policy"]["compiled"]["state"], "current")
        self.pinctl("undo")
        self.assertEqual(list(self.hosts()), ["keep.org"])

    @unittest.skipIf(SANITIZED, "strace is not for programs with sanitizers")
    def test_what_cannot_be_put_back_is_said_and_recorded(self):
        done = self.rename("strace", "-o", "/dev/null", "-P", self.old, "-P", self.new, "-e", "trace=unlink,unlinkat",
                           "-e", "inject=unlink,unlinkat:error=EBUSY")
        if "Operation not permitted" in done.stderr:
            self.skipTest(f"no strace: {done.stderr}")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("host-new.org.cfg: cannot be put back: Device or resource busy", done.stderr)
        self.assertIn(f'1 of 2 files was changed; "pinctl undo --policy {self.policy}" takes that back', done.stderr)
        self.assertEqual(sorted(self.hosts()), ["keep.org", "new.org", "old.org"])
        self.assertEqual(self.json("changes")[0]["what"], "made host-new.org.cfg")
        self.pinctl("undo")
        self.assertEqual(sorted(self.hosts()), ["keep.org", "old.org"])


class Asks(Case):
    """What happens while nobody answers; the lock is held."""

    def setUp(self):
        super().setUp()
        self.pinctl("add", "old.org", GOOD)
        self.old = os.path.join(self.dropins, "host-old.org.cfg")

    def test_what_somebody_else_writes_meanwhile_is_not_lost(self):
        def edit():
            with open(self.old, "a", encoding="utf-8") as file:
                file.write("# by hand\n")
            self.before = self.texts()
            return b"y\n"
        status, output = self.on_terminal(PINCTL, "rename", "old.org", "co.uk", answers=[(b"all the same", edit)])
        self.assertEqual(status, 3, output)
        self.assertIn("host-old.org.cfg: was changed meanwhile by somebody else; nothing was changed", output)
        self.assertIn(b"# by hand", self.before["policy.d/host-old.org.cfg"])
        self.assertEqual(self.texts(), self.before)
        self.assertEqual([name for name in self.listed() if "new" in name], [])

    @unittest.skipIf(SANITIZED, "strace is not for programs with sanitizers")
    def test_nobody_is_waited_for_without_end(self):
        before = self.snapshot()
        trace = os.path.join(self.folder, "trace")
        status, output = self.on_terminal(shutil.which("strace") or "/usr/bin/strace", "-qq", "-o", trace, "-e",
                                          "trace=poll,ppoll", "-e", "inject=poll,ppoll:retval=0", PINCTL, "rename", "old.org",
                                          "co.uk")
        if "strace: " in output or status == 127:
            self.skipTest(f"no strace: {output}")
        self.assertEqual(status, 1, output)
        self.assertIn('no answer within 120 seconds counts as "no"', output)
        with open(trace, encoding="utf-8") as file:
            self.assertIn("POLLIN", file.read())
        os.remove(trace)
        self.assertEqual(self.snapshot(), before)


if __name__ == "__main__":
    main()
