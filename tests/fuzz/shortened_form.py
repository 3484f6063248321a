#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Shortens, overwrites, removes and replaces the compiled form of a running process: it gets no signal, accepts no wrong
key, and none of its descriptors is touched. Uses a small policy, which is read into memory, and a large one, which is read
from its file; each with a text that can replace the form, and with a broken text."""

import os
import resource
import shutil
import subprocess

from damaged_form import HOST, MODULE
from pinctl_case import PinctlCase, main, openssl_conf, path

SHORTENED = os.environ["SHORTENED"]
# Compiled forms of up to this size are read into memory at once: policy/pinpolicy.h, PIN_COMPILED_IN_MEMORY.
IN_MEMORY = 65536


class ShortenedForm(PinctlCase):
    def make(self, hosts):
        shutil.rmtree(self.folder)
        os.mkdir(self.folder)
        entries = "".join(f'  {{ name = "h{i}.example.org"; pins = [ "{i:064x}" ]; }},\n' for i in range(hosts))
        self.write_policy(f"version = 1;\nhosts = (\n{entries}  {{ name = \"last.example\"; mode = \"off\"; }}\n);\n")
        self.pinctl("add", HOST, "server.pem", "--backup", "spare.pub")
        self.configuration = self.write_policy(openssl_conf(MODULE, self.policy), "openssl.cnf")
        self.form = os.path.join(self.folder, "policy.db")
        self.assertEqual(os.path.getsize(self.form) > IN_MEMORY, hosts > 20)

    def run_all(self, hosts):
        for text in ("sound", "broken"):
            for how in ("lengths", "contents", "always", "descriptors", "closed-chroot", "taken-chroot"):
                with self.subTest(how=how, text=text):
                    self.make(hosts)
                    if text == "broken":
                        self.write_policy('version = 1;\nmode = "enfroce";\nhosts = (\n')
                    done = subprocess.run([SHORTENED, how, self.form, path("chain.pem"), path("swapped-chain.pem"),
                                           path("root.pem"), HOST, text], capture_output=True, check=False, text=True,
                                          timeout=120, env=self.environment(OPENSSL_CONF=self.configuration))
                    self.assertEqual((done.returncode, done.stdout), (0, "done\n"), done.stderr)

    def test_many_mistakes(self):
        """A mistake in each line of a long text: the log has the first few, once, and how many more there are."""
        for entry in ('{ name = "h%d.example.org"; pins = [ "none" ]; },', '{ name = "h%d.example.org" pins = };'):
            with self.subTest(entry=entry):
                self.make(20)
                lines = "\n".join(entry % i for i in range(4000))
                self.write_policy(f"version = 1;\nhosts = (\n{lines}\n);\n")
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                done = subprocess.run([SHORTENED, "looks", self.form, path("chain.pem"), path("swapped-chain.pem"),
                                       path("root.pem"), HOST, "broken"], capture_output=True, check=False, text=True,
                                      timeout=120, env=self.environment(OPENSSL_CONF=self.configuration, PINNING_DEBUG="1"))
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                self.assertEqual((done.returncode, done.stdout), (0, "done\n"), done.stderr)
                mistakes = [line for line in done.stderr.split("\n") if "event=policy-error" in line]
                self.assertLessEqual(len(mistakes), 9, "\n".join(mistakes[:20]))
                self.assertIn('message="at least 992 mistakes more; pinctl check shows all of them"', mistakes[-1])
                self.assertIn("policy.cfg:3:", mistakes[0])
                # Four looks take 30 ms together; they took seconds when the text was read to its end and all was logged.
                self.assertLess(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, 0.5)

    def test_small(self):
        self.run_all(20)

    def test_large(self):
        self.run_all(800)


if __name__ == "__main__":
    main()
