# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl rotate, approve and reject: a key's whole life on a real server, and what must not become of it."""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time

from pinctl_case import PINCTL, issue, main, openssl, path, read, write
from rotate_case import HOST, NAME, Rotate, pin_of


class Story(Rotate):
    def test_history_of_root(self):
        if os.geteuid() != 0:
            self.skipTest("needs to become another user")
        self.pinctl("add", HOST, "server.pem", "--backup", "next.pem")
        self.assertEqual(self.rotate(), [])
        os.chmod(self.folder, 0o755)
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PINCTL, "rotate", "--all",
                               "--connect", f"::127.0.0.1:{self.server.port}", "--history", self.history], check=False,
                              text=True, env=self.environment(), capture_output=True, stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stderr),
                         (3, f"pinctl: {self.history}: attempt to write a readonly database; try it as root\n"))

    def test_whole_life(self):
        server, upcoming, unknown, stranger = (pin_of(f"{name}.pem") for name in ("server", "next", "unknown", "stranger"))
        self.pinctl("add", HOST, "server.pem", "--backup", "next.pem")
        self.assertEqual(self.rotate(), [])
        self.accepted(True)
        # The server takes the backup key into use.
        self.server.show("next")
        self.accepted(True)
        self.assertEqual(self.rotate(status=1), [("promote", upcoming)])
        self.assertEqual(self.lists(), [[server], [upcoming]])
        self.assertEqual(self.rotate(HOST, "--yes"), [("promoted", upcoming)])
        self.assertEqual(self.lists(), [[server, upcoming], []])
        self.assertIn("no backup pin now", self.messages)
        self.assertEqual(self.rotate(), [])
        # A key that nobody has heard of.
        self.server.show("unknown")
        before = self.snapshot()
        self.assertEqual(self.rotate(HOST, "--yes", status=1), [("pending", unknown)])
        self.assertEqual(self.rotate(HOST, "--yes", status=1), [("pending", unknown)])
        self.assertEqual({name: text for name, text in self.snapshot().items() if name != "history.db"},
                         {name: text for name, text in before.items() if name != "history.db"})
        self.accepted(False)
        done = self.review("approve", HOST)
        self.assertIn(f"approved: {HOST}:443 {unknown} (CN={HOST}; proposed ", done.stderr)
        self.assertEqual(self.lists(), [[server, upcoming, unknown], []])
        self.accepted(True)
        self.assertEqual(self.rotate(), [])
        # And one that nobody wants.
        self.server.show("stranger")
        self.assertEqual(self.rotate(status=1), [("pending", stranger)])
        self.review("reject", HOST)
        self.accepted(False)
        self.assertEqual(self.rotate(HOST, "--yes", status=1), [("rejected", stranger)])
        self.assertEqual(self.lists(), [[server, upcoming, unknown], []])
        self.accepted(False)
        # Three months later.
        self.server.show("unknown")
        self.rotate()
        self.watched(100)
        self.assertEqual(sorted(self.rotate(status=1)), sorted([("retire", server), ("retire", upcoming)]))
        self.assertEqual(self.lists(), [[server, upcoming, unknown], []])
        self.assertEqual(sorted(self.rotate(HOST, "--yes")), sorted([("retired", server), ("retired", upcoming)]))
        self.assertEqual(self.lists(), [[unknown], []])
        self.accepted(True)
        self.assertEqual(self.decisions()[:5], [("promoted", upcoming), ("proposed", unknown), ("approved", unknown),
                                                ("proposed", stranger), ("rejected", stranger)])
        self.assertEqual(sorted(self.decisions()[5:]), sorted([("retired", server), ("retired", upcoming)]))

    def test_with_a_key_of_backup_key(self):
        """The key that backup-key made, certified by its own request, comes into use."""
        self.pinctl("add", HOST, "server.pem")
        made = self.json("backup-key", HOST, "--no-passphrase", "--to", self.folder)
        shutil.copy(made["key"], path("made.key"))
        write("made.cnf", "subjectAltName=DNS:api.example.com\n")
        write("made.pem", openssl("x509", "-req", "-in", made["csr"], "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "9",
                                  "-copy_extensions", "copy"))
        write("made-chain.pem", read("made.pem") + read("ca.pem"))
        self.server.show("made")
        self.accepted(True)
        self.assertEqual(self.rotate(HOST, "--yes"), [("promoted", made["pin"])])
        self.assertEqual(self.lists(), [[pin_of("server.pem"), made["pin"]], []])

    def test_on_a_terminal(self):
        self.pinctl("add", HOST, "server.pem", "--backup", "next.pem")
        self.server.show("next")
        command = (PINCTL, "rotate", *self.words(HOST, ca=path("root.pem")))
        for answer in (b"\n", b"no\n"):
            status, output = self.on_terminal(*command, answers=((b"[n]o? ", answer),))
            self.assertEqual((status, self.lists()[1]), (1, [pin_of("next.pem")]), output)
        status, output = self.on_terminal(*command, answers=((b"[n]o? ", b"y\n"),))
        self.assertEqual((status, self.lists()[1]), (0, []), output)
        self.assertIn("this backup pin has come into use", output)

    def test_dry_run(self):
        self.pinctl("add", HOST, "server.pem", "--backup", "next.pem")
        self.rotate()
        for name in ("next", "unknown"):
            self.server.show(name)
            before = self.snapshot()
            done = self.pinctl("rotate", *self.words(HOST, "--dry-run"), status=1)
            self.assertEqual(self.snapshot(), before)
            self.assertEqual("+++ " in done.stdout, name == "next")
        self.assertEqual(self.rotate(status=1), [("pending", pin_of("unknown.pem"))])
        before = self.snapshot()
        self.assertRegex(self.review("approve", HOST, "--dry-run").stdout, r'(?m)^\+ +"' + re.escape(pin_of("unknown.pem")))
        self.review("reject", HOST, "--dry-run")
        self.assertEqual(self.snapshot(), before)


