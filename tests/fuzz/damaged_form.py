#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Tests a damaged compiled form beside a good text with a real program under the provider: the text decides, so the right
key is accepted and any other refused, and the log names the damaged file."""

import os
import random
import re
import subprocess

from pinctl_case import PinctlCase, main, openssl_conf, path

MODULE = os.environ["PINNING_MODULE"]
CORRUPTIONS = 48
HOST = "api.example.com"


class DamagedForm(PinctlCase):
    def setUp(self):
        super().setUp()
        self.form = os.path.join(self.folder, "policy.db")
        hosts = "".join(f'  {{ name = "h{i}.example.org"; pins = [ "{i:064x}" ]; }},\n' for i in range(20))
        self.write_policy(f"version = 1;\nhosts = (\n{hosts}  {{ name = \"last.example\"; mode = \"off\"; }}\n);\n")
        self.pinctl("add", HOST, "server.pem", "--backup", "spare.pub")
        self.configuration = self.write_policy(openssl_conf(MODULE, self.policy), "openssl.cnf")
        with open(self.form, "rb") as file:
            self.sound = file.read()
        self.seed = random.randrange(1 << 32)
        self.random = random.Random(self.seed)

    def verify(self, certificate):
        """(whether OpenSSL accepts the certificate, what the provider logged)"""
        done = subprocess.run(["openssl", "verify", "-CAfile", path("root.pem"), "-untrusted", path("ca.pem"),
                               "-verify_hostname", HOST, path(certificate)], capture_output=True, check=False, text=True,
                              timeout=60, env=self.environment(OPENSSL_CONF=self.configuration, PINNING_DEBUG="1"))
        self.assertIn(done.returncode, (0, 2), done.stderr)
        if done.returncode == 2:
            self.assertIn("verdict=refused reason=no-pin", done.stderr)
        return done.returncode == 0, done.stderr

    def put(self, data):
        """Replaces the file by another one with its name, as pinctl does."""
        beside = self.form + ".beside"
        with open(beside, "wb") as file:
            file.write(data)
        os.chmod(beside, 0o644)
        os.rename(beside, self.form)

    def damage(self, data, first, end):
        at = self.random.randrange(first, end)
        return data[:at] + bytes([data[at] ^ 1 << self.random.randrange(8)]) + data[at + 1:]

    def corrupt(self, data):
        kind = self.random.randrange(6)
        if kind == 0:
            return data[:self.random.randrange(len(data))]
        if kind == 1:
            return data[:self.random.randrange(len(data))].ljust(len(data), b"\0")
        if kind == 2:
            at, length = self.random.randrange(0, len(data), 8), self.random.randrange(8, 512, 8)
            return (data[:at] + data[-length:] + data[at:])[:len(data)]
        for _ in range(1 << kind):
            data = self.damage(data, 0, len(data))
        return data

    def check_keys(self):
        accepted, log = self.verify("server.pem")
        self.assertTrue(accepted, log)
        self.assertFalse(self.verify("swapped.pem")[0])
        return log

    def test_sound(self):
        self.assertEqual(self.check_keys(), "")
        self.put(self.sound)
        self.assertEqual(self.check_keys(), "")

    def test_at_random(self):
        named = 0
        for number in range(CORRUPTIONS):
            with self.subTest(seed=self.seed, number=number):
                self.put(self.corrupt(self.sound))
                named += f'event=policy-error policy="{self.form}" message="is damaged' in self.check_keys()
        self.assertGreater(named, CORRUPTIONS / 4)

    def test_in_the_head_and_in_the_host_itself(self):
        entry = self.sound.rindex(HOST.encode() + b"\0")
        for first, end in ((0, 128), (entry, entry + len(HOST)), (entry + len(HOST) + 2, entry + len(HOST) + 2 + 32)):
            with self.subTest(seed=self.seed, first=first):
                self.put(self.damage(self.sound, first, end))
                # A damaged version number looks like another version.
                self.assertRegex(self.check_keys(), f'event=policy-error policy="{re.escape(self.form)}" message="is (damaged|of another version)')

    def test_with_a_broken_text(self):
        """A sound form is then the last good policy; with a damaged one, every connection must be refused."""
        self.write_policy('version = 1;\nmode = "enfroce";\nhosts = (\n')
        accepted, log = self.verify("server.pem")
        self.assertTrue(accepted, log)
        self.assertRegex(log, '(?m)^event=policy-error policy="[^"]*:2:8" message="unknown mode \'enfroce\'; [^"]*" program=')
        self.assertIn("the last good policy stays in force", log)
        entry = self.sound.rindex(HOST.encode() + b"\0")
        for data in (self.sound[:-8], self.damage(self.sound, 0, 128), self.damage(self.sound, entry, entry + 8)):
            self.put(data)
            for certificate in ("server.pem", "swapped.pem"):
                done = subprocess.run(
                    ["openssl", "verify", "-CAfile", path("root.pem"), "-untrusted", path("ca.pem"), "-verify_hostname",
                     HOST, path(certificate)], capture_output=True, check=False, timeout=60,
                    env=self.environment(OPENSSL_CONF=self.configuration))
                self.assertEqual(done.returncode, 2, (len(data), certificate))

    def test_of_another_policy(self):
        """A copied folder contains the form of the original, whose sources have not changed."""
        other = os.path.join(self.folder, "copy", "policy.cfg")
        self.pinctl("add", HOST, "swapped.pem", "--policy", other)
        self.form = os.path.join(self.folder, "copy", "policy.db")
        self.put(self.sound)
        self.write_policy(openssl_conf(MODULE, other), "openssl.cnf")
        environment = self.environment(OPENSSL_CONF=self.configuration, PINNING_POLICY="")
        for certificate, status in (("swapped.pem", 0), ("server.pem", 2)):
            done = subprocess.run(["openssl", "verify", "-CAfile", path("root.pem"), "-untrusted", path("ca.pem"),
                                   "-verify_hostname", HOST, path(certificate)], capture_output=True, check=False,
                                  timeout=60, env=environment)
            self.assertEqual(done.returncode, status, certificate)


if __name__ == "__main__":
    main()
