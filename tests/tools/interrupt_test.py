# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Ctrl-C and SIGTERM at every step of the verbs that write: all of it is done or nothing, it is said which, and nothing
stays behind. strace(1) sends the signal at a call of the system."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from pinctl_case import PINCTL, PinctlCase, main

GOOD = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
OTHER = "sha256/ERERERERERERERERERERERERERERERERERERERERERE="
ENDED = "ended by a signal"
TOO_LATE = "came too late: the change is made"
# What a change is made of, and how often each is looked at most.
CALLS = {"openat": 80, "fsync": 20, "rename": 9, "unlink": 9, "ftruncate": 4, "write": 25, "flock": 4, "fchmod": 9}


@unittest.skipIf(os.environ.get("PINNING_SANITIZE"), "strace is not for programs with sanitizers")
class Interrupted(PinctlCase):
    def setUp(self):
        super().setUp()
        self.temporary = tempfile.mkdtemp(prefix="pinctl-interrupt-")
        self.addCleanup(shutil.rmtree, self.temporary)
        if shutil.which("strace") is None or self.interrupted("SIGINT", "getpid", 1, "--version").returncode != 0:
            self.skipTest("no strace")

    def environment(self, **more):
        return super().environment(TMPDIR=self.temporary, EDITOR="sed -i 's/# old/# new/'", **more)

    def interrupted(self, name, call, count, *words):
        command = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal={name}:when={count}",
                   PINCTL, *words]
        return subprocess.run(command, env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=60, start_new_session=True)

    def state(self):
        """The text of every file of the policy, and the names of all others; the record of changes by its rows."""
        files = {name: data for name, data in self.snapshot().items() if name.endswith((".cfg", ".cnf", ".pause"))}
        others = sorted(name for name in self.snapshot() if name not in files)
        return files, others

    def locks_are_free(self):
        for parent, _, names in os.walk(self.folder):
            for name in names:
                if name.endswith(".lock"):
                    with open(os.path.join(parent, name), "rb") as file:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def set_up(self, before):
        for name in os.listdir(self.folder):
            place = os.path.join(self.folder, name)
            (shutil.rmtree if os.path.isdir(place) else os.unlink)(place)
        self.write_policy("version = 1;\n# old\n")
        self.write_policy("# mine\n", "openssl.cnf")
        for words in before:
            self.pinctl(*words)

    def judge(self, done, old, new, recorded, where):
        """All or nothing, and who reads what was said knows which."""
        after = self.state()
        rows = len(self.json("changes"))
        self.assertIn(done.returncode, (-signal.SIGINT, -signal.SIGTERM, 0), (where, done.stdout, done.stderr))
        self.assertIn(after[0], (old[0], new[0]), where)
        is_new = after[0] == new[0] and old[0] != new[0]
        self.assertEqual(after[1], (new if is_new else old)[1], (where, done.stderr))
        self.assertEqual(rows, recorded + is_new, (where, done.stderr))
        for name in os.listdir(self.temporary):
            self.assertIn(f"what you wrote is in {self.temporary}/{name}/", done.stderr, where)
            shutil.rmtree(os.path.join(self.temporary, name))
        self.locks_are_free()
        if is_new:
            self.assertNotIn(ENDED, done.stderr, where)
        else:
            self.assertNotIn(TOO_LATE, done.stderr, where)
        return is_new

    def take_back(self, said, old, where):
        """What it names takes back this very change, and no other."""
        command = re.search(r'and "pinctl (.*)" takes it back', said)
        self.assertIsNotNone(command, (where, said))
        self.pinctl(*command[1].split())
        self.assertEqual(self.state()[0], old[0], where)

    def each_step(self, words, before=(), calls=CALLS):
        """Whether it was stopped before the change, and after it."""
        seen = {False: 0, True: 0}
        said = ""
        self.set_up(before)
        old, recorded = self.state(), len(self.json("changes"))
        self.pinctl(*words)
        new = self.state()
        for name in ("SIGINT", "SIGTERM"):
            for call, most in calls.items():
                for count in range(1, most):
                    self.set_up(before)
                    done = self.interrupted(name, call, count, *words)
                    if done.returncode == 0:
                        break
                    where = (name, call, count)
                    seen[self.judge(done, old, new, recorded, where)] += 1
                    if TOO_LATE in done.stderr and words[0] in ("add", "undo", "edit"):
                        self.take_back(done.stderr, old, where)
                    said += done.stderr
        self.assertGreater(min(seen.values()), 0, seen)
        self.assertIn(ENDED, said)
        self.assertIn(TOO_LATE, said)

    def test_add(self):
        self.each_step(("add", "x.org", GOOD), calls={**CALLS, "openat": 40})

    def test_undo(self):
        self.each_step(("undo",), (("add", "x.org", GOOD), ("add", "x.org", OTHER)),
                       {"rename": 9, "fsync": 20, "unlink": 9, "flock": 4})

    def test_edit(self):
        self.each_step(("edit",), (("add", "x.org", GOOD),), {"rename": 9, "fsync": 20, "flock": 4})

    def test_enable(self):
        conf = os.path.join(self.folder, "openssl.cnf")
        words = ("enable", "--openssl-conf", conf, "--policy", self.policy)
        self.each_step(words, (("add", "x.org", GOOD),), {"rename": 9, "fsync": 9, "fchmod": 3, "flock": 3, "memfd_create": 2})

    def test_disable(self):
        conf = os.path.join(self.folder, "openssl.cnf")
        words = ("--openssl-conf", conf)
        self.each_step(("disable", *words), (("add", "x.org", GOOD), ("enable", *words, "--policy", self.policy)),
                       {"rename": 9, "fsync": 9, "flock": 3})

    def test_a_service(self):
        """It has two files: both or none, and it is said of both."""
        with tempfile.TemporaryDirectory(prefix="pinctl-root-") as root:
            modules = root + "/usr/lib/x86_64-linux-gnu/ossl-modules"
            for folder in ("/etc/ssl", "/etc/pinning", "/usr/lib/ssl", "/etc/systemd/system"):
                os.makedirs(root + folder)
            shutil.copytree(os.path.dirname(os.environ["PINNING_MODULE"]), modules)
            for name, text in (("ssl/openssl.cnf", "# mine\n"), ("pinning/policy.cfg", "version = 1;\n")):
                with open(f"{root}/etc/{name}", "w", encoding="ascii") as file:
                    file.write(text)
            os.symlink("/etc/ssl/openssl.cnf", root + "/usr/lib/ssl/openssl.cnf")
            files = [root + "/etc/systemd/system/foo.service.d/pinning.conf", root + "/etc/pinning/openssl-foo.service.cnf"]
            for verb, made in (("enable", True), ("disable", False)):
                for count in (1, 2):
                    self.pinctl("disable" if made else "enable", "--root", root, "--systemd", "foo")
                    call = "rename" if made else "unlink"
                    done = self.interrupted("SIGINT", call, count, verb, "--root", root, "--systemd", "foo")
                    self.assertEqual(done.returncode, -signal.SIGINT, (verb, count, done.stderr))
                    self.assertIn("foo.service: the signal to end", done.stderr)
                    self.assertIn(TOO_LATE, done.stderr)
                    self.assertEqual([os.path.exists(file) for file in files], [made, made], (verb, count))

    def test_pause(self):
        self.set_up(())
        for call in ("rename", "fsync", "flock", "unlink"):
            for count in range(1, 9):
                self.pinctl("resume")
                rows = len(self.json("changes"))
                done = self.interrupted("SIGINT", call, count, "pause", "x.org")
                paused = os.path.exists(self.policy + ".pause")
                self.assertEqual(len(self.json("changes")), rows + paused, (call, count))
                self.assertEqual([name for name in self.listed() if "lock" in name or name.startswith(".")], [], (call, count))
                if done.returncode == 0:
                    break

    def test_compile(self):
        self.set_up((("add", "x.org", GOOD),))
        for call in ("rename", "fsync", "flock", "openat"):
            for count in range(1, 60):
                self.write_policy(f"version = 1;\n# {call} {count}\n")
                done = self.interrupted("SIGINT", call, count, "compile")
                self.assertEqual([name for name in self.listed() if name.startswith("policy.db")], ["policy.db"], (call, count))
                self.locks_are_free()
                self.pinctl("check")
                if done.returncode == 0:
                    break

    def test_compile_says_which(self):
        """Also to a program, and the lock is as empty as behind one that nobody ended."""
        self.set_up((("add", "x.org", GOOD),))
        for call, made in (("flock", False), ("rename", True)):
            self.write_policy(f"version = 1;\n# {call}\n")
            done = self.interrupted("SIGTERM", call, 1, "compile", "--json")
            self.assertEqual(done.returncode, -signal.SIGTERM)
            self.assertEqual(json.loads(done.stdout)["written"], made)
            self.assertIn(TOO_LATE if made else ENDED, done.stderr)
            self.assertEqual(os.path.getsize(os.path.join(self.folder, ".pinctl.lock")), 0)

    def test_json(self):
        """What was done is said as JSON before the end."""
        self.set_up(())
        for call, made in (("flock", False), ("rename", True)):
            done = self.interrupted("SIGTERM", call, 1, "add", f"{call}.org", GOOD, "--json")
            self.assertEqual(done.returncode, -signal.SIGTERM)
            told = json.loads(done.stdout)
            self.assertEqual((told["exit_status"], bool(told["files"])), (0, True) if made else (3, False), told)
            self.assertIn(TOO_LATE if made else ENDED, " ".join(message["text"] for message in told["messages"]))

    def test_a_question(self):
        """Ctrl-C at a question is a no, and leaves nothing."""
        self.set_up(())
        old = self.state()
        for words in (("add", "co.uk", GOOD), ("remove", "x.org", GOOD)):
            if words[0] == "remove":
                self.pinctl("add", "x.org", GOOD, "--backup", OTHER)
                old = self.state()
            status, said = self.on_terminal(PINCTL, *words, answers=((b"[n]o? ", b"\x03"),))
            self.assertEqual((status, self.state()), (-signal.SIGINT, old), said)
            self.locks_are_free()

    def test_while_it_waits_for_another(self):
        self.set_up((("add", "x.org", GOOD),))
        before = self.state()
        with open(os.path.join(self.folder, ".pinctl.lock"), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for words in (("add", "y.org", GOOD), ("edit",), ("undo",)):
                process = subprocess.Popen([PINCTL, *words], env=self.environment(), stderr=subprocess.PIPE, text=True)
                self.assertIn("waiting for", process.stderr.readline())
                process.send_signal(signal.SIGINT)
                said = process.communicate(timeout=30)[1]
                self.assertEqual(process.returncode, -signal.SIGINT, said)
                self.assertIn(ENDED, said)
                if words == ("edit",):
                    self.assertIn("what you wrote is in", said)
                self.assertEqual(self.state(), before)

    def test_a_trial_that_hangs(self):
        """SIGTERM for pinctl alone: the programs that it tries the configuration with do not hold it up."""
        self.set_up((("add", "x.org", GOOD),))
        conf = os.path.join(self.folder, "openssl.cnf")
        with open(conf, "rb") as file:
            old = file.read()
        process = subprocess.Popen([PINCTL, "enable", "--openssl-conf", conf, "--policy", self.policy], env=self.environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        with open(conf, "rb") as file:
            self.assertTrue(file.read() == old or process.returncode == 0)

    def test_nobody_reads(self):
        """A pager that was closed, or "| head", stops no change in its middle."""
        self.set_up((("add", "x.org", GOOD),))
        conf = os.path.join(self.folder, "openssl.cnf")
        for words in (("add", "y.org", GOOD), ("enable", "--openssl-conf", conf, "--policy", self.policy)):
            ours, theirs = os.pipe()
            os.close(ours)
            done = subprocess.run([PINCTL, *words], env=self.environment(), stdout=theirs, stderr=theirs, check=False,
                                  restore_signals=True, timeout=60)
            os.close(theirs)
            self.assertIn(done.returncode, (0, 3, -signal.SIGPIPE))
            self.assertIn("pinctl " + words[0], self.json("changes")[0]["command"])
            self.assertEqual([name for name in self.listed() if name.startswith(".pinctl-")], [])


if __name__ == "__main__":
    main()
