# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl rotate, approve and reject: a key's whole life on a real server, and every way in which it must not change."""

import contextlib
import fcntl
import functools
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
import types

import live_servers as live
import pinctl_case
from pinctl_case import CERTIFICATES, PINCTL, PinctlCase, issue, main, openssl, path, read, write

pin_of = functools.cache(pinctl_case.pin_of)

HOST = "api.example.com"
DAY = 86400
NAME = ("subjectAltName=DNS:api.example.com", "basicConstraints=CA:FALSE")
SHIM = os.path.join(os.path.dirname(os.path.dirname(os.environ["PINNING_MODULE"])), "libpinning-preload.so")


class Swapping:
    """An HTTPS server whose key can be swapped while it runs."""

    def __init__(self, name="server", chain="chain.pem"):
        self.show(name, chain)
        self.server = live.Server(self.serve)
        self.port = self.server.port

    def show(self, name, chain=None):
        self.context = live.tls_context(name, chain or f"{name}-chain.pem")

    def serve(self, connection):
        with self.context.wrap_socket(connection, server_side=True) as secured:
            if secured.recv(65536):
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


class Rotate(PinctlCase):
    @classmethod
    def setUpClass(cls):
        for name in ("next", "unknown", "stranger"):
            if not os.path.exists(path(f"{name}.pem")):
                issue(name, f"/CN={HOST}", "ca", NAME)
                write(f"{name}-chain.pem", read(f"{name}.pem") + read("ca.pem"))

    def setUp(self):
        super().setUp()
        self.history = os.path.join(self.folder, "history.db")
        self.server = self.swapping()

    def swapping(self, *words):
        server = Swapping(*words)
        self.addCleanup(server.server.close)
        return server

    def closed(self):
        holder = live.closed_port()
        self.addCleanup(holder.close)
        return types.SimpleNamespace(port=holder.getsockname()[1])

    def words(self, *words, server=None, ca="root.pem"):
        port = (server or self.server).port
        return (*words, "--history", self.history, "--ca", ca, "--connect", f"::127.0.0.1:{port}", "--timeout", "5")

    def rotate(self, *words, status=0, **options):
        """What is done or to do, of one server: (state, pin) each."""
        done = self.pinctl("rotate", *self.words(*(words or (HOST,)), "--json", **options), status=status)
        self.messages = done.stderr
        return [(step["state"], step["pin"]) for host in json.loads(done.stdout)["hosts"] for step in host["steps"]]

    def review(self, verb, *words, status=0):
        done = self.pinctl(verb, *words, "--history", self.history, status=status)
        self.messages = done.stderr
        return done

    def lists(self, host=HOST):
        entry = self.hosts()[host]
        return [entry["pins"], entry["backup_pins"]]

    def curl(self, server=None):
        """Whether an unmodified program gets an answer under the policy; a sanitized build has no shim for it."""
        if os.environ.get("PINNING_SANITIZE"):
            return None
        done = subprocess.run(["curl", "-s", "--noproxy", "*", "--cacert", path("root.pem"), "--connect-to",
                               f"::127.0.0.1:{(server or self.server).port}", f"https://{HOST}/"], capture_output=True,
                              check=False, timeout=60, env=self.environment(LD_PRELOAD=SHIM))
        self.assertIn((done.returncode, done.stdout), ((0, b"ok"), (60, b"")), done.stderr)
        return done.returncode == 0

    def accepted(self, expected, server=None):
        self.assertIn(self.curl(server), (expected, None))

    def sql(self, text, *values):
        with contextlib.closing(sqlite3.connect(self.history)) as database, database:
            return database.execute(text, values).fetchall()

    def age(self, days):
        """As if everything in the history had happened so many days earlier; it goes on from there."""
        for table, columns in (("keys", ("first_seen", "last_seen")), ("watched", ("since", "until")),
                               ("named", ("since", "last")), ("proposals", ("at",)), ("decisions", ("at",))):
            for column in columns:
                self.sql(f"UPDATE {table} SET {column} = {column} - ?", days * DAY)

    def watched(self, days):
        """As if monitor had looked at the same key all through so many days, until now."""
        self.age(days)
        self.sql("UPDATE watched SET until = until + ? WHERE until = (SELECT max(until) FROM watched)", days * DAY)
        self.pinctl("monitor", *self.words(HOST), status=None)

    def decisions(self, host=HOST):
        return [(row["decision"], row["pin"]) for row in
                self.json("history", host, "--decisions", "--history", self.history)]


class Story(Rotate):
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
        made = self.json("backup-key", HOST, "--no-passphrase", "--out", self.folder)
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
                      f'"pinctl approve {HOST}" or "pinctl reject {HOST}"', " ".join(done.stdout.split()))

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
        self.assertEqual(self.sql("PRAGMA user_version"), [(1,)])
        rows = {row["pin"]: row["times"] for row in self.json("history", HOST, "--history", self.history)}
        self.assertEqual((rows[pin_of("next.pem")], rows[pin_of("server.pem")]), (9, 1))

    def test_later(self):
        self.pinctl("add", HOST, "server.pem")
        self.sql("PRAGMA user_version = 2")
        for words in ((HOST,), ("--all", "--report")):
            done = self.pinctl("rotate", *self.words(*words), status=3)
            self.assertIn("made by a later pinctl", done.stderr)
        self.assertEqual(self.sql("SELECT name FROM sqlite_master"), [])

    def test_made_by_many_at_once(self):
        self.pinctl("add", HOST, "server.pem")
        running = [subprocess.Popen([PINCTL, "rotate", *self.words(HOST)], cwd=CERTIFICATES, env=self.environment(),
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(8)]
        for process in running:
            _, errors = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, errors)
        (times,) = {row["times"] for row in self.json("history", HOST, "--history", self.history)}
        self.assertEqual(times, 8)

    def test_not_writable(self):
        self.pinctl("add", HOST, "server.pem")
        self.server.show("unknown")
        self.history = os.path.join(self.folder, "absent", "history.db")
        self.pinctl("rotate", *self.words(HOST), status=3)
        self.history = self.write_policy("this is no database, but long enough to be looked at " * 40, "broken.db")
        for words in (("rotate", *self.words(HOST)), ("approve", HOST, "--history", self.history)):
            self.assertIn("broken.db: file is not a database", self.pinctl(*words, status=3).stderr)


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
