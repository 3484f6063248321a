# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl monitor --notify: what is told by each way, that it is told once, and what happens when telling fails."""

import os
import shutil
import subprocess
import time
import unittest

import live_servers as live
from notify_case import HOST, NAME, Mailbox, Notify
from pinctl_case import CERTIFICATES, PINCTL, issue, main, openssl, pin_of, read, write
from seconds import next_second


class Changes(Notify):
    def test_all_well_tells_nothing(self):
        self.pinned()
        self.monitor(self.shows(), status=0)
        self.assertEqual(self.messages(), [])

    def test_key_changes(self):
        self.pinned()
        sound, swapped = self.shows(), self.shows("swapped", "swapped-chain.pem")
        self.monitor(sound, status=0)
        next_second()
        self.monitor(swapped)
        expected = [("new", "critical", "not-pinned"), ("event", "warning", "key-changed")]
        self.assertEqual(self.changes(), expected)
        change = self.messages()[0]["changes"][0]
        self.assertEqual((change["host"], change["port"], change["pin"]), (HOST, 443, pin_of("swapped.pem")))
        self.assertIn("the policy refuses it", change["text"])
        # A second run has nothing to tell.
        self.monitor(swapped)
        self.assertEqual(self.changes(), expected)
        next_second()
        self.monitor(sound)
        self.assertEqual(self.changes()[2:], [("event", "warning", "key-changed"), ("gone", "critical", "not-pinned")])
        self.monitor(sound, status=0)
        self.assertEqual(len(self.changes()), 4)
        ids = [change["id"] for message in self.messages() for change in message["changes"]]
        self.assertEqual(len(set(ids)), 4)

    def test_issuer_that_expires_is_told_once(self):
        self.pinned()
        self.warning = "40"
        port = self.shows()
        both = ("--notify-command", self.page, f"{HOST}:8443")
        self.monitor(port, *both)
        expected = [("new", "warning", "expires")] * 2 + [("new", "warning", "issuer-expires")] * 2
        self.assertEqual(sorted(self.changes()), expected)
        # Nor is it new, or gone, for a look at one of them, or the next one at both.
        for more in (both, (), both):
            self.monitor(port, *more)
            self.assertEqual(len(self.changes()), 4)
        # Both are known to have no more of it.
        self.warning = "10"
        self.monitor(port, status=0)
        self.assertEqual(self.changes()[4:], [("gone", "warning", "expires")])
        self.monitor(port, *both, status=0)
        self.assertEqual(sorted(self.changes()[5:]), [("gone", "warning", "expires")] + [("gone", "warning", "issuer-expires")] * 2)

    def below_expiring(self):
        """Two hosts of which only the CAs will expire. The function looks at both, where they are then."""
        issue("long", "/CN=api.example.com", "ca", ("subjectAltName=DNS:api.example.com,DNS:b.api.example.com", *NAME[1:]), days=400)
        write("long-chain.pem", read("long.pem") + read("ca.pem"))
        self.pinned(f'{{ name = "b.api.example.com"; pins = [ "{pin_of("long.pem")}" ]; }}', pin=pin_of("long.pem"))
        self.warning = "40"
        return lambda a, b, *more, status=1: self.pinctl(
            "monitor", *more, "--connect", f"{HOST}::127.0.0.1:{a}", "--connect", f"b.api.example.com::127.0.0.1:{b}",
            *self.words(a)[4:], "--notify-command", self.page, status=status)

    def test_issuer_that_expires_is_not_new_when_a_host_comes_back(self):
        look = self.below_expiring()
        port, holder = self.shows("long", "long-chain.pem"), live.closed_port()
        self.addCleanup(holder.close)
        down = holder.getsockname()[1]
        look(port, port)
        once = [("new", "warning", "issuer-expires")] * 2
        self.assertEqual(self.changes(), once)
        away, back = ("new", "critical", "unreachable"), ("gone", "critical", "unreachable")
        for ports, told in (((port, down), [away]), ((port, port), [back]), ((down, port), [away]), ((port, port), [back]),
                            ((down, down), [away] * 2), ((port, port), [back] * 2)):
            before = len(self.changes())
            look(*ports)
            self.assertEqual(self.changes()[before:], told, ports)

    def test_issuer_that_expires_is_gone_with_the_last_host(self):
        look = self.below_expiring()
        port, holder = self.shows("long", "long-chain.pem"), live.closed_port()
        self.addCleanup(holder.close)
        look(port, port)
        self.warning, told = "10", len(self.changes())
        down = holder.getsockname()[1]
        # The one that is away had it when it was seen last.
        sound = ("monitor", "--connect", f"{HOST}::127.0.0.1:{port}", "--connect", f"b.api.example.com::127.0.0.1:{down}",
                 *self.words(port)[4:], "--notify-command", self.page)
        self.pinctl(*sound, status=1)
        self.assertEqual(self.changes()[told:], [("new", "critical", "unreachable")])
        # It is not watched any more.
        self.write_policy(f'version = 1; hosts = ( {{ name = "{HOST}"; pins = [ "{pin_of("long.pem")}" ]; }} );\n')
        self.pinctl(*sound)
        self.assertEqual(self.changes()[told + 1:], [("gone", "warning", "issuer-expires")] * 2)

    def test_a_look_at_some_makes_an_issuer_no_better(self):
        """Two certificates of one name: what the other host has is not known then, and not worse with the next look at both."""
        look = self.below_expiring()
        port = self.shows("long", "long-chain.pem")
        look(port, port)
        self.sql("UPDATE told SET severity = 2 WHERE host = ''")
        look(port, port, HOST)
        self.assertEqual(self.sql("SELECT DISTINCT severity FROM told WHERE host = ''"), [(2,)])

    @unittest.skipIf(os.environ.get("PINNING_SANITIZE"), "faketime cannot be loaded before the sanitizer's run time")
    def test_key_changes_while_the_clock_is_wrong(self):
        """Then it is not recorded, and the change is found again at each look; it is told once."""
        faketime = shutil.which("faketime")
        if faketime is None:
            self.skipTest("faketime is not installed")
        self.pinned()
        sound, swapped = self.shows(), self.shows("swapped", "swapped-chain.pem")
        self.monitor(sound, status=0)
        next_second()
        events = lambda: [code for change, _, code in self.changes() if change == "event"]
        for _ in range(2):
            subprocess.run([faketime, "-f", "-300d", PINCTL, *self.words(swapped, "--notify-command", self.page)],
                           cwd=CERTIFICATES, env=self.environment(), capture_output=True, check=False, timeout=60)
            self.assertEqual(events(), ["key-changed"])
        for _ in range(2):
            self.monitor(swapped)
        self.assertEqual(events(), ["key-changed"])
        self.assertNotIn("gone", [change for change, _, code in self.changes() if code == "key-changed"])
        next_second()
        self.monitor(sound)
        self.assertEqual(events(), ["key-changed"] * 2)

    def test_host_leaves_and_comes_back(self):
        """What was told of it before says nothing of what is wrong with it now."""
        self.pinned(f'{{ name = "db.example.com"; pins = [ "{pin_of("server.pem")}" ]; }}', pin=pin_of("other.pem"))
        there = ("--connect", f"::127.0.0.1:{self.shows()}", "--ca", "root.pem", "--history", self.history, "--warning", "10",
                 "--critical", "3", "--notify-command", self.page)
        refused = ("new", "critical", "not-pinned")
        self.pinctl("monitor", *there, status=1)
        self.assertEqual(self.changes(), [refused])
        # A run that asks only some forgets none.
        self.pinctl("monitor", "db.example.com", *there)
        self.pinctl("monitor", "d*", *there)
        self.pinctl("monitor", *there, status=1)
        self.assertEqual(self.changes(), [refused])
        with open(self.policy, encoding="utf-8") as file:
            both = file.read()
        self.write_policy(f'version = 1; hosts = ( {{ name = "db.example.com"; pins = [ "{pin_of("server.pem")}" ]; }} );\n')
        for _ in range(2):
            self.pinctl("monitor", *there)
        self.assertEqual(self.changes(), [refused])
        self.write_policy(both)
        for _ in range(2):
            self.pinctl("monitor", *there, status=1)
        self.assertEqual(self.changes(), [refused] * 2)

    def test_certificate_comes_near_its_end(self):
        self.pinned()
        port = self.shows()
        self.monitor(port, status=0)
        self.warning = "40"
        self.monitor(port)
        self.assertEqual(self.changes(), self.three("new", "warning"))
        # Days go by, and the text with them.
        self.sql("UPDATE told SET text = 'it expires in 35 days'")
        self.monitor(port)
        self.assertEqual(len(self.changes()), 3)
        self.assertNotIn(("it expires in 35 days",), self.sql("SELECT text FROM told"))
        self.critical = "35"
        self.monitor(port)
        self.assertEqual(self.changes()[3:], self.three("worse", "critical"))
        self.warning, self.critical = "10", "3"
        self.monitor(port, status=0)
        self.assertEqual(self.changes()[6:], self.three("gone", "critical"))

    def test_expired_takes_the_place_of_expires(self):
        issue("old", "/CN=api.example.com", extensions=NAME)
        write("old.pem", openssl("x509", "-in", "old.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "-1"))
        write("old-chain.pem", read("old.pem") + read("ca.pem"))
        self.pinned(pin=pin_of("old.pem"))
        port = self.shows("old", "old-chain.pem")
        self.monitor(port)
        self.sql("UPDATE told SET code = 'expires', severity = 1")
        self.monitor(port)
        self.assertEqual(self.changes(), [("new", "critical", "expired")] * 2)

    def test_server_is_down_for_an_hour(self):
        self.pinned()
        self.warning = "40"
        port = self.shows()
        holder = live.closed_port()
        self.addCleanup(holder.close)
        self.monitor(port)
        self.assertEqual(len(self.changes()), 3)
        self.monitor(holder.getsockname()[1])
        # What cannot be seen now is not taken for gone, and a server that is slow to fail is as far away.
        self.monitor(self.start(live.silent).port, timeout="1")
        self.monitor(holder.getsockname()[1])
        self.assertEqual(self.changes()[3:], [("new", "critical", "unreachable")])
        self.monitor(port)
        self.assertEqual(self.changes()[4:], [("gone", "critical", "unreachable")])

    def test_told_again_after_a_while(self):
        self.pinned()
        self.warning = "40"
        port = self.shows()
        self.monitor(port, "--notify-command", self.page, "--renotify", "2h")
        self.sql("UPDATE told SET at = at - 7300, since = since - 7300")
        self.monitor(port, "--notify-command", self.page, "--renotify", "never")
        self.monitor(port, "--notify-command", self.page)
        self.assertEqual(len(self.changes()), 3)
        self.monitor(port, "--notify-command", self.page, "--renotify", "2h")
        self.monitor(port, "--notify-command", self.page, "--renotify", "2h")
        self.assertEqual(self.changes()[3:], self.three("still", "warning"))
        self.assertIn("(since ", self.messages()[1]["text"])

    def test_broken_policy(self):
        self.pinned()
        port = self.shows()
        self.pinctl("compile")
        self.write_policy("oops", "policy.d/mine.cfg")
        for _ in range(2):
            self.monitor(port)
        self.assertEqual(self.changes(), [("new", "warning", "policy-broken")])
        self.assertIsNone(self.messages()[0]["changes"][0]["host"])
        os.remove(os.path.join(self.folder, "policy.db"))
        for _ in range(2):
            self.monitor(port, status=3)
        self.assertEqual(self.changes()[1:], [("worse", "critical", "policy-broken")])
        os.remove(os.path.join(self.folder, "policy.d", "mine.cfg"))
        self.monitor(port, status=0)
        self.assertEqual(self.changes()[2:], [("gone", "critical", "policy-broken")])

    def test_each_way_knows_for_itself(self):
        self.pinned()
        self.warning = "40"
        port, mailbox = self.shows(), self.start(None, Mailbox)
        self.monitor(port)
        self.configure(f'command = "{self.page}"; mail = {{ to = "root"; server = "smtp://127.0.0.1:{mailbox.port}"; }};')
        for _ in range(2):
            self.monitor(port, "--notify-file", self.config)
        self.assertEqual((len(self.messages()), len(mailbox.mails)), (1, 1))


class Once(Notify):
    def setUp(self):
        super().setUp()
        self.pinned()
        self.warning = "40"
        self.port = self.shows()

    def ids(self):
        return [change["id"] for message in self.messages() for change in message["changes"]]

    def test_many_at_once(self):
        page = self.script(f"sleep 0.3; cat >>{self.told}")
        running = [subprocess.Popen([PINCTL, *self.words(self.port, "--notify-command", page)], cwd=CERTIFICATES,
                                    env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                   for _ in range(8)]
        for process in running:
            _, errors = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 1, errors)
        self.assertEqual(len(self.ids()), 3)
        self.assertEqual(self.sql("SELECT count(*) FROM untold"), [(0,)])

    def test_killed_between_telling_and_remembering(self):
        page = self.script(f"cat >>{self.told}; kill -9 $PPID")
        self.monitor(self.port, "--notify-command", page, status=-9)
        first = self.ids()
        self.assertEqual(len(first), 3)
        self.assertFalse(self.messages()[0]["again"])
        # It errs on the side of telling, and says so: the same changes by the same names, once more and never again.
        for _ in range(2):
            self.monitor(self.port)
        self.assertEqual(self.ids(), first * 2)
        self.assertTrue(self.messages()[1]["again"])
        self.assertIn("may have been sent before", self.messages()[1]["text"])

    def test_killed_before_telling(self):
        """A change that only one look can see is not lost with the process that saw it."""
        self.warning = "10"
        self.monitor(self.port, status=0)
        next_second()
        swapped = self.shows("swapped", "swapped-chain.pem")
        self.monitor(swapped, "--notify-command", self.script("kill -9 $PPID"), status=-9)
        self.assertEqual(self.messages(), [])
        self.monitor(swapped)
        self.assertEqual(self.changes(), [("new", "critical", "not-pinned"), ("event", "warning", "key-changed")])

    def test_many_changes_come_in_parts(self):
        self.monitor(self.port)
        self.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) INSERT INTO untold"
                 " SELECT NULL, 'command', 0, 'x' || i, 'new', 1, 'h' || i, 443, 'expires', 'soon', '', ?1, ?1 FROM n", int(time.time()) - 60)
        self.monitor(self.port)
        self.assertEqual([len(message["changes"]) for message in self.messages()], [3, 500, 500, 200])
        self.assertIn("and 450 more", self.messages()[1]["text"])

    def test_needs_the_history(self):
        self.monitor(self.port, "--notify-command", self.page, "--no-history", status=2)
        self.write_policy("no database, but long enough to be looked at " * 40, "broken.db")
        self.history = os.path.join(self.folder, "broken.db")
        done = self.monitor(self.port, status=3)
        self.assertIn("nobody was told", done.stderr)
        self.assertIn("\npinning_notify_ok 0\n", self.monitor(self.port, "--notify-command", self.page, "--format", "prometheus",
                                                              status=0).stdout)
        self.assertEqual(self.messages(), [])

    def test_unproven_issuer_is_no_change(self):
        """A key above a broken link is never recorded, so it would have changed at each look."""
        issue("spare", "/CN=api.example.com", "server", NAME)
        self.pinned(pin=pin_of("server.pem") + '", "' + pin_of("spare.pem"))
        write("broken-chain.pem", read("spare.pem") + read("chain.pem"))
        self.monitor(self.port)
        broken = self.shows("spare", "broken-chain.pem")
        next_second()
        for _ in range(2):
            self.monitor(broken)
        self.assertNotIn("issuer-changed", [code for _, _, code in self.changes()])


