# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What the tests of rotate, approve and reject share: a server whose key can be swapped, and a history that ages."""

import contextlib
import functools
import json
import os
import sqlite3
import subprocess
import types

import live_servers as live
import pinctl_case
from pinctl_case import PinctlCase, issue, path, read, write

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
        return (*words, "--history", self.history, "--ca", ca, "--connect", f"::127.0.0.1:{port}", "--timeout", "60")

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
        for table, columns in (("keys", ("first_seen", "last_seen")), ("verified", ("first_seen", "last_seen")), ("watched", ("since", "until")),
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
