# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl rotate retires pins that nobody uses: what the history has to prove for that, and what it is kept in."""

import os
import subprocess
import time

from pinctl_case import CERTIFICATES, PINCTL, main, path
from rotate_case import DAY, HOST, Rotate, pin_of


class Retire(Rotate):
    """The story shows what is retired; these, what is not."""

    def setUp(self):
        super().setUp()
        self.pinctl("add", HOST, "server.pem", pin_of("next.pem"), "--backup", "unknown.pem")
        self.rotate()

    def kept(self, *words, **options):
        self.assertNotIn("retire", [state[:6] for state, _ in self.rotate(*(words or (HOST,)), "--yes", status=None, **options)])
        self.assertEqual(self.lists(), [[pin_of("server.pem"), pin_of("next.pem")], [pin_of("unknown.pem")]])

    def test_control(self):
        """With every look, one a week."""
        for _ in range(12):
            self.age(7)
            self.kept()
        self.age(7)
        self.assertEqual(self.rotate(HOST, "--yes"), [("retired", pin_of("next.pem"))])

    def test_young_history(self):
        self.kept()
        self.watched(80)
        self.kept()

    def test_other_time(self):
        self.watched(100)
        self.kept(HOST, "--retire", "120")
        self.assertEqual(self.rotate(HOST, "--yes", "--retire", "14"), [("retired", pin_of("next.pem"))])

    def test_gap_in_the_history(self):
        self.watched(60)
        self.age(9)
        self.rotate()
        self.watched(60)
        self.kept()
        self.watched(31)
        self.assertEqual(self.rotate(HOST, "--yes"), [("retired", pin_of("next.pem"))])

    def test_history_that_ended(self):
        """Somebody looked for a year, and then nobody until now."""
        self.watched(365)
        self.age(30)
        self.kept()

    def test_pins_that_are_new(self):
        self.watched(100)
        self.pinctl("remove", HOST, pin_of("next.pem"))
        self.rotate()
        self.pinctl("add", HOST, pin_of("next.pem"))
        self.kept()
        self.watched(50)
        self.kept()

    def test_keys_seen_lately(self):
        """One of several servers behind the name still has the old key."""
        self.watched(50)
        self.server.show("next")
        self.rotate()
        self.server.show("server", "chain.pem")
        self.watched(60)
        self.kept()

    def test_backups_that_were_never_in_use(self):
        self.watched(400)
        self.rotate(HOST, "--yes")
        self.assertEqual(self.lists()[1], [pin_of("unknown.pem")])

    def test_backups_that_were(self):
        self.server.show("unknown")
        self.rotate(status=1)
        self.server.show("server", "chain.pem")
        self.watched(100)
        self.assertEqual(self.rotate(HOST, "--yes"), [("retired", pin_of("next.pem")), ("retired", pin_of("unknown.pem"))])

    def test_last_pin(self):
        """All pins are unused, and only the issuer keeps the server accepted."""
        self.pinctl("add", HOST, "--intermediate", "ca.pem")
        self.server.show("stranger")
        self.watched(100)
        self.assertEqual(self.rotate(HOST, "--yes"), [("retired", pin_of("next.pem"))])
        self.watched(100)
        self.assertEqual(self.rotate(HOST, "--yes"), [])
        self.assertEqual(self.lists()[0], [pin_of("server.pem")])

    def test_servers_that_are_refused_or_silent(self):
        self.watched(100)
        self.server.show("stranger")
        self.kept()
        holder = self.closed()
        self.kept(server=holder)

    def test_entries_for_many_names(self):
        self.pinctl("add", HOST, "--include-subdomains")
        self.watched(100)
        self.kept()

    def test_ports_that_nobody_looked_at(self):
        self.pinctl("remove", HOST)
        self.pinctl("add", HOST, "server.pem", pin_of("next.pem"), "--backup", "unknown.pem", "--port", "443", "--port", "8443")
        self.rotate(f"{HOST}:443")
        self.watched(100)
        self.kept(f"{HOST}:443")
        self.kept()

    def test_without_asking_nothing(self):
        self.watched(100)
        before = self.lists()
        self.assertEqual(self.rotate(status=1), [("retire", pin_of("next.pem"))])
        self.assertEqual(self.lists(), before)
        command = (PINCTL, "rotate", *self.words(HOST, ca=path("root.pem")))
        status, output = self.on_terminal(*command, answers=((b"[n]o? ", b"n\n"),))
        self.assertEqual((status, self.lists()), (1, before), output)
        self.assertRegex(output, "never seen, although it was watched")


class Database(Rotate):
    OLD = ("CREATE TABLE keys (host TEXT NOT NULL, port INTEGER NOT NULL, depth INTEGER NOT NULL, pin TEXT NOT NULL,"
           " subject TEXT NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, times INTEGER NOT NULL,"
           " PRIMARY KEY (host, port, depth, pin)) WITHOUT ROWID")

    def test_older(self):
        """What monitor kept before there were proposals is neither lost nor taken for more than it is."""
        self.pinctl("add", HOST, "server.pem", pin_of("next.pem"))
        long_ago = int(time.time()) - 400 * DAY
        self.sql(self.OLD)
        self.sql("INSERT INTO keys VALUES (?, 443, 0, ?, 'CN=x', ?, ?, 9)", HOST, pin_of("next.pem"), long_ago, long_ago)
        before = self.snapshot()
        self.assertEqual(self.rotate("--all", "--report"), [])
        self.json("history", HOST, "--decisions", "--history", self.history)
        self.assertEqual(self.snapshot(), before)
        self.assertEqual(self.rotate(HOST, "--yes"), [])
        self.assertEqual(self.sql("PRAGMA user_version"), [(3,)])
        rows = {row["pin"]: row["times"] for row in self.json("history", HOST, "--history", self.history)}
        self.assertEqual((rows[pin_of("next.pem")], rows[pin_of("server.pem")]), (9, 1))

    def test_later(self):
        self.pinctl("add", HOST, "server.pem")
        self.sql("PRAGMA user_version = 4")
        for words in ((HOST,), ("--all", "--report")):
            done = self.pinctl("rotate", *self.words(*words), status=3)
            self.assertIn("made by a later pinctl", done.stderr)
        self.assertEqual(self.sql("SELECT name FROM sqlite_master"), [])

    def test_made_by_many_at_once(self):
        self.pinctl("add", HOST, "server.pem")
        running = [subprocess.Popen([PINCTL, "rotate", *self.words(HOST)], cwd=CERTIFICATES, env=self.environment(),
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(8)]
        for errors, status in [(process.communicate(timeout=120)[1], process.returncode) for process in running]:
            self.assertEqual(status, 0, errors)
        (times,) = {row["times"] for row in self.json("history", HOST, "--history", self.history)}
        self.assertEqual(times, 8)

    def test_not_writable(self):
        self.pinctl("add", HOST, "server.pem")
        self.server.show("unknown")
        self.history = os.path.join(self.folder, "absent", "history.db")
        self.pinctl("rotate", *self.words(HOST), status=3)
        self.history = self.write_policy("this is no database, but long enough to be looked at " * 40, "broken.db")
        for words in (("rotate", *self.words(HOST)), ("approve", HOST, "--history", self.history)):
            self.assertIn("broken.db: file is not a database; restore it from a backup, or move it away and a new one is made", self.pinctl(*words, status=3).stderr)


if __name__ == "__main__":
    main()