class Config(Notify):
    def refused(self, text, line, reason):
        self.configure(text)
        done = self.monitor(1, "--notify-file", self.config, status=3)
        self.assertIn(f"{self.config}:{line}: {reason}", done.stderr)

    def setUp(self):
        super().setUp()
        self.pinned()

    def test_errors_with_their_place(self):
        for text, line, reason in (
                ("\ncommand = ;", 2, "syntax error"),
                ("# nothing\n\nmial = { };", 3, 'unknown setting "mial"'),
                ("mail = {\n to = 1;\n};", 2, "to: expected a text in quotes, or [ several ]"),
                ("mail = {\n to = [ ];\n};", 2, "to: expected a text"),
                ('mail = { from = "x"; };', 1, 'mail: expected "to"'),
                ('mail = { to = "a\\r\\nBcc: b"; };', 1, "a mail address: expected NAME"),
                ('mail = { to = "-oQ/tmp"; };', 1, "a mail address: expected NAME"),
                ('mail = { to = "a"; sendmail = "sendmail"; };', 1, "a command: expected the absolute path"),
                ('mail = { to = "a"; sendmail = "/x"; server = "smtp://localhost"; };', 1, "mail: expected"),
                ('mail = { to = "a"; server = "smtp://example.com"; };', 1, "a mail server: expected smtps://"),
                ('command = "page";', 1, "a command: expected the absolute path"),
                ("command = [ ];", 1, "command: expected a text"),
                ("command = true;", 1, "command: expected a text"),
                ('command = { command = "/bin/true"; };', 1, "command: expected a text"),
                ('mail = { to = { one = "root"; }; };', 1, "to: expected a text"),
                ('webhook = "https://localhost";', 1, "webhook: expected { settings }"),
                ("webhook = { };", 1, 'webhook: expected "url"'),
                ('webhook = { url = "http://example.com"; };', 1, "a webhook: expected https://"),
                ('webhook = { url = "http://127.example.com"; };', 1, "a webhook: expected https://"),
                ('webhook = { url = "file:///etc/passwd"; };', 1, "a webhook: expected https://"),
                ('webhook = { url = "https://x"; ca = "x.pem"; };', 1, "ca: expected the absolute path"),
                ('webhook = { url = "https://x"; method = "GET"; };', 1, 'unknown setting "method"'),
                ('syslog = { facility = "kern"; };', 1, "facility: expected"),
                ("syslog = true;", 1, "syslog: expected { settings }"),
                ("timeout = 0;", 1, "timeout: expected seconds"),
                ("timeout = \"5\";", 1, "timeout: expected seconds"),
                ('renotify = "2026-01-01";', 1, "renotify: expected"),
                ("renotify = 7;", 1, "renotify: expected"),
                ('\n@include "/etc/other.cfg"\n', 2, "@include is not allowed")):
            with self.subTest(text):
                self.refused(text, line, reason)

    def test_no_way(self):
        self.configure("timeout = 5;")
        self.assertIn("sets no way to notify", self.monitor(1, "--notify-file", self.config, status=3).stderr)
        self.assertIn("No such file", self.monitor(1, "--notify-file", self.config + "x", status=3).stderr)

    def test_whom_it_belongs_to(self):
        self.configure(f'command = "{self.page}";')
        for mode in (0o664, 0o646, 0o666):
            os.chmod(self.config, mode)
            done = self.monitor(1, "--notify-file", self.config, status=3)
            self.assertIn(f"{self.config}: others than its owner may write it", done.stderr)
        os.chmod(self.config, 0o600)
        self.warning = "40"
        port = self.shows()
        self.monitor(port, "--notify-file", self.config)
        self.assertEqual(len(self.messages()), 1)
        if os.geteuid() == 0:
            os.chown(self.config, 65534, 65534)
            done = self.monitor(port, "--notify-file", self.config, status=3)
            self.assertIn("belongs to neither root nor this user", done.stderr)
        for name in (self.folder, "/dev/null"):
            self.assertIn("expected a regular file", self.monitor(port, "--notify-file", name, status=3).stderr)

    def test_options(self):
        for words in (("--notify-command", "page"), ("--notify-mail", "a b"), ("--notify-webhook", "gopher://x"),
                      ("--notify-syslog", "--renotify", "soon"), ("--renotify", "7d")):
            self.monitor(1, *words, status=2)

    def test_option_takes_the_place_of_the_file(self):
        self.configure('command = "/nowhere/page"; timeout = 3;')
        self.warning = "40"
        self.monitor(self.shows(), "--notify-file", self.config, "--notify-command", self.page)
        self.assertEqual(len(self.changes()), 3)


if __name__ == "__main__":
    main()
