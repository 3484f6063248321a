# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Many writers at once: no change is lost, and readers never see half of one."""

import contextlib
import json
import os
import sqlite3
import subprocess

from pinctl_case import PINCTL, PinctlCase, main

WRITERS = 40


def pin(number):
    """A different valid digest for each number."""
    return f"{number + 1:064x}"


class Concurrency(PinctlCase):
    def start(self, *words):
        return subprocess.Popen([PINCTL, *words], env=self.environment(), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def finish(self, running):
        for process in running:
            _, errors = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, errors)

    def test_different_hosts(self):
        self.finish([self.start("add", f"h{i}.example.com", pin(i)) for i in range(WRITERS)])
        self.assertEqual(set(self.hosts()), {f"h{i}.example.com" for i in range(WRITERS)})

    def test_one_host(self):
        self.finish([self.start("add", "x.org", pin(i)) for i in range(WRITERS)])
        self.assertEqual(len(self.hosts()["x.org"]["pins"]), WRITERS)

    def test_adding_and_removing_while_reading(self):
        self.pinctl("add", "x.org", pin(999), *[pin(i) for i in range(WRITERS)])
        running = [self.start("remove", "x.org", pin(i)) for i in range(WRITERS)]
        running += [self.start("add", "x.org", pin(1000 + i)) for i in range(WRITERS)]
        running += [self.start("check", self.policy) for _ in range(WRITERS)]
        self.finish(running)
        self.assertEqual(len(self.hosts()["x.org"]["pins"]), 1 + WRITERS)

    def test_nothing_is_left_behind(self):
        self.finish([self.start("add", f"h{i % 5}.org", pin(i)) for i in range(WRITERS)])
        self.assertEqual(sorted(os.listdir(self.dropins)), [f"host-h{i}.org.cfg" for i in range(5)])


class StoppedReader(PinctlCase):
    """A pinctl whose output nobody reads waits for ever, but holds up nobody who writes."""

    ROWS = 3000

    def fill(self, name, statement, rows):
        with contextlib.closing(sqlite3.connect(os.path.join(self.folder, name))) as database:
            database.executemany(statement, rows)
            database.commit()

    @contextlib.contextmanager
    def stopped(self, *words):
        """Runs pinctl with an output that nobody reads beyond its first byte; at the end the rest is read and counted."""
        with subprocess.Popen([PINCTL, *words], env=self.environment(), stdout=subprocess.PIPE) as process:
            begun = os.read(process.stdout.fileno(), 1)
            yield
            # It waits for its reader, with more to print.
            self.assertIsNone(process.poll())
            self.assertEqual(len(json.loads(begun + process.stdout.read())), self.ROWS)
            self.assertEqual(process.wait(), 0)

    def test_changes(self):
        self.write_policy("version = 1;\n")
        self.pinctl("add", "x.org", pin(1))
        columns = "time, who, command, what, has_files, undone"
        self.fill("policy.cfg.changes", f"INSERT INTO changes ({columns}) SELECT {columns} FROM changes WHERE id = ?", [(1,)] * (self.ROWS - 1))
        with self.stopped("changes", "--json"):
            done = self.pinctl("add", "y.org", pin(2))
            self.assertNotIn("not in the record", done.stderr)
        self.pinctl("undo")
        self.assertEqual(list(self.hosts()), ["x.org"])

    def test_history(self):
        self.write_policy("version = 1;\n")
        history = os.path.join(self.folder, "policy.cfg.history")
        # Nobody listens there; the history is made all the same.
        self.pinctl("monitor", "x.org", "--connect", "x.org:443:127.0.0.1:1", "--timeout", "1", status=None)
        self.assertTrue(os.path.exists(history))
        self.fill(history, "INSERT INTO keys VALUES ('x.org', ?, 0, ?, 'CN=x', 1, 2, 3)", [(i + 1, "sha256/" + "A" * 43 + "=") for i in range(self.ROWS)])
        self.fill(history, "INSERT INTO decisions VALUES (NULL, 'x.org', ?, ?, 'pins', 'approved', 1, 'somebody')",
                  [(i + 1, "sha256/" + "A" * 43 + "=") for i in range(self.ROWS)])
        for words in ((), ("--decisions",)):
            with self.stopped("history", "x.org", "--json", *words):
                # A writer, that waits for nobody.
                self.fill(history, "UPDATE keys SET times = times + ?", [(1,)])


if __name__ == "__main__":
    main()
