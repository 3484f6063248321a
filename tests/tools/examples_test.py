# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Every example of --help is run as it stands there."""

import contextlib
import os
import re
import shlex
import shutil
import sqlite3
import time

import live_servers as live
import system_log
from pinctl_case import CERTIFICATES, PinctlCase, main, pin_of

# In this order each finds what the ones before it left.
VERBS = ("pin", "add", "list", "show", "check", "diff", "compile", "pause", "resume", "edit", "changes", "undo",
         "restore", "explain", "graph", "scan", "monitor", "history", "backup-key", "rotate", "approve", "reject", "record", "test", "log", "learn", "run", "enable", "disable", "status",
         "coverage", "completion", "import", "export", "help", "rename", "remove")


class Examples(PinctlCase):
    def propose(self, pin):
        """As if "pinctl rotate" had met a server with this key."""
        with contextlib.closing(sqlite3.connect(os.path.join(self.folder, "history.db"))) as database, database:
            database.execute("INSERT INTO proposals VALUES ('api.example.com', 443, ?, 'pins', 'CN=x', 1, 'pending', 1, 'x')",
                             (pin,))

    def example_of(self, verb):
        lines = self.pinctl(verb, "--help").stdout.splitlines()
        words = shlex.split(lines[lines.index("Example:") + 1])
        variables = dict(word.split("=", 1) for word in words[:words.index("pinctl")])
        words = words[len(variables):]
        self.assertEqual(words[:2], ["pinctl", verb])
        return variables, words[1:]

    def test_all(self):
        listed = re.findall(r"(?m)^  ([a-z-]+) {2,}\S", self.pinctl("--help").stdout)
        self.assertEqual(sorted(listed), sorted(VERBS))
        for name in ("server.pem", "spare.pub", "chain.pem", "root.pem"):
            shutil.copy(os.path.join(CERTIFICATES, name), self.folder)
        self.write_policy(system_log.traditional("event=policy-loaded policy=x hosts=1 generation=0 pid=1 uid=0",
                                                 time.time()), "auth.log")
        self.write_policy("api.example.com\n", "hosts.txt")
        self.write_policy("correct horse battery staple\n", "passphrase.txt")
        self.write_policy('<network-security-config><domain-config><domain>other.example</domain><pin-set><pin digest="SHA-256">'
                          "lzreHS7aW4yIKGuRe3TVm12eFovlQZ4yxy/TF9erwdo=</pin></pin-set></domain-config></network-security-config>",
                          "pins.xml")
        # Stands in for the network: says whether it was started under enforcement.
        curl = self.write_policy('#!/bin/sh\necho "$1 $LD_PRELOAD $PINNING_POLICY"\n', "curl")
        os.chmod(curl, 0o755)
        # So does a proxy that leads to one server, whatever host is asked for.
        server = live.Server(live.tls(live.tls_context("server", "chain.pem")))
        self.addCleanup(server.close)
        proxy = live.Server(live.proxy_to(server.port))
        self.addCleanup(proxy.close)
        # A shell built without sanitizers cannot load a shim built with them.
        for verb in [verb for verb in VERBS if verb != "run" or not os.environ.get("PINNING_SANITIZE")]:
            with self.subTest(verb):
                if verb in ("approve", "reject"):
                    self.propose(pin_of({"approve": "swapped.pem", "reject": "ca.pem"}[verb]))
                variables, words = self.example_of(verb)
                done = self.pinctl(*words, cwd=self.folder, status=None,
                                   environment={**variables, "PATH": f"{self.folder}:{os.environ['PATH']}",
                                                "https_proxy": f"http://127.0.0.1:{proxy.port}",
                                                "http_proxy": f"http://127.0.0.1:{proxy.port}",
                                                "SSL_CERT_FILE": os.path.join(self.folder, "root.pem")})
                self.assertIn(done.returncode, (0, 1) if verb in ("status", "scan") else (0,), done.stderr)
                if verb == "run":
                    self.assertRegex(done.stdout, rf"^https://api.example.com/ \S*libpinning-preload.so {self.policy}\n$")


if __name__ == "__main__":
    main()
