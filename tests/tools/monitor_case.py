# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What the tests of pinctl monitor share: a host of the policy, and a server that stands for it."""

import os

import live_servers as live
from pinctl_case import PinctlCase

HOST = "api.example.com"
NAME = ("subjectAltName=DNS:api.example.com", "basicConstraints=CA:FALSE")


class Monitor(PinctlCase):
    def setUp(self):
        super().setUp()
        self.history = os.path.join(self.folder, "history.db")

    def start(self, serve):
        server = live.Server(serve)
        self.addCleanup(server.close)
        return server.port

    def shows(self, name="server", chain="chain.pem", **options):
        return self.start(live.tls(live.tls_context(name, chain, **options)))

    def pinned(self, pin, more="", head=""):
        self.write_policy(f'version = 1; {head} hosts = ( {{ name = "{HOST}"; pins = [ "{pin}" ]; {more} }} );\n')

    def words(self, port, *more):
        """A command line with defaults for the options that are not given."""
        usual = {"--ca": "root.pem", "--history": self.history, "--timeout": "60", "--warning": "10", "--critical": "3"}
        given = [word for name, value in usual.items() if name not in more for word in (name, value)]
        return ("monitor", "--connect", f"::127.0.0.1:{port}", *given, *more)

    def host(self, port, *more, status=1):
        (found,) = self.json(*self.words(port, *more), status=status)["hosts"]
        return found

    def codes(self, port, *more, status=1):
        found = self.host(port, *more, status=status)
        self.assertEqual(found["state"], max((item["severity"] for item in found["findings"]), default="ok",
                                             key=["ok", "warning", "critical"].index))
        return [item["code"] for item in found["findings"]]