class Report(Rotate):
    def report(self, *words, status, **options):
        before = self.snapshot()
        found = self.rotate("--all", "--report", *words, status=status, **options)
        self.assertEqual(self.snapshot(), before)
        return found

    def test_without_history(self):
        self.pinctl("add", HOST, "server.pem", "--backup", "next.pem")
        self.pinctl("rotate", "--all", "--report", "--ca", "root.pem", "--history", self.history, status=3)
        self.rotate()
        self.assertEqual(self.report(status=0), [])
        self.server.show("next")
        self.assertEqual(self.report(status=1), [("promote", pin_of("next.pem"))])
        self.server.show("unknown")
        self.assertEqual(self.report(status=1), [("new", pin_of("unknown.pem"))])
        self.assertEqual(self.rotate(status=1), [("pending", pin_of("unknown.pem"))])
        self.assertEqual(self.report(status=1), [("pending", pin_of("unknown.pem"))])
        # What is pending stays so, although the server has gone back to the old key.
        self.server.show("server", "chain.pem")
        self.assertEqual(self.report(status=1), [("pending", pin_of("unknown.pem"))])
        self.review("reject", HOST)
        self.assertEqual(self.report(status=0), [])

    def test_hosts_that_cannot_be_asked(self):
        self.pinctl("add", HOST, "server.pem")
        self.rotate()
        holder = self.closed()
        self.assertEqual(self.report(status=3, server=holder), [("failed", None)])
        self.assertEqual(self.rotate(status=3, server=holder), [("failed", None)])

    def test_table(self):
        self.pinctl("add", HOST, "server.pem")
        self.assertEqual(self.pinctl("rotate", *self.words(HOST)).stdout, "1 server: nothing to do\n")
        self.server.show("unknown")
        done = self.pinctl("rotate", *self.words("--all"), status=1)
        self.assertIn(f"pending {HOST}:443 {pin_of('unknown.pem')} CN={HOST}; compare it, then "
                      f'"pinctl approve {HOST} --policy {self.policy}" or "pinctl reject {HOST} --policy {self.policy}"', " ".join(done.stdout.split()))

    def test_several_hosts(self):
        """Each server has its own entries, in files of their own and in one that a person wrote."""
        self.write_policy(f'version = 1; hosts = ( {{ name = "mine.example.com"; pins = [ "{pin_of("server.pem")}" ]; }} );\n')
        self.pinctl("add", HOST, "server.pem", "--port", "443")
        self.pinctl("add", HOST, "server.pem", "--port", "8443")
        other = self.swapping("unknown", "unknown-chain.pem")
        to = ("--connect", f"{HOST}:8443:127.0.0.1:{other.port}")
        done = self.json("rotate", "--all", "--trust-unverified", *to, *self.words(), status=1)
        self.assertEqual([(host["host"], host["port"], [step["state"] for step in host["steps"]]) for host in done["hosts"]],
                         [(HOST, 443, []), (HOST, 8443, ["pending"]), ("mine.example.com", 443, [])])
        done = self.json("rotate", HOST, *to, *self.words(), status=1)
        self.assertEqual([host["port"] for host in done["hosts"]], [443, 8443])
        self.review("approve", HOST)
        self.assertEqual({tuple(entry["ports"]): entry["pins"] for entry in self.json("list")["hosts"]},
                         {(443,): [pin_of("server.pem")], (8443,): [pin_of("server.pem"), pin_of("unknown.pem")],
                          (): [pin_of("server.pem")]})


