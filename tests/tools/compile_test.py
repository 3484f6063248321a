# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl compile: the file that processes map, written whole or not at all, and by every verb that writes."""

import os
import re
import subprocess
import time

from pinctl_case import PINCTL, PinctlCase, main

PIN = "0" * 63


class CompileCase(PinctlCase):
    def setUp(self):
        super().setUp()
        self.form = os.path.join(self.folder, "policy.db")

    def bytes_of_form(self):
        with open(self.form, "rb") as file:
            return file.read()

    def state(self):
        return self.json("status", status=None, environment={"OPENSSL_CONF": "/nonexistent"})["policy"]["compiled"]["state"]


class Writes(CompileCase):
    def test_what_it_did(self):
        self.write_policy(f'version = 1;\nhosts = ( {{ name = "x.org"; pins = [ "{PIN}1" ]; }} );\n')
        found = self.json("compile")
        self.assertEqual({name: found[name] for name in ("policy", "compiled", "written", "hosts", "diagnostics")},
                         {"policy": self.policy, "compiled": self.form, "written": True, "hosts": 1, "diagnostics": []})
        self.assertEqual(found["bytes"], os.path.getsize(self.form))
        self.assertEqual(os.stat(self.form).st_mode & 0o7777, 0o644)
        self.assertEqual(found["generation"], self.json("status", status=None)["policy"]["generation"])
        self.assertEqual(self.pinctl("compile").stdout,
                         f"{self.form}: 1 host, {found['bytes']} bytes, generation {found['generation']}\n")
        self.assertEqual(self.listed(), [".pinctl.lock", "policy.cfg", "policy.db"])

    def test_dry_run_writes_nothing(self):
        self.write_policy("version = 1;\n")
        self.assertIn("would hold 0 hosts", self.pinctl("compile", "--dry-run").stdout)
        self.assertFalse(self.json("compile", "--dry-run")["written"])
        self.assertEqual(os.listdir(self.folder), ["policy.cfg"])

    def test_every_writing_verb(self):
        self.pinctl("add", "x.org", f"{PIN}1", f"{PIN}2")
        self.assertEqual(self.state(), "current")
        before = self.bytes_of_form()
        for words in (("add", "y.org", f"{PIN}1"), ("remove", "x.org", f"{PIN}2"), ("remove", "y.org")):
            self.pinctl(*words)
            self.assertEqual(self.state(), "current")
            self.assertNotEqual(self.bytes_of_form(), before)
            before = self.bytes_of_form()
        self.pinctl("add", "z.org", f"{PIN}1", "--dry-run")
        self.pinctl("remove", "x.org", "--dry-run")
        self.assertEqual(self.bytes_of_form(), before)

    def test_one_file_however_the_policy_is_spelled(self):
        self.write_policy("version = 1;\n")
        os.symlink(".", os.path.join(self.folder, "link"))
        os.mkdir(self.dropins)
        for spelled in ("policy.cfg", "./policy.cfg", "policy.d/../policy.cfg", f"{self.folder}/link/policy.cfg"):
            found = self.json("compile", "--policy", spelled, cwd=self.folder)
            self.assertEqual((found["policy"], found["compiled"]), (self.policy, self.form))

    def test_what_a_killed_one_left_is_cleared_away(self):
        self.write_policy("version = 1;\n")
        for name in ("policy.db.new-aB3xY9", "policy.db.backup", "policy.db.new-aB3xY9z", "policy.db"):
            self.write_policy("", name)
        self.pinctl("compile")
        self.assertEqual(self.listed(), [".pinctl.lock", "policy.cfg", "policy.db", "policy.db.backup",
                                                           "policy.db.new-aB3xY9z"])

    def test_it_waits_for_the_lock(self):
        self.write_policy("version = 1;\n")
        lock = os.path.join(self.folder, ".pinctl.lock")
        holder = subprocess.Popen(["flock", lock, "sh", "-c", "echo held; read line"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.assertEqual(holder.stdout.readline(), b"held\n")
        waiting = subprocess.Popen([PINCTL, "compile"], env=self.environment(), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.assertIn("waiting for another pinctl", waiting.stderr.readline())
        self.assertFalse(os.path.exists(self.form))
        holder.communicate(b"\n")
        output, _ = waiting.communicate(timeout=60)
        self.assertIn("0 hosts", output)
        self.assertEqual(waiting.returncode, 0)


class Refuses(CompileCase):
    def refuse(self, status, *words):
        done = self.pinctl("compile", *words, status=status)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_a_broken_text_leaves_the_old_one(self):
        self.pinctl("add", "x.org", f"{PIN}1")
        before = self.snapshot()["policy.db"]
        self.write_policy('version = 1;\nmode = 7;\nhosts = ( { name = "a..b"; mode = "off"; } );\n')
        errors = self.refuse(1)
        self.assertIn(f"{self.policy}:2:8: error: ", errors)
        self.assertIn("    2 | mode = 7;\n      |        ^", errors)
        self.assertIn(f"{self.policy}:3:", errors)
        self.assertIn(f"{self.form} was left as it is", errors)
        found = self.json("compile", status=1)
        self.assertEqual((found["written"], len(found["diagnostics"]), "hosts" in found), (False, 2, False))
        self.refuse(1, "--dry-run")
        self.assertEqual(self.bytes_of_form(), before)

    def test_policies_that_are_not_there_or_not_to_be_trusted(self):
        self.assertIn(f"{self.policy}: No such file", self.refuse(3))
        self.assertIn("/nonexistent/policy.cfg: No such file", self.refuse(3, "--policy", "/nonexistent/policy.cfg"))
        self.assertEqual(os.listdir(self.folder), [])
        os.chmod(self.write_policy("version = 1;\n"), 0o666)
        self.assertIn("writable", self.refuse(1))
        self.assertFalse(os.path.exists(self.form))

    def test_a_form_that_cannot_be_written(self):
        self.write_policy("version = 1;\n")
        os.mkdir(self.form)
        self.assertIn(f"{self.form}: Is a directory", self.refuse(3))
        self.assertEqual(self.listed(), [".pinctl.lock", "policy.cfg", "policy.db"])

    def test_a_change_stands_where_only_the_form_fails(self):
        self.write_policy("version = 1;\n")
        os.mkdir(self.form)
        done = self.pinctl("add", "x.org", f"{PIN}1")
        self.assertIn(f"warning: {self.form}: not renewed: Is a directory", done.stderr)
        self.assertIn("x.org: added in", done.stderr)
        self.assertEqual(set(self.hosts()), {"x.org"})

    def test_time_stamps_in_the_future(self):
        self.write_policy("version = 1;\n")
        later = time.time() + 3600
        os.utime(self.policy, (later, later))
        done = self.pinctl("compile", status=1)
        self.assertIn("is not current", done.stderr)
        self.assertEqual(self.state(), "stale")


class DefaultPolicy(CompileCase):
    """In a namespace of its own, over the real folders."""

    SCRIPT = """umask 077
cd /etc/pinning
"$0" compile
"$0" compile --policy policy.cfg
"$0" add x.org "$2" 2>&1
ls -A /etc/pinning
stat -c '%a %n' /var/lib/pinning /var/lib/pinning/*
"""

    READ_ONLY = """mount -o remount,bind,ro /etc
"$0" compile
! "$0" add x.org "$2" 2>&1
"""

    def test_text_on_a_read_only_file_system(self):
        lines = self.with_system_policy(self.READ_ONLY, f"{PIN}1").stdout.splitlines()
        self.assertTrue(lines[0].startswith("/var/lib/pinning/policy.db: 0 hosts, "), lines)
        self.assertEqual(lines[1:], ["pinctl: /etc/pinning/.pinctl.lock: Read-only file system; make it writable "
                                     "(\"pinctl pause\" works as it is)"])

    def test_a_pause_is_named_where_it_helps_alone(self):
        """Not for a policy of one's own, whose pauses stand beside it, nor where no change of the policy failed."""
        done = self.with_system_policy(
            'mkdir /var/lib/own\necho "version = 1;" >/var/lib/own/policy.cfg\nmount -o remount,ro /var/lib\n'
            '! "$0" add x.org "$2" --policy /var/lib/own/policy.cfg || exit 9\n! "$0" compile || exit 9\n'
            '! "$0" restore --enforced --output /var/lib/restored.cfg || exit 9\n', f"{PIN}1")
        self.assertEqual(done.stderr.count("Read-only file system; make it writable\n"), 3, done.stderr)
        self.assertNotIn("pause", done.stderr)

    def test_its_folder_is_made(self):
        lines = self.with_system_policy(self.SCRIPT, f"{PIN}1").stdout.splitlines()
        for line in lines[:2]:
            self.assertTrue(line.startswith("/var/lib/pinning/policy.db: 0 hosts, "), lines)
        self.assertEqual(lines[-5:], ["policy.cfg", "policy.d", "755 /var/lib/pinning",
                                      "600 /var/lib/pinning/changes.db", "644 /var/lib/pinning/policy.db"])


class Progress(CompileCase):
    LINE = re.compile(r"\rpinctl: [a-z ]+, \d+ s")

    def write_hosts(self, count):
        hosts = "".join(f'{{ name = "h{i}.org"; pins = [ "{i:064x}" ]; backup_pins = [ "{i + 1:064x}" ]; }},\n'
                        for i in range(count))
        self.write_policy(f'version = 1;\nhosts = (\n{hosts}{{ name = "last.org"; mode = "off"; }} );\n')

    def test_a_quick_one_shows_none(self):
        self.write_hosts(10)
        for verb in ("check", "compile"):
            began = time.monotonic()
            status, output = self.on_terminal(PINCTL, verb)
            self.assertEqual(status, 0)
            if time.monotonic() - began < 1:
                self.assertIsNone(self.LINE.search(output), output)

    def test_a_long_one_shows_it_and_clears_it(self):
        count = 200000
        while True:
            self.write_hosts(count)
            began = time.monotonic()
            status, output = self.on_terminal(PINCTL, "compile", environment={"NO_COLOR": "1"})
            if time.monotonic() - began > 2:
                break
            count *= 2
        self.assertEqual(status, 0)
        self.assertIn("\rpinctl: reading the policy, 1 s", output)
        last = list(self.LINE.finditer(output))[-1]
        width = len(last.group()) - 1
        self.assertTrue(output[last.end():].startswith("\r" + " " * width + f"\r{self.form}: "), output[-300:])
        self.assertNotIn("\r", self.pinctl("compile").stderr)
        self.assertEqual(self.pinctl("compile", "--json").stderr, "")
        self.assertRegex(self.on_terminal(PINCTL, "check", "--strict")[1], self.LINE)



class TakenForTheText(CompileCase):
    """Verbs that only ask take the compiled form for the text, but only where it says the same."""

    def setUp(self):
        super().setUp()
        self.write_policy(f'version = 1;\nhosts = ( {{ name = "x.org"; pins = [ "{PIN}1" ]; }} );\n')
        self.write_policy(f'hosts = ( {{ name = "y.org"; pins = [ "{PIN}1" ]; }} );\n', "policy.d/y.cfg")
        self.pinctl("compile")

    def hosts(self, status=0):
        return [host["name"] for host in self.json("list", status=status)["hosts"]]

    def test_what_is_current(self):
        self.assertEqual(self.hosts(), ["x.org", "y.org"])

    def test_text_changed(self):
        self.write_policy(f'hosts = ( {{ name = "z.org"; pins = [ "{PIN}1" ]; }} );\n', "policy.d/y.cfg")
        self.assertEqual(self.hosts(), ["x.org", "z.org"])
        self.write_policy(f'hosts = ( {{ name = "a.org"; pins = [ "{PIN}1" ]; }} );\n', "policy.d/z.cfg")
        self.assertEqual(self.hosts(), ["a.org", "x.org", "z.org"])
        os.unlink(os.path.join(self.folder, "policy.d/y.cfg"))
        self.assertEqual(self.hosts(), ["a.org", "x.org"])
        self.assertEqual(self.json("show", "x.org")["covered"], True)
        self.assertEqual(self.json("show", "z.org", status=1)["covered"], False)

    def test_form_damaged(self):
        sound = self.bytes_of_form()
        at = sound.rindex(b"x.org\0")
        for damaged in (sound[:-8], sound[:at] + b"q" + sound[at + 1:], b"", b"PINIMAGE"):
            with open(self.form, "wb") as file:
                file.write(damaged)
            self.assertEqual(self.hosts(), ["x.org", "y.org"])
            self.assertEqual(self.json("show", "q.org", status=1)["covered"], False)

    def test_form_that_others_may_write(self):
        os.chmod(self.form, 0o666)
        self.assertEqual(self.hosts(), ["x.org", "y.org"])

    def test_text_that_others_may_write(self):
        """Its mode is no change of the text, and is judged all the same."""
        for name in ("policy.d/y.cfg", "policy.cfg", "policy.d"):
            path = os.path.join(self.folder, name)
            mode = os.stat(path).st_mode
            os.chmod(path, mode | 0o022)
            self.assertIn("expected it not to be writable by group or others", self.pinctl("list").stderr)
            self.assertNotEqual(self.pinctl("add", "new.org", f"{PIN}1", status=None).returncode, 0)
            os.chmod(path, mode)


if __name__ == "__main__":
    main()
