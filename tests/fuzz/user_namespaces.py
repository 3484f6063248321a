#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Tests root's policy in user namespaces without a number for root: it is in force there as outside, and a policy of any
other user is not. Skipped if this machine does not let an ordinary user make a user namespace."""

import os
import subprocess
import unittest

from damaged_form import HOST, MODULE
from pinctl_case import CERTIFICATES, PinctlCase, main, openssl_conf, path

USER = 54321
AS_USER = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
WAYS = {"no map": ["unshare", "--user"], "root for the user": ["unshare", "--user", "--map-root-user"],
        "the user alone": ["unshare", "--user", f"--map-user={USER}"],
        "bubblewrap": ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-user"]}


def works(command):
    try:
        return subprocess.run([*AS_USER, *command, "true"], capture_output=True, check=False, timeout=60).returncode == 0
    except OSError:
        return False


@unittest.skipUnless(os.geteuid() == 0 and works(WAYS["no map"]), "needs root, and user namespaces for others")
class UserNamespaces(PinctlCase):
    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)
        os.chmod(CERTIFICATES, 0o755)
        self.pinctl("add", HOST, "server.pem", "--backup", "spare.pub")
        self.configuration = self.write_policy(openssl_conf(MODULE, self.policy), "openssl.cnf")

    def verify(self, way, certificate, host=HOST):
        done = subprocess.run([*AS_USER, *way, "openssl", "verify", "-CAfile", path("root.pem"), "-untrusted",
                               path("ca.pem"), "-verify_hostname", host, path(certificate)], capture_output=True,
                              check=False, text=True, timeout=60,
                              env=self.environment(OPENSSL_CONF=self.configuration, PINNING_DEBUG="1"))
        self.assertIn(done.returncode, (0, 2), done.stderr)
        return done.returncode == 0, done.stderr

    def both_forms(self):
        """Yields "compiled" with the compiled form there, then "text" without it."""
        yield "compiled"
        os.unlink(os.path.join(self.folder, "policy.db"))
        yield "text"

    def test_roots(self):
        for form in self.both_forms():
            for name, way in WAYS.items():
                with self.subTest(way=name, form=form):
                    if not works(way):
                        self.skipTest("this machine does not allow such a namespace")
                    accepted, log = self.verify(way, "server.pem")
                    self.assertTrue(accepted, log)
                    self.assertNotIn("policy-", log)
                    accepted, log = self.verify(way, "swapped.pem")
                    self.assertFalse(accepted)
                    self.assertIn("reason=no-pin", log)

    def chown_all(self, owner):
        for folder, _, names in os.walk(self.folder):
            for name in (".", *names):
                os.chown(os.path.join(folder, name), owner, owner)

    def in_range(self, setup, certificate):
        """Verifies in a namespace with the numbers 0 to 65535, as rootless containers have, so with the overflow user's."""
        script = (f"echo; read x; setpriv --reuid=0 --regid=0 --clear-groups --inh-caps=+all sh -c '{setup} exec openssl "
                  f"verify -CAfile {path('root.pem')} -untrusted {path('ca.pem')} -verify_hostname {HOST} {path(certificate)}'")
        with subprocess.Popen(["unshare", "--user", "--mount", "--keep-caps", "sh", "-c", script], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=self.environment(OPENSSL_CONF=self.configuration)) as process:
            process.stdout.readline()
            for which in ("uid_map", "gid_map"):
                with open(f"/proc/{process.pid}/{which}", "w", encoding="ascii") as file:
                    file.write("0 100000 65536")
            out, err = process.communicate("go\n", timeout=60)
        self.assertIn(process.returncode, (0, 2), out + err)
        return process.returncode == 0

    def test_range(self):
        read_only = f"mount --bind {self.folder} {self.folder} && mount -o remount,bind,ro {self.folder} &&"
        for form in self.both_forms():
            with self.subTest(form=form):
                self.assertFalse(self.in_range("", "server.pem"))
                self.assertTrue(self.in_range(read_only, "server.pem"))
                self.assertFalse(self.in_range(read_only, "swapped.pem"))
        # Read-only or not, the file belongs to a user of the namespace, not to root.
        self.chown_all(101000)
        self.assertFalse(self.in_range(read_only, "server.pem"))

    def test_writable_by_others(self):
        for form in self.both_forms():
            file = self.policy if form == "text" else os.path.join(self.folder, "policy.db")
            os.chmod(file, 0o666)
            if form == "compiled":
                os.chmod(self.policy, 0o666)
            self.assertFalse(self.verify(WAYS["root for the user"], "server.pem")[0], form)

    def test_of_another_user_outside(self):
        """Without a namespace, a file of a third user or of the overflow user is refused as always."""
        for owner in (54322, 65534):
            self.chown_all(owner)
            for way in ([], ["unshare", "--mount"]):
                if way == [] or works(way):
                    self.assertFalse(self.verify(way, "server.pem")[0], (owner, way))

    def test_of_a_user_inside(self):
        """Root has a number here, so a file of a user without one is not root's."""
        self.chown_all(54322)
        way = ["unshare", "--user", "--map-root-user"]
        done = subprocess.run([*way, "openssl", "verify", "-CAfile", path("root.pem"), "-untrusted", path("ca.pem"),
                               "-verify_hostname", HOST, path("server.pem")], capture_output=True, check=False, text=True,
                              timeout=60, env=self.environment(OPENSSL_CONF=self.configuration))
        self.assertEqual(done.returncode, 2, done.stderr)


if __name__ == "__main__":
    main()
