# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl enable --confirm: put back unless it is confirmed, whoever dies, and whoever holds a lock meanwhile."""

import fcntl
import os
import shutil
import stat
import subprocess
import time

from pinctl_case import PINCTL, main
from switch_case import SwitchCase


class Waiting(SwitchCase):
    """For processes that put back what was there before."""

    def is_waiting(self):
        return os.path.lexists(os.path.join(self.folder, ".pinctl-unconfirmed-openssl.cnf~"))

    def is_locked(self):
        return os.path.exists(os.path.join(self.folder, ".pinctl-switch.lock"))

    def timers(self):
        """The processes that wait for the end of the time: pinctl's, with this file in their command line."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    found += [pid] if self.file.encode() in file.read() else []
            except OSError:
                pass  # it has ended meanwhile
        return found

    def wait_for_timer(self, seconds=60):
        """Until the time is up and whoever waited for it is gone."""
        end = time.monotonic() + seconds
        while self.timers():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def wait_for(self, text, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            now = self.bytes() if os.path.exists(self.file) else None
            if now == text and not self.is_waiting() and not self.is_locked():
                return
            time.sleep(0.05)
        self.assertEqual((now, self.is_waiting(), self.is_locked()), (text, False, False))


class Confirmation(Waiting):
    def setUp(self):
        super().setUp()
        if os.path.exists("/run/systemd/system") and os.geteuid() == 0:
            self.skipTest("would start timers of the real systemd")

    def test_put_back(self):
        for old in (b"# old\n", b"# no end", None):
            with self.subTest(old):
                if old is None:
                    os.unlink(self.file)
                else:
                    self.write(old.decode())
                done = self.enable("--confirm", "1")
                self.assertIn("undone in 1 seconds", done.stderr)
                self.wait_for(old)
        self.write("")
        self.assert_nothing_left()

    def test_put_back_to_the_settings_before(self):
        self.write("# old\n")
        self.enable()
        before = self.bytes()
        self.enable("--on-policy-error", "allow", "--confirm", "1")
        self.wait_for(before)

    def test_confirmed(self):
        self.write("# old\n")
        self.enable("--confirm", "4")
        new = self.bytes()
        self.assertEqual(len(self.timers()), 1)
        self.enable("--confirmed", policy=False)
        self.wait_for_timer()
        self.assertEqual(self.bytes(), new)
        self.assertIn("undone already", self.enable("--confirmed", policy=False, status=1).stderr)
        self.assert_nothing_left()

    def test_edited_meanwhile(self):
        self.write("# old\n")
        self.enable("--confirm", "4")
        with open(self.file, "a", encoding="utf-8") as file:
            file.write("[mine]\na = b\n")
        self.wait_for(b"# old\n[mine]\na = b\n")
        self.assert_nothing_left()

    def test_put_back_at_once(self):
        self.write("# old\n")
        self.enable("--confirm", "60")
        self.assertIn("waits to be confirmed", self.enable(status=3).stderr)
        self.disable("--unconfirmed")
        self.assertEqual(self.bytes(), b"# old\n")
        self.assertIn("no change waits to be confirmed", self.disable("--unconfirmed").stderr)
        self.enable()
        self.assertIn('--confirm "foo"', self.enable("--confirm", "foo", status=2).stderr)
        new = self.bytes()
        self.disable("--unconfirmed")
        self.assertEqual(self.bytes(), new)

    def test_terminal_dies(self):
        """Nobody is logged in any more: the very case that it is for."""
        self.write("# old\n")
        status, said = self.on_terminal(PINCTL, "enable", "--openssl-conf", self.file, "--policy", self.policy,
                                        "--confirm", "2")
        self.assertEqual(status, 0, said)
        self.assertTrue(self.is_waiting())
        self.wait_for(b"# old\n")
        self.assert_nothing_left()

    def test_killed_before_the_change(self):
        """Only the old text was put aside: that is no change that could wait, and hinders nobody."""
        waiting = os.path.join(self.folder, ".pinctl-unconfirmed-openssl.cnf~")
        for switch, wanted in ((self.enable, b"pinning_sect"), (self.disable, b"# old")):
            self.write("# old\n")
            shutil.copy(self.file, waiting)
            switch()
            self.assertIn(wanted, self.bytes())
            self.assert_nothing_left()
        os.unlink(self.file)
        os.symlink("no-file", waiting)
        self.enable()
        self.assertFalse(self.is_waiting())
        self.write("# old\n")
        shutil.copy(self.file, waiting)
        self.assertIn("undone already", self.enable("--confirmed", policy=False, status=1).stderr)
        self.assert_nothing_left()

    def test_disabled_before_the_end(self):
        self.write("# old\n")
        self.enable("--confirm", "4")
        self.disable()
        self.write("# newer\n")
        self.wait_for_timer()
        self.assertEqual(self.bytes(), b"# newer\n")
        self.assert_nothing_left()


class Locks(Waiting):
    """Who can only read the folder can hinder nobody."""

    LOCK = ".pinctl-switch.lock"

    def hold(self, name, mode=0o600):
        """Locks the folder (no name), or a file in it."""
        place = os.path.join(self.folder, name)
        held = os.open(place, os.O_RDONLY if not name else os.O_RDWR | os.O_CREAT, mode)
        fcntl.flock(held, fcntl.LOCK_EX)
        self.addCleanup(os.close, held)
        return held

    def test_folder_is_locked(self):
        self.write("# old\n")
        self.hold("")
        self.enable()
        self.assertEqual(self.disable().stderr.count("waiting"), 0)
        self.assertEqual(self.bytes(), b"# old\n")
        self.assert_nothing_left()

    def test_folder_is_locked_when_the_time_is_up(self):
        if os.path.exists("/run/systemd/system") and os.geteuid() == 0:
            self.skipTest("would start timers of the real systemd")
        self.write("# old\n")
        self.enable("--confirm", "1")
        self.hold("")
        self.wait_for(b"# old\n", 20)

    def test_another_pinctl(self):
        """It is waited for, with a word; and the lock is closed to others even where somebody had opened it."""
        self.write("# old\n")
        self.enable()
        held = self.hold(self.LOCK, 0o644)
        os.fchmod(held, 0o644)
        child = subprocess.Popen([PINCTL, "disable", "--openssl-conf", self.file], env=self.environment(),
                                 stderr=subprocess.PIPE, text=True)
        self.assertIn("waiting for another pinctl", child.stderr.readline())
        self.assertEqual(stat.S_IMODE(os.fstat(held).st_mode), 0o600)
        fcntl.flock(held, fcntl.LOCK_UN)
        self.assertEqual(child.wait(timeout=30), 0)
        child.stderr.close()
        self.assertEqual(self.bytes(), b"# old\n")
        self.assert_nothing_left()

    def test_lock_that_is_not_ours(self):
        self.write("# old\n")
        lock = os.path.join(self.folder, self.LOCK)
        os.symlink(self.write_policy("", "elsewhere"), lock)
        self.assertIn("cannot be locked", self.enable(status=3).stderr)
        os.unlink(lock)
        os.mkfifo(lock)
        self.assertIn("cannot be locked", self.enable(status=3).stderr)
        os.unlink(lock)
        if os.geteuid() != 0:
            self.skipTest("only root can give a file away")
        held = self.hold(self.LOCK)
        os.fchown(held, 65534, 65534)
        self.assertIn("cannot be locked", self.enable(status=3).stderr)
        self.assertEqual(self.bytes(), b"# old\n")

    def test_undo_does_not_give_up(self):
        """The lines were damaged when the time was up, and mended later."""
        if os.path.exists("/run/systemd/system") and os.geteuid() == 0:
            self.skipTest("would start timers of the real systemd")
        self.write("# old\n")
        enabled = "# old\n"
        for seconds in (1, 10):
            self.enable("--confirm", str(seconds))
            held = self.hold(self.LOCK)
            enabled = self.bytes().decode()
            if enabled != "# old\n":
                break
            # The machine is so slow that the time was up.
            fcntl.flock(held, fcntl.LOCK_UN)
        self.write(enabled.replace("# <<< pinning", "# pinning"))
        fcntl.flock(held, fcntl.LOCK_UN)
        time.sleep(seconds + 2)
        self.assertNotEqual(self.bytes(), b"# old\n")
        self.write(enabled)
        self.wait_for(b"# old\n", 20)

    def test_old_text_of_somebody_else(self):
        """In a folder where others may write, what they put there is not put in place."""
        if os.geteuid() != 0:
            self.skipTest("only root can give a file away")
        self.write("# mine\n")
        waiting = self.write_policy("# theirs\n", ".pinctl-unconfirmed-openssl.cnf~")
        os.chown(waiting, 65534, 65534)
        self.disable("--unconfirmed", status=3)
        self.assertEqual(self.bytes(), b"# mine\n")


if __name__ == "__main__":
    main()
