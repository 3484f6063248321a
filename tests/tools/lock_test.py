# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Whoever has to wait for another pinctl is told for whom and what to do, not for ever, and not for an editor."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile

from pinctl_case import PINCTL, PinctlCase, main

GOOD = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
FAST = {"LD_PRELOAD": os.environ["PINNING_FAST_CLOCK"]}
HELD = "still locked by another pinctl: \"pinctl edit\" of alice, process {}, since yesterday; nothing was changed; answer or end it"


class Lock(PinctlCase):
    def setUp(self):
        super().setUp()
        self.pinctl("add", "x.org", "server.pem", "--backup", "spare.pub")

    def hold(self, name, word=None):
        """Locks a file or folder of the policy as another pinctl does that leaves this word."""
        path = os.path.join(self.folder, name)
        held = os.open(path, os.O_RDONLY if os.path.isdir(path) else os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self.addCleanup(os.close, held)
        fcntl.flock(held, fcntl.LOCK_EX)
        if word:
            os.write(held, word.encode())
        return held

    def editor(self, script):
        folder = tempfile.mkdtemp(prefix="pinctl-lock-test-")
        self.addCleanup(shutil.rmtree, folder)
        name = os.path.join(folder, "editor")
        with open(name, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + script)
        os.chmod(name, 0o755)
        return {"EDITOR": name, "TMPDIR": folder}

    def test_a_first_change_on_its_way_is_no_policy_that_has_vanished(self):
        """Between the compiled form and the main file; who made them still holds the lock."""
        held = self.hold(".pinctl.lock")
        aside = self.policy + ".aside"
        os.rename(self.policy, aside)
        second = subprocess.Popen([PINCTL, "add", "y.org", GOOD], env=self.environment(), text=True,
                                  stderr=subprocess.PIPE)
        self.assertIn("waiting for another pinctl", second.stderr.readline())
        os.rename(aside, self.policy)
        fcntl.flock(held, fcntl.LOCK_UN)
        _, errors = second.communicate(timeout=60)
        self.assertEqual((second.returncode, set(self.hosts())), (0, {"x.org", "y.org"}), errors)

    def test_the_one_who_asks_is_named(self):
        waiting = []

        def start_another():
            waiting.append(subprocess.Popen([PINCTL, "add", "y.org", GOOD], env=self.environment(), text=True,
                                            stderr=subprocess.PIPE))
            self.said = waiting[0].stderr.readline()
            return b"n\n"

        status, _ = self.on_terminal(PINCTL, "add", "com", GOOD, "--include-subdomains",
                                     answers=[(b"change it all the same", start_another)])
        self.assertEqual(status, 1)
        self.assertRegex(self.said, r'waiting for another pinctl: "pinctl add com sha256/\S+ --include-subdomains" of \w+, '
                                    r"process \d+, since 20\S+ \S+ \(\S+/\.pinctl\.lock\)$")
        waiting[0].communicate(timeout=60)
        self.assertEqual(waiting[0].returncode, 0)
        self.assertEqual(set(self.hosts()), {"x.org", "y.org"})

    def test_not_for_ever(self):
        word = f"{os.getpid()}\nalice\nyesterday\npinctl edit\n"
        self.hold(".pinctl.lock", word)
        before = self.snapshot()
        for words in (("add", "y.org", GOOD), ("remove", "x.org"), ("undo",), ("compile",)):
            done = self.pinctl(*words, status=3, environment=FAST)
            self.assertIn(HELD.format(os.getpid()), done.stderr)
            self.assertIn(f'"kill {os.getpid()}"', done.stderr)
        self.assertEqual(self.snapshot(), before)

    def test_a_word_that_is_none(self):
        """Of a process that is no more, of an older pinctl, of nobody."""
        gone = subprocess.Popen(["true"])
        gone.wait()
        for word in (None, f"{gone.pid}\nalice\nyesterday\npinctl edit\n", "0\na\nb\nc\n", "1\nalice\n", "\n\n\n\n", "x" * 5000):
            held = self.hold(".pinctl.lock", word)
            done = self.pinctl("add", "y.org", GOOD, status=3, environment=FAST)
            self.assertIn("still locked by another pinctl; nothing was changed; \"fuser -v ", done.stderr)
            fcntl.flock(held, fcntl.LOCK_UN)

    def test_nobodys_word_but_ones_own_and_roots(self):
        """Who owns a folder could make root end any process."""
        if os.geteuid() != 0:
            self.skipTest("needs files of others")
        word = f"{os.getpid()}\nroot\nyesterday\npinctl add evil\n"
        lock = os.path.join(self.folder, ".pinctl.lock")
        self.hold(".pinctl.lock", word)
        for user, mode in ((65534, 0o600), (0, 0o622)):
            for path in (self.folder, self.policy):
                os.chown(path, 65534, 65534)
            os.chown(lock, user, user)
            os.chmod(lock, mode)
            done = self.pinctl("add", "y.org", GOOD, status=3, environment=FAST)
            self.assertIn(f'still locked by another pinctl; nothing was changed; "fuser -v {lock}" says', done.stderr)
            self.assertNotIn("evil", done.stderr)

    def test_roots_lock_is_the_owners_of_the_folder(self):
        """One "sudo pinctl" does not keep a user from his own policy."""
        if os.geteuid() != 0:
            self.skipTest("needs to become another user")
        lock = os.path.join(self.folder, ".pinctl.lock")
        os.unlink(lock)
        os.chown(self.folder, 65534, 65533)
        self.pinctl("compile", status=None)
        status = os.stat(lock)
        self.assertEqual((status.st_uid, status.st_gid, status.st_mode & 0o7777, status.st_size), (65534, 65533, 0o600, 0))
        # What was there before keeps its owner, and so does what root makes in its own folder.
        os.unlink(lock)
        os.close(os.open(lock, os.O_CREAT, 0o600))
        self.pinctl("compile", status=None)
        self.assertEqual(os.stat(lock).st_uid, 0)
        os.unlink(lock)
        os.chown(self.folder, 0, 0)
        self.pinctl("compile")
        self.assertEqual((os.stat(lock).st_uid, os.stat(lock).st_mode & 0o7777), (0, 0o600))

    def test_a_lock_that_is_a_link(self):
        lock = os.path.join(self.folder, ".pinctl.lock")
        os.unlink(lock)
        os.symlink("elsewhere", lock)
        self.assertIn("Operation not permitted", self.pinctl("compile", status=3).stderr)
        self.assertNotIn("elsewhere", self.listed())

    def test_a_directory_of_users_that_never_answers(self):
        """Be it for a wrong pin: nobody is asked while the lock is held, and for a pause or to switch off nobody at all."""
        asked = os.path.join(self.folder, "asked")
        os.mkfifo(asked)
        dead = {"LD_PRELOAD": os.environ["PINNING_DEAD_RESOLVER"], "PINNING_ASKED": asked}
        first = subprocess.Popen([PINCTL, "add", "y.org", GOOD], env=self.environment(**dead), stderr=subprocess.DEVNULL)
        try:
            with open(asked, "rb") as fifo:
                self.assertEqual(fifo.read(), b"")
            self.assertNotIn("waiting", self.pinctl("add", "z.org", GOOD, environment=FAST).stderr)
        finally:
            first.kill()
            first.wait()
        self.assertEqual(set(self.hosts()), {"x.org", "z.org"})
        conf = self.write_policy("# mine\n", "openssl.cnf")
        self.pinctl("enable", "--openssl-conf", conf, "--policy", self.policy)
        for words in (("pause", "x.org"), ("resume",), ("disable", "--openssl-conf", conf)):
            self.pinctl(*words, environment={"LD_PRELOAD": dead["LD_PRELOAD"]})

    def test_of_openssl_cnf(self):
        with open(os.path.join(self.folder, "openssl.cnf"), "w", encoding="utf-8") as file:
            file.write("# mine\n")
        self.hold(".pinctl-switch.lock", f"{os.getpid()}\nalice\nyesterday\npinctl edit\n")
        done = self.pinctl("enable", "--openssl-conf", os.path.join(self.folder, "openssl.cnf"), status=3, environment=FAST)
        self.assertIn(HELD.format(os.getpid()), done.stderr)

    def test_a_pause_waits_for_none_of_them(self):
        """Any user can lock a folder that he may read."""
        self.hold("")
        self.hold(".pinctl.lock")
        self.assertNotIn("waiting", self.pinctl("pause", "x.org").stderr)
        self.assertNotIn("waiting", self.pinctl("resume").stderr)
        self.assertEqual([name for name in self.listed() if "pause" in name], [])
        self.hold(".pinctl-pause.lock", f"{os.getpid()}\nalice\nyesterday\npinctl edit\n")
        self.assertIn(HELD.format(os.getpid()), self.pinctl("pause", "x.org", status=3, environment=FAST).stderr)

    def test_others_write_while_somebody_edits(self):
        script = f"{PINCTL} add y.org {GOOD} >&2 && echo '# mine' >> \"$1\" && echo 'mode = \"audit\";' >> \"$1\"\n"
        done = self.pinctl("edit", environment={**self.editor(script)})
        self.assertNotIn("waiting", done.stderr)
        self.assertIn('mode is "audit"', done.stdout)
        # That was somebody else.
        self.assertNotIn("y.org: is new", done.stdout)
        self.assertEqual(set(self.hosts()), {"x.org", "y.org"})
        self.assertEqual(self.json("list")["mode"], "audit")
        self.assertEqual([change["command"].split()[1] for change in self.json("changes")], ["edit", "add", "add"])

    def test_two_editors(self):
        inner = self.editor("echo '# the first' >> \"$1\"\n")
        script = f"EDITOR={inner['EDITOR']} {PINCTL} edit >&2; echo '# the second' >> \"$1\"\n"
        done = self.pinctl("edit", status=3, environment=self.editor(script))
        self.assertIn("policy.cfg: was changed meanwhile", done.stderr)
        with open(self.policy, encoding="utf-8") as file:
            self.assertTrue(file.read().endswith("\n# the first\n"))
        with open(re.search("what you wrote is in (.*)", done.stderr).group(1), encoding="utf-8") as file:
            self.assertTrue(file.read().endswith("\n# the second\n"))

    def test_an_editor_that_dies(self):
        before = self.snapshot()
        done = self.pinctl("edit", status=3, environment=self.editor("echo '# mine' >> \"$1\"; kill -9 $$\n"))
        with open(re.search("what you wrote is in (.*)", done.stderr).group(1), encoding="utf-8") as file:
            self.assertTrue(file.read().endswith("\n# mine\n"))
        self.assertNotIn("what you wrote", self.pinctl("edit", status=3, environment=self.editor("kill -9 $$\n")).stderr)
        self.assertEqual(self.snapshot(), before)

    def test_an_interrupt_at_the_question(self):
        before = self.snapshot()
        status, output = self.on_terminal(PINCTL, "edit", environment=self.editor("echo oops >> \"$1\"\n"),
                                          answers=[(b"What now", b"\x03")])
        self.assertEqual(status, -2)
        with open(re.search(r"what you wrote is in (\S+)", output).group(1), encoding="utf-8") as file:
            self.assertTrue(file.read().endswith("\noops\n"))
        self.assertEqual(self.snapshot(), before)

    def test_nobody_edits(self):
        before = self.snapshot()
        for editor in ({"EDITOR": ""}, {"VISUAL": "", "EDITOR": ""}):
            self.assertIn("there is no terminal; $VISUAL or $EDITOR names", self.pinctl("edit", status=3, environment=editor).stderr)
        self.assertIn("$TMPDIR names", self.pinctl("edit", status=3, environment={"EDITOR": "true", "TMPDIR": "/no/such"}).stderr)
        self.assertEqual(self.snapshot(), before)

    def test_what_cannot_be_made(self):
        if os.geteuid() != 0:
            self.skipTest("needs to become another user")
        os.chmod(self.folder, 0o755)
        for words, said in ((("monitor", "--connect", "::127.0.0.1:1"), "policy.cfg.history: Permission denied; try it as root"),
                            (("backup-key", "x.org", "--no-passphrase"), ".: Permission denied; --output DIR writes elsewhere"),
                            (("record", "--connect", "::127.0.0.1:1"), "chains: Permission denied; --output DIR writes elsewhere")):
            done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PINCTL, *words], check=False, text=True,
                                  cwd=self.folder, env=self.environment(), capture_output=True, stdin=subprocess.DEVNULL)
            self.assertIn(said, done.stderr)

    def test_who_may_not_write_does_not_edit(self):
        if os.geteuid() != 0:
            self.skipTest("needs to become another user")
        os.chmod(self.folder, 0o755)
        mark = os.path.join(tempfile.gettempdir(), f"pinctl-edited-{os.getpid()}")
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PINCTL, "edit"], check=False, text=True,
                              env=self.environment(EDITOR=f"touch {mark}; true"), capture_output=True, stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stderr), (3, f"pinctl: {self.folder}: Permission denied; try it as root\n"))
        self.assertFalse(os.path.exists(mark))

    def test_what_holds_root_back(self):
        if os.geteuid() != 0:
            self.skipTest("needs to be root")
        os.chmod(self.folder, 0o555)
        less = "-dac_override,-dac_read_search,-fowner"
        done = subprocess.run(["setpriv", f"--bounding-set={less}", f"--inh-caps={less}", PINCTL, "edit"], check=False, text=True,
                              env=self.environment(EDITOR="true"), capture_output=True, stdin=subprocess.DEVNULL)
        os.chmod(self.folder, 0o755)
        self.assertEqual(done.returncode, 3)
        self.assertTrue(done.stderr.startswith(f"pinctl: {self.folder}: Permission denied; what holds root back may be a security module"),
                        done.stderr)

    def test_the_interrupt_is_the_editors(self):
        script = "trap 'echo \"mode = \\\"audit\\\";\" >> \"$1\"; exit 0' INT; echo ready; while :; do sleep 0.05; done\n"
        status, output = self.on_terminal(PINCTL, "edit", environment=self.editor(script), answers=[(b"ready", b"\x03")])
        self.assertEqual(status, 0, output)
        self.assertEqual(self.json("list")["mode"], "audit")


if __name__ == "__main__":
    main()
