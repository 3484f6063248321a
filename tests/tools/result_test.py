# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
--quiet, --json, --host and --file of the verbs that have them from outside of their tables: each of them is run, and what
it did is what its JSON says.
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import sqlite3
import subprocess
import unittest

import json_test
import live_servers as live
import system_log
from pinctl_case import PINCTL, PinctlCase, main, path, pin_of

SANITIZED = os.environ.get("PINNING_SANITIZE")
GOOD = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
HOST = "api.example.com"
HPKP = f'Public-Key-Pins: pin-sha256="{GOOD[7:]}"; pin-sha256="EREREREREREREREREREREREREREREREREREREREREQ8="; max-age=1\n'


def masked(text):
    """Without what is another one each time."""
    return re.sub(r"sha256/\S+|\d+", "", text)


class Result(PinctlCase):
    def setUp(self):
        super().setUp()
        self.pinctl("add", HOST, "server.pem", "--backup", "spare.pub")
        self.conf = self.write_policy("# mine\n", "openssl.cnf")
        self.pins = self.write_policy(HPKP, "pins.txt")
        server = live.Server(live.tls(live.tls_context("server", "chain.pem")))
        self.addCleanup(server.close)
        self.live = ("--connect", f"::127.0.0.1:{server.port}", "--timeout", "60")
        self.history = os.path.join(self.folder, "history.db")

    def reported(self, option):
        verbs = re.findall(r"(?m)^  ([a-z-]+) {2,}\S", self.pinctl("--help").stdout)
        return {verb for verb in verbs if re.search(rf"(?m)^  {option}", self.pinctl(verb, "--help").stdout)}

    def propose(self):
        """As if "pinctl rotate" had met a server with another key."""
        self.pinctl("monitor", HOST, *self.live, "--ca", "root.pem", "--history", self.history, status=None)
        pin = pin_of("ca.pem" if os.path.exists(self.history + ".once") else "swapped.pem")
        self.write_policy("", "history.db.once")
        with contextlib.closing(sqlite3.connect(self.history)) as database, database:
            database.execute("INSERT INTO proposals VALUES (?, 443, ?, 'pins', 'CN=x', 1, 'pending', 1, 'x')", (HOST, pin))

    def runs(self):
        """In this order: (words, what becomes of which file). Without a file: the verb has decided something."""
        own = f"host-{HOST}.cfg"
        return [
            (("add", "x.org", GOOD), {"host-x.org.cfg": "made"}),
            (("add", "x.org", "server.pem"), {"host-x.org.cfg": "changed"}),
            (("rename", "x.org", "y.org"), {"host-y.org.cfg": "made", "host-x.org.cfg": "removed"}),
            (("remove", "y.org"), {"host-y.org.cfg": "removed"}),
            (("undo",), {"host-y.org.cfg": "made"}),
            (("restore", "3"), {"host-y.org.cfg": "removed", "host-x.org.cfg": "made"}),
            (("pause", "x.org"), {"policy.cfg.pause": "made"}),
            (("resume",), {"policy.cfg.pause": "removed"}),
            (("import", self.pins, "--host", "z.org"), {"host-z.org.cfg": "made"}),
            (("enable", "--openssl-conf", self.conf, "--policy", self.policy), {"openssl.cnf": "changed"}),
            (("disable", "--openssl-conf", self.conf), {"openssl.cnf": "changed"}),
            (("enable", "--openssl-conf", self.conf, "--policy", self.policy, "--confirm", "9"), {"openssl.cnf": "changed"}),
            (("disable", "--openssl-conf", self.conf, "--unconfirmed"), {"openssl.cnf": "changed"}),
            (("record", HOST, "--output", os.path.join(self.folder, "chains"), *self.live), {f"{HOST}_443.pem": "made"}),
            (("edit",), {"policy.cfg": "changed"}),
            (("approve", HOST, "--history", self.history), {own: "changed"}),
            (("reject", HOST, "--history", self.history), {}),
        ]

    def run_all(self, *more):
        for words, files in self.runs():
            if words[0] in ("approve", "reject"):
                self.propose()
            before = self.snapshot()
            yield words, files, before, self.pinctl(*words, *more, environment={"EDITOR": "sed -i '1i # edited'"})

    def test_what_was_done(self):
        documented = json_test.documented_groups()["RESULT"]
        printed = set()
        for words, files, before, done in self.run_all("--json"):
            found = json.loads(done.stdout)
            printed |= json_test.fields(found)
            self.assertEqual((found["command"], found["exit_status"], found["dry_run"]), (words[0], 0, False))
            told = {os.path.basename(item["file"]): item["action"] for item in found["files"]}
            self.assertEqual(told, files)
            self.assertNotIn("note:", done.stderr)
            after = self.snapshot()
            for item in found["files"]:
                name = os.path.relpath(item["file"], self.folder)
                self.assertEqual((name in before, name in after),
                                 {"made": (False, True), "changed": (True, True), "removed": (True, False)}[item["action"]])
            if found["change"] is not None:
                self.assertEqual(self.json("changes")[0]["number"], found["change"])
        self.assertEqual({words[0] for words, _ in self.runs()}, self.reported("--json +print as JSON what was done"))
        self.assertEqual(printed - {"messages[]"}, set(documented))

    def test_mistakes_are_among_what_was_said(self):
        """What a person is told is told a program: where the mistake is, and what is wrong there."""
        mistake = "hosts = ("
        broken = {"EDITOR": f"echo '{mistake}' >>"}
        self.write_policy(f"{mistake}\n", "policy.d/mine.cfg")
        for words, environment in ((("edit",), broken), (("add", "x.org", GOOD), None), (("remove", HOST), None),
                                   (("import", self.pins, "--host", "z.org"), None)):
            done = self.pinctl(*words, "--json", environment=environment, status=None)
            told = [message["text"] for message in json.loads(done.stdout)["messages"] if message["severity"] == "error"]
            shown = re.findall(r"(?m)^(\S+:\d+:\d+:) error: (.*)(?:\n *\d+ \| ?(.*))?$", done.stderr)
            self.assertTrue(shown, done.stderr)
            for place, what, line in shown:
                self.assertIn(f"{place} {what}" + (f"; the line: {line}" if line else ""), told, words)

    def test_what_an_editor_shows_is_no_json(self):
        done = self.pinctl("edit", "--json", environment={"EDITOR": "echo shown; sed -i '1i # edited'"})
        self.assertEqual((done.stderr, json.loads(done.stdout)["output"]), ("shown\n", None))

    def test_quiet(self):
        for _, _, _, done in self.run_all("--quiet"):
            self.assertEqual([line for line in done.stderr.splitlines() if not line.startswith("pinctl: warning: ")], [])
        for words in (("check", self.policy), ("compile",), ("diff",), ("edit",), ("remove", "z.org"), ("export", "--format", "curl", HOST)):
            done = self.pinctl(*words, "-q", environment={"EDITOR": "true"}, status=None)
            self.assertNotIn("note:", done.stderr, words)
            self.assertEqual(done.stderr if words[0] != "check" else "", "", words)
        self.assertEqual([self.pinctl(word, "-q").stdout for word in ("compile", "diff")], ["", ""])

    def test_quiet_does_not_hide_what_is_needed(self):
        """Where the text is that was just typed, and why nothing happens."""
        before = self.snapshot()
        editor = self.write_policy("#!/bin/sh\necho oops >> \"$1\"\n", "editor")
        os.chmod(editor, 0o755)
        done = self.pinctl("edit", "-q", environment={"EDITOR": editor, "TMPDIR": self.folder}, status=1)
        os.unlink(editor)
        (copy,) = re.findall("(?m)^pinctl: warning: nothing was changed; what you wrote is in (.*)$", done.stderr)
        with open(copy, encoding="utf-8") as file:
            self.assertTrue(file.read().endswith("\noops\n"))
        self.assertNotIn("note:", done.stderr)
        shutil.rmtree(os.path.dirname(copy))
        self.assertEqual(self.snapshot(), before)

    @unittest.skipIf(SANITIZED, "a clock cannot be loaded before the sanitizer's run time")
    def test_quiet_does_not_hide_who_is_waited_for(self):
        before = self.snapshot()
        with open(os.path.join(self.folder, ".pinctl.lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for option in ("--quiet", "--json"):
                done = self.pinctl("add", "x.org", GOOD, option, status=3, environment={"LD_PRELOAD": os.environ["PINNING_FAST_CLOCK"]})
                self.assertIn("pinctl: warning: waiting for another pinctl (", done.stderr)
                self.assertNotIn("note:", done.stderr)
        self.assertEqual(self.snapshot(), before)

    def test_what_could_not_be_done(self):
        before = self.snapshot()
        for words, status in ((("add", "com", GOOD, "--include-subdomains"), 1), (("add", "x.org"), 2), (("remove", "x.org"), 3),
                              (("undo", "77"), 3), (("pause", "x.org", "--for", "x"), 2), (("import", "nothing", "--host", "a.org"), 3)):
            done = self.pinctl(*words, "--json", status=status)
            found = json.loads(done.stdout)
            self.assertEqual((found["exit_status"], found["files"], found["change"]), (status, [], None))
            (error,) = [item["text"] for item in found["messages"] if item["severity"] == "error"]
            self.assertIn(f"pinctl: {error}\n", done.stderr)
        self.assertEqual(self.snapshot(), before)

    def test_closed_output(self):
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", PINCTL, "add", "x.org", GOOD, "--json"], check=False,
                              env=self.environment(), capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (3, "pinctl: standard output: Bad file descriptor\n"))
        self.assertNotIn("x.org", self.hosts())

    def test_dry_run(self):
        before = self.snapshot()
        found = self.json("add", "x.org", GOOD, "--dry-run")
        self.assertEqual((found["dry_run"], found["files"], found["change"]), (True, [], None))
        self.assertIn(f'+      "{GOOD}"\n', found["output"])
        self.assertEqual(self.snapshot(), before)

    def test_strange_words_are_kept(self):
        found = json.loads(self.pinctl("remove", "x.org", "a\x1b[1m\n\xff", "--json", status=3).stdout)
        self.assertIn("a\x1b[1m\n", found["messages"][0]["text"])


class Operands(PinctlCase):
    """An option that says what an operand says, wherever it stands."""

    def setUp(self):
        super().setUp()
        self.pinctl("add", "--backup", "spare.pub", "server.pem", "--host", "x.org")

    def test_host(self):
        self.assertEqual(self.hosts()["x.org"]["pins"], [pin_of("server.pem")])
        for verb, more in (("show", ()), ("list", ()), ("pause", ("--for", "5m")), ("export", ("--format", "curl")),
                           ("edit", ()), ("history", ()), ("backup-key", ("--dry-run",)), ("monitor", ("--connect", "::127.0.0.1:1"))):
            plain, named = (self.pinctl(verb, *words, *more, status=None, environment={"EDITOR": "true"})
                            for words in (("x.org",), ("--host", "x.org")))
            self.assertNotEqual(named.returncode, 2, named.stderr)
            self.assertEqual((plain.returncode, masked(plain.stdout)),
                             (named.returncode, masked(named.stdout)), verb)
        self.pinctl("rename", "y.org", "--host", "x.org")
        self.assertEqual(list(self.hosts()), ["y.org"])
        self.pinctl("remove", "--host=y.org")
        self.assertEqual(self.hosts(), {})

    def test_several_hosts(self):
        self.pinctl("pause", "--host", "a.org", "b.org", "--host", "c.org")
        self.assertEqual({item["host"] for item in self.json("list")["pauses"]}, {"a.org", "b.org", "c.org"})

    def test_file(self):
        log = self.write_policy(system_log.rfc3339("event=policy-unusable consequence=refuse-all policy=\"x\" pid=1 uid=0 program=a",
                                                   1800000000), "auth.log")
        pins = self.write_policy(HPKP, "pins.txt")
        for words in (("pin", path("server.pem")), ("check", self.policy), ("diff", self.policy), ("log", log),
                      ("import", pins, "--host", "z.org", "--dry-run"), ("learn", log, "--no-history", "--dry-run")):
            verb, file, *more = words
            plain, named = (self.pinctl(verb, *given, *more, status=None) for given in ((file,), ("--file", file)))
            self.assertNotEqual(named.returncode, 2, named.stderr)
            # "max-age" counts from now.
            said = [re.sub(r'# pinctl: .*|expires = .*', "", done.stdout) for done in (plain, named)]
            self.assertEqual((plain.returncode, said[0]), (named.returncode, said[1]), verb)

    def test_refused(self):
        for words in (("show", "x.org", "--host", "y.org"), ("show", "--host"), ("show", "--host="), ("status", "--host", "x.org"),
                      ("list", "--file", "x"), ("check", "--file", "a", "b"), ("list", "-q"), ("add", "-q=1", "x.org"),
                      ("add", "--json=1", "x.org"), ("export", "--json")):
            self.pinctl(*words, status=2)


if __name__ == "__main__":
    main()