class Proposals(Rotate):
    def setUp(self):
        super().setUp()
        self.pinctl("add", HOST, "server.pem")

    def pending(self, name):
        self.server.show(name)
        self.rotate(status=1)
        return pin_of(f"{name}.pem")

    def test_unverified(self):
        self.server.show("unknown")
        found = self.rotate(HOST, "--yes", ca="other.pem", status=1)
        self.assertEqual(found, [("unverified", pin_of("unknown.pem"))])
        self.assertIn("nothing is pending", self.review("approve", HOST, status=1).stderr)
        self.assertIn("was not proposed", self.review("approve", HOST, pin_of("unknown.pem"), status=1).stderr)
        found = self.rotate(HOST, "--trust-unverified", ca="other.pem", status=1)
        self.assertEqual(found, [("pending", pin_of("unknown.pem"))])
        self.assertIn("warning: api.example.com:443: the chain did not verify", self.review("approve", HOST).stderr)

    def test_wrong_name(self):
        """A chain of the right authority for somebody else's name is no proposal either."""
        issue("elsewhere", "/CN=elsewhere", "ca", ("subjectAltName=DNS:elsewhere.example.com", "basicConstraints=CA:FALSE"))
        write("elsewhere-chain.pem", read("elsewhere.pem") + read("ca.pem"))
        self.server.show("elsewhere")
        self.assertEqual(self.rotate(status=1), [("unverified", pin_of("elsewhere.pem"))])

    def test_two_keys(self):
        first, second = self.pending("unknown"), self.pending("stranger")
        before = self.snapshot()
        for verb in ("approve", "reject"):
            done = self.review(verb, HOST, status=3)
            self.assertIn("say which", done.stderr)
            self.assertIn(first, done.stderr)
            self.assertIn(second, done.stderr)
        self.assertEqual(self.snapshot(), before)
        self.review("approve", HOST, second)
        self.review("reject", HOST, path("unknown.pem"))
        self.assertEqual(self.lists()[0], [pin_of("server.pem"), second])

    def test_two_hosts(self):
        self.pinctl("add", "db.example.com", "server.pem")
        issue("database", "/CN=db.example.com", "ca", ("subjectAltName=DNS:db.example.com", "basicConstraints=CA:FALSE"))
        write("database-chain.pem", read("database.pem") + read("ca.pem"))
        database = self.swapping("database", "database-chain.pem")
        self.server.show("unknown")
        self.rotate("--all", "--connect", f"db.example.com::127.0.0.1:{database.port}", status=1)
        self.review("reject", "db.example.com")
        self.review("approve", HOST)
        self.assertEqual(self.lists()[0], [pin_of("server.pem"), pin_of("unknown.pem")])
        self.assertEqual(self.lists("db.example.com")[0], [pin_of("server.pem")])
        self.assertEqual([row[0] for row in self.decisions("db.example.com")], ["proposed", "rejected"])

    def test_rejected_and_then_wanted(self):
        pin = self.pending("unknown")
        self.review("reject", HOST)
        self.assertIn("nothing is pending", self.review("approve", HOST, status=1).stderr)
        self.assertEqual(self.lists()[0], [pin_of("server.pem")])
        self.review("approve", HOST, pin)
        self.assertEqual(self.lists()[0], [pin_of("server.pem"), pin])
        self.assertIn("takes it out first", self.review("reject", HOST, pin, status=3).stderr)
        self.assertEqual([row[0] for row in self.decisions()], ["proposed", "rejected", "approved"])

    def test_approved_and_taken_out_again(self):
        pin = self.pending("unknown")
        self.review("approve", HOST)
        self.pinctl("remove", HOST, pin)
        self.assertEqual(self.rotate(status=1), [("pending", pin)])

    def test_who_and_when(self):
        self.pending("unknown")
        self.review("approve", f"{HOST}:443")
        rows = self.json("history", HOST, "--decisions", "--history", self.history)
        self.assertEqual([row["decision"] for row in rows], ["proposed", "approved"])
        for row in rows:
            self.assertEqual((row["port"], row["list"]), (443, "pins"))
            self.assertNotEqual(row["who"], "")
            self.assertLess(abs(time.mktime(time.strptime(row["at"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone - time.time()), 300)
        text = self.pinctl("history", HOST, "--decisions", "--history", self.history).stdout
        self.assertIn(rows[0]["who"], text)

    def test_usage(self):
        self.pending("unknown")
        for words in ((), (HOST, "@set"), (HOST, "sha256/x"), (HOST, pin_of("unknown.pem"), "more"), (f"{HOST}:0",)):
            self.review("approve", *words, status=2)
        for words in ((), (HOST, "--all"), ("--report", HOST, "--yes"), ("--all", "--report", "--dry-run"),
                      (HOST, "--retire", "13"), (HOST, "--retire", "soon"), ("*.example.com",), (HOST, "--dry-run", "--json")):
            self.pinctl("rotate", *words, status=2)
        self.assertEqual(self.lists()[0], [pin_of("server.pem")])

    def test_hosts_without_entry(self):
        self.assertEqual(self.rotate("else.example.com", status=3), [("failed", None)])
        self.review("approve", "else.example.com", status=1)

    def test_entry_that_is_gone(self):
        self.pending("unknown")
        self.pinctl("remove", HOST)
        self.assertIn("no entry of the policy covers it", self.review("approve", HOST, status=3).stderr)
        self.assertNotIn("approved", [row[0] for row in self.decisions()])

    def test_blocked_keys(self):
        self.write_policy(f'version = 1; blocked_keys = [ "{pin_of("unknown.pem")}" ];')
        self.server.show("unknown")
        self.assertEqual(self.rotate(HOST, "--yes", status=1), [("refused", None)])

    def test_wildcards(self):
        self.pinctl("remove", HOST)
        self.pinctl("add", "*.example.com", "server.pem")
        pin = self.pending("unknown")
        self.assertIn('entry for "*.example.com", which now accepts', self.review("approve", HOST).stderr)
        self.assertEqual(self.lists("*.example.com")[0], [pin_of("server.pem"), pin])

    def test_other_rules(self):
        """The key that is missing is proposed for the rule that is not satisfied."""
        issue("moved", f"/CN={HOST}", "other", NAME)
        write("moved-chain.pem", read("moved.pem") + read("other.pem"))
        self.pinctl("remove", HOST)
        self.pinctl("add", HOST, "--intermediate", "ca.pem", "--anchor", "root.pem")
        self.server.show("unknown")
        self.assertEqual(self.rotate(), [])
        self.server.show("moved")
        self.assertEqual(self.rotate(status=1), [("pending", pin_of("other.pem"))])
        self.review("approve", HOST)
        self.assertEqual(self.hosts()[HOST]["intermediates"], [pin_of("ca.pem"), pin_of("other.pem")])
        self.assertEqual(self.rotate(), [])


class ByHand(Rotate):
    def by_hand(self, settings):
        self.write_policy(f'version = 1;\nhosts = (\n  {{ name = "{HOST}"; {settings} }}\n);\n')

    def test_entries_written_by_hand(self):
        server, upcoming, unknown = (pin_of(f"{name}.pem") for name in ("server", "next", "unknown"))
        self.by_hand(f'pins = [ "{server}" ]; backup_pins = [ "{upcoming}" ];')
        self.server.show("next")
        self.assertEqual(self.rotate(HOST, "--yes", status=3), [("promote", upcoming)])
        self.assertIn(f'{self.policy}:3: the entry for "{HOST}" was written or edited by hand; move "{upcoming}"', self.messages)
        self.server.show("unknown")
        self.assertEqual(self.rotate(status=1), [("pending", unknown)])
        done = self.review("approve", HOST, status=3)
        self.assertIn(f'{self.policy}:3: the entry for "{HOST}" was written or edited by hand; '
                      f'add to its pins: "{unknown}"', done.stderr)
        self.assertEqual(self.rotate(status=1), [("pending", unknown)])
        # Once the person has added it, nothing is left to decide.
        self.by_hand(f'pins = [ "{server}", "{unknown}" ]; backup_pins = [ "{upcoming}" ];')
        self.assertEqual(self.rotate(), [("named", unknown)])
        self.assertEqual(self.rotate(), [])

    def test_pin_sets(self):
        self.write_policy(f'version = 1;\npinsets = {{ old = [ "{pin_of("next.pem")}" ]; }};\n')
        self.pinctl("add", HOST, "server.pem", "@old")
        self.rotate()
        self.watched(100)
        self.assertEqual(self.rotate(HOST, "--yes", status=3), [("retire", pin_of("next.pem"))])
        self.assertIn("does it come from a pin set?", self.messages)


class AtOnce(Rotate):
    def setUp(self):
        super().setUp()
        self.pinctl("add", HOST, "server.pem")
        self.server.show("unknown")
        self.rotate(status=1)

    def start(self, verb, *words):
        return subprocess.Popen([PINCTL, verb, HOST, *words, "--history", self.history], env=self.environment(),
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def test_approved_twice(self):
        running = [self.start("approve") for _ in range(8)]
        results = [(process.communicate(timeout=120)[1], process.returncode) for process in running]
        self.assertEqual(sorted(status for _, status in results), [0] + [1] * 7, results)
        self.assertEqual(self.lists()[0], [pin_of("server.pem"), pin_of("unknown.pem")])
        self.assertEqual([row[0] for row in self.decisions()], ["proposed", "approved"])

    def test_approved_and_rejected(self):
        running = [self.start(verb) for verb in ("approve", "reject") * 4]
        results = [(process.communicate(timeout=120)[1], process.returncode) for process in running]
        self.assertEqual(sorted(status for _, status in results), [0] + [1] * 7, results)
        (_, decision), = [row for row in enumerate(row[0] for row in self.decisions()) if row[1] != "proposed"]
        self.assertEqual(len(self.lists()[0]), {"approved": 2, "rejected": 1}[decision])

    def test_killed_before_the_policy(self):
        with open(os.path.join(self.folder, ".pinctl.lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            process = self.start("approve")
            self.assertIn("waiting", process.stderr.readline())
            process.send_signal(signal.SIGKILL)
            process.communicate()
        self.assertEqual(self.lists()[0], [pin_of("server.pem")])
        self.review("approve", HOST)
        self.assertEqual(len(self.lists()[0]), 2)

    def test_killed_before_the_note(self):
        """The policy is changed, and the history is held by somebody else."""
        with contextlib.closing(sqlite3.connect(self.history, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            process = self.start("approve")
            self.addCleanup(process.stderr.close)
            deadline = time.monotonic() + 30
            while len(self.lists()[0]) < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
            self.assertEqual(process.wait(), -signal.SIGKILL)
            database.execute("ROLLBACK")
        self.assertEqual(self.lists()[0], [pin_of("server.pem"), pin_of("unknown.pem")])
        self.assertEqual([row[0] for row in self.decisions()], ["proposed"])
        self.assertEqual(self.rotate(), [("named", pin_of("unknown.pem"))])
        self.assertEqual([row[0] for row in self.decisions()], ["proposed", "approved"])
        self.assertEqual(self.lists()[0], [pin_of("server.pem"), pin_of("unknown.pem")])

    def test_killed_at_any_moment(self):
        """Whenever it is stopped: either nothing has happened, or the next run finds all of it."""
        self.server.show("stranger")
        self.rotate(status=1)
        for delay in range(0, 60, 5):
            process = self.start("approve", pin_of("stranger.pem"))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=delay / 1000)
            process.kill()
            process.communicate()
            self.pinctl("check")
            self.assertIn(pin_of("server.pem"), self.lists()[0])
            self.assertLessEqual(len(self.lists()[0]), 2)
        self.review("approve", HOST, pin_of("stranger.pem"))
        self.assertEqual(self.lists()[0], [pin_of("server.pem"), pin_of("stranger.pem")])
        self.review("approve", HOST)
        self.assertEqual(len(self.lists()[0]), 3)


if __name__ == "__main__":
    main()
