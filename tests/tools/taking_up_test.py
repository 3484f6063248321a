# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What a process that is not pinctl does when the policy changes: little, whatever the size of the policy. A large
text is not read by it; it stays with its policy, or with the compiled form, and the log says so."""

import json
import os
import re
import subprocess
import sys
import time

from pinctl_case import PinctlCase, main, openssl_conf, path

MODULE = os.environ["PINNING_MODULE"]
HOLDER = os.environ["PINNING_HOLDER"]
HOST = "api.example.com"
WRONG = "1" * 64
# What one verification may cost, whatever happened to the policy: microseconds and KiB.
MOST_TIME, MOST_MEMORY = 20000, 4096
LARGE = 5000  # hosts: some 400 KiB of text


class Holder:
    """A running process that holds a policy."""

    def __init__(self, case):
        self.process = subprocess.Popen([HOLDER, path("chain.pem"), path("root.pem"), HOST], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=case.environment(OPENSSL_CONF=case.configuration, PINNING_DEBUG="1"))
        case.addCleanup(self.end)
        self.times, self.memory = [], []

    def verify(self):
        print(file=self.process.stdin, flush=True)
        verdict, microseconds, kibibytes = self.process.stdout.readline().split()
        self.times.append(int(microseconds))
        self.memory.append(int(kibibytes))
        return verdict

    def end(self):
        """What it wrote to the log."""
        if self.process.poll() is not None:
            return ""
        return self.process.communicate(timeout=60)[1]


class TakingUp(PinctlCase):
    def setUp(self):
        super().setUp()
        self.form = os.path.join(self.folder, "policy.db")
        self.configuration = self.write_policy(openssl_conf(MODULE, self.policy), "openssl.cnf")

    def right_pin(self):
        return re.search(r"sha256/\S+", self.pinctl("pin", "server.pem").stdout).group()

    def text(self, pin, hosts=LARGE, comment=""):
        entries = "".join(f'  {{ name = "h{i}.example.org"; pins = [ "{i + 16:064x}" ]; }},\n' for i in range(hosts))
        return f'version = 1;\n{comment}\nhosts = (\n{entries}  {{ name = "{HOST}"; pins = [ "{pin}" ]; }}\n);\n'

    def assert_little(self, holder):
        self.assertLess(max(holder.times), MOST_TIME)
        self.assertLess(max(holder.memory[1:], default=0), MOST_MEMORY)

    def wait_for(self, holder, verdict, seconds):
        """How long it took until the verdict was this."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if holder.verify() == verdict:
                return
            time.sleep(0.1)
        self.fail(f"not {verdict} after {seconds} seconds")

    def stays(self, holder, verdict, seconds):
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            self.assertEqual(holder.verify(), verdict)
            time.sleep(0.1)

    def accepting_holder(self):
        """A process that has the compiled form of a large text."""
        self.write_policy(self.text(self.right_pin()))
        self.pinctl("compile")
        holder = Holder(self)
        self.assertEqual(holder.verify(), "accepted")
        return holder

    def test_large_text_changed_by_hand(self):
        holder = self.accepting_holder()
        self.write_policy(self.text(WRONG))
        self.stays(holder, "accepted", 3)
        self.assertIn("is more text than processes read", self.pinctl("check").stdout)
        self.assertIn(f'until "pinctl compile --policy {self.policy}"', self.pinctl("check").stdout)
        self.pinctl("compile")
        self.wait_for(holder, "refused", 3)
        self.assertNotIn("is more text than processes read", self.pinctl("check").stdout)
        self.assert_little(holder)

    def test_log_of_a_large_text(self):
        holder = self.accepting_holder()
        self.write_policy(self.text(WRONG))
        # As if the change were old: then nothing is waited for.
        self.assertEqual(holder.verify(), "accepted")
        time.sleep(16)
        self.stays(holder, "accepted", 1)
        log = holder.end()
        self.assertIn('message="has more than 256 KiB of text or 512 files, which only pinctl reads', log)
        self.assertIn('consequence="the last good policy stays in force"', log)

    def test_start_with_an_older_form(self):
        self.write_policy(self.text(self.right_pin()))
        self.pinctl("compile")
        self.write_policy(self.text(WRONG))
        holder = Holder(self)
        self.assertEqual(holder.verify(), "accepted")
        self.assert_little(holder)
        self.assertIn('consequence="the last good policy stays in force"', holder.end())

    def test_start_without_a_form(self):
        self.write_policy(self.text(self.right_pin()))
        for damage in ("absent", "damaged"):
            with self.subTest(damage=damage):
                if damage == "damaged":
                    self.write_policy("PINIMAGE", "policy.db")
                holder = Holder(self)
                self.assertEqual(holder.verify(), "refused")
                self.assert_little(holder)
                self.assertIn('consequence="every host is refused"', holder.end())

    def make_other_version(self):
        """As if another version of pinctl had written the form."""
        with open(self.form, "r+b") as file:
            file.seek(12)
            file.write((5).to_bytes(4, sys.byteorder))

    def test_form_of_another_version(self):
        """After an upgrade, before pinctl compile: the text counts, however large, and then the form."""
        for pin, verdict, other, other_verdict in ((self.right_pin(), "accepted", WRONG, "refused"),
                                                   (WRONG, "refused", self.right_pin(), "accepted")):
            with self.subTest(verdict=verdict):
                self.write_policy(self.text(pin))
                self.pinctl("compile")
                self.make_other_version()
                self.assertEqual(json.loads(self.pinctl("status", "--json", status=None).stdout)["policy"]["compiled"]["state"],
                                 "other-version")
                said = " ".join(self.pinctl("check", status=None).stdout.split())
                self.assertIn(f"has another version: until \"pinctl compile --policy {self.policy}\" new processes read", said)
                holder = Holder(self)
                self.assertEqual(holder.verify(), verdict)
                self.write_policy(self.text(other))
                self.pinctl("compile")
                self.wait_for(holder, other_verdict, 3)
                self.assertIn('message="is of another version; pinctl compile writes it anew"', holder.end())

    def test_form_of_another_version_and_a_broken_text(self):
        self.write_policy(self.text(self.right_pin()))
        self.pinctl("compile")
        self.make_other_version()
        self.write_policy(self.text(self.right_pin(), comment="mode = 7;"))
        holder = Holder(self)
        self.assertEqual(holder.verify(), "refused")
        self.assertIn(f'policy="{self.policy}:2:', holder.end())

    def test_form_of_another_version_beside_a_policy_in_force(self):
        """As if an older version were installed: who has the policy stays with it, and reads no large text."""
        holder = self.accepting_holder()
        self.write_policy(self.text(WRONG))
        self.pinctl("compile")
        self.make_other_version()
        self.stays(holder, "accepted", 2)
        self.assert_little(holder)

    def test_a_form_for_another_text_is_no_form(self):
        self.write_policy(self.text(self.right_pin()))
        other = os.path.join(self.folder, "other")
        os.mkdir(other)
        os.rename(self.policy, os.path.join(other, "policy.cfg"))
        self.pinctl("compile", "--policy", os.path.join(other, "policy.cfg"))
        os.rename(os.path.join(other, "policy.db"), self.form)
        self.write_policy(self.text(WRONG))
        self.assertEqual(Holder(self).verify(), "refused")

    def test_many_files(self):
        self.write_policy("version = 1;\n")
        for i in range(600):
            self.write_policy(f'hosts = ( {{ name = "h{i}.example.org"; pins = [ "{i:064x}" ]; }} );\n', f"policy.d/h{i}.cfg")
        self.write_policy(f'hosts = ( {{ name = "{HOST}"; pins = [ "{WRONG}" ]; }} );\n', "policy.d/z.cfg")
        self.assertEqual(Holder(self).verify(), "refused")
        self.pinctl("compile")
        self.write_policy(f'hosts = ( {{ name = "{HOST}"; pins = [ "{self.right_pin()}" ]; }} );\n', "policy.d/z.cfg")
        self.pinctl("compile")
        holder = Holder(self)
        self.assertEqual(holder.verify(), "accepted")
        self.pinctl("add", "other.example", WRONG)
        self.assertEqual(holder.verify(), "accepted")
        time.sleep(0.6)
        self.assertEqual(holder.verify(), "accepted")
        self.assert_little(holder)

    def test_edited_in_place_among_many(self):
        """No folder tells of it: it is seen when the turn comes to the file."""
        self.write_policy("version = 1;\n")
        for i in range(100):
            self.write_policy(f'hosts = ( {{ name = "h{i}.example.org"; pins = [ "{i:064x}" ]; }} );\n', f"policy.d/h{i:02}.cfg")
        last = f'hosts = ( {{ name = "{HOST}"; pins = [ "%s" ]; }} );\n'
        name = self.write_policy(last % self.right_pin(), "policy.d/z.cfg")
        self.pinctl("compile")
        holder = Holder(self)
        self.assertEqual(holder.verify(), "accepted")
        with open(name, "w", encoding="utf-8") as file:
            file.write(last % WRONG)
        self.wait_for(holder, "refused", 8)
        self.assert_little(holder)
        # A program that starts may look only once.
        with open(name, "w", encoding="utf-8") as file:
            file.write(last % self.right_pin())
        self.pinctl("compile")
        with open(name, "w", encoding="utf-8") as file:
            file.write(last % WRONG)
        self.wait_for(Holder(self), "refused", 1.5)

    def test_small_text_changed_by_hand(self):
        self.write_policy(self.text(self.right_pin(), hosts=1000))
        self.pinctl("compile")
        holder = Holder(self)
        self.assertEqual(holder.verify(), "accepted")
        self.write_policy(self.text(WRONG, hosts=1000))
        self.wait_for(holder, "refused", 2)
        # The compiled form takes its place when it is there: no second change is seen.
        self.pinctl("compile")
        self.stays(holder, "refused", 1.5)
        self.assertIn("policy.db", os.popen(f"ls -l /proc/{holder.process.pid}/fd").read())
        self.assert_little(holder)
        self.assertEqual(holder.end().count("event=policy-loaded"), 1)

    def test_changed_by_pinctl(self):
        """No look of a process falls between the text and its compiled form for long."""
        for hosts in (1000, LARGE):
            with self.subTest(hosts=hosts):
                self.write_policy(self.text(self.right_pin(), hosts=hosts))
                self.pinctl("compile")
                holder = Holder(self)
                for i in range(6):
                    self.assertEqual(holder.verify(), "accepted")
                    self.pinctl("add", f"new{i}.h{hosts}.example", WRONG)
                    time.sleep(0.3)
                time.sleep(0.6)
                self.assertEqual(holder.verify(), "accepted")
                # Never the text: its reader would have been loaded.
                with open(f"/proc/{holder.process.pid}/maps", encoding="ascii") as file:
                    self.assertNotIn("libpinpolicy", file.read())
                self.assert_little(holder)

    def test_broken_and_changed_twice(self):
        holder = self.accepting_holder()
        self.write_policy(self.text(WRONG))
        self.pinctl("compile")
        # Before the process looks, the text changes once more, and is broken: the form is still the later one.
        self.write_policy(self.text(WRONG, comment="mode = 7;"))
        self.pinctl("compile", status=1)
        time.sleep(16)
        self.wait_for(holder, "refused", 3)
        self.assert_little(holder)


if __name__ == "__main__":
    main()
