# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl enable that is killed: at any moment openssl.cnf is the old file or the new one, and whole."""

import os
import random
import signal
import subprocess
import time
import unittest

from pinctl_case import CERTIFICATES, PINCTL, main
from switch_case import SANITIZED, SwitchCase

KILLS = int(os.environ.get("PINNING_KILLS", "50"))
SYSTEM = "/usr/lib/ssl/openssl.cnf"


class Killed(SwitchCase):
    def test_whole_at_any_moment(self):
        """kill -9 at random moments: the old text or the new one, and the next run goes on from there."""
        with open(SYSTEM, "rb") as file:
            old = file.read()
        self.write(old.decode())
        temporary = os.path.join(CERTIFICATES, "temporary")
        os.mkdir(temporary)
        started = time.monotonic()
        self.enable()
        span = 1.2 * (time.monotonic() - started)
        new = self.bytes()
        seen = set()
        dice = random.Random(KILLS)
        for turn in range(KILLS):
            verb = ["disable"] if turn % 2 == 0 else ["enable", "--policy", self.policy]
            child = subprocess.Popen([PINCTL, *verb, "--openssl-conf", self.file], env=self.environment(TMPDIR=temporary),
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(dice.random() * (span if turn % 2 else span / 8))
            child.send_signal(signal.SIGKILL)
            child.wait()
            found = self.bytes()
            self.assertIn(found, (old, new))
            seen.add(found)
            if dice.random() < 0.5:
                (self.enable if turn % 2 else self.disable)()
        self.disable()
        self.enable()
        self.assertEqual((self.bytes(), len(seen)), (new, 2))
        self.disable()
        self.assertEqual(self.bytes(), old)
        self.assert_nothing_left()
        self.assertEqual(os.listdir(temporary), [])

    def test_leftovers(self):
        """What a killed one left goes with the next, even where that has nothing to do; others' files do not."""
        others = (".pinctl-put-", ".pinctl-put-1234567", ".pinctl-new-123456")
        for switch in (self.disable, self.enable, self.enable, self.disable):
            self.write("# old\n" if not os.path.exists(self.file) else self.bytes().decode())
            for name in (*others, ".pinctl-put-123456"):
                with open(os.path.join(self.folder, name), "wb"):
                    pass
            switch()
            self.assert_nothing_left(*others)

    def killed_at(self, call, count, *words):
        """Kills pinctl as it enters a system call for the count-th time; False: it does not come to that."""
        done = subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                               f"inject={call}:signal=SIGKILL:when={count}", PINCTL, *words, "--openssl-conf",
                               self.file], env=self.environment(), capture_output=True, check=False, timeout=60)
        if done.returncode not in (0, -signal.SIGKILL):
            self.skipTest(f"no strace: {done.stderr}")
        return done.returncode != 0

    @unittest.skipIf(SANITIZED, "strace is not for programs with sanitizers")
    def test_whole_at_every_step(self):
        self.write("# old\n")
        self.enable("--on-policy-error", "allow")
        old = self.bytes()
        self.enable("--on-policy-error", "refuse")
        new = self.bytes()
        kills = 0
        for call in ("write", "fsync", "rename", "chmod", "fchmod", "chown", "unlink"):
            for count in range(1, 40):
                self.enable("--on-policy-error", "allow")
                if not self.killed_at(call, count, "enable", "--policy", self.policy, "--on-policy-error", "refuse"):
                    break
                kills += 1
                self.assertIn(self.bytes(), (old, new), (call, count))
                self.assertEqual(self.under("openssl", "dgst", "-sha256", data=b"x").returncode, 0)
            self.assertEqual(self.bytes(), new)
        self.assertGreater(kills, 8)
        self.disable()
        self.assertEqual(self.bytes(), b"# old\n")
        self.assert_nothing_left()


if __name__ == "__main__":
    main()
