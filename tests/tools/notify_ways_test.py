# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""The ways in which pinctl monitor tells of a change: a command, mail, a webhook, syslog; and what each does when it fails."""

import email
import email.policy
import json
import os
import re
import socket
import subprocess
import threading
import time

import live_servers as live
from notify_case import HOST, LOCALHOST, NAME, Mailbox, Notify
from pinctl_case import CERTIFICATES, PINCTL, issue, main, pin_of, read, write


class Ways(Notify):
    def setUp(self):
        super().setUp()
        self.pinned()
        self.warning = "40"
        self.port = self.shows()

    def test_command(self):
        self.configure(f'command = [ "{self.script(f"echo $# $1 >{self.told}.words; cat >{self.told}")}", "$HOME; ls" ];')
        done = self.monitor(self.port, "--notify-file", self.config)
        self.assertIn("sent 3 changes by command", done.stderr)
        with open(f"{self.told}.words", encoding="utf-8") as file:
            self.assertEqual(file.read(), "1 $HOME; ls\n")
        (message,) = self.messages()
        self.assertEqual((message["version"], message["machine"], message["again"]), (1, socket.gethostname(), False))
        self.assertIn("new warning api.example.com:443: ", message["text"])

    def test_command_that_reads_nothing_and_prints(self):
        done = self.monitor(self.port, "--notify-command", self.script("exec echo printed"), "--json")
        json.loads(done.stdout)
        self.assertIn("printed", done.stderr)

    def test_commands_that_fail(self):
        self.configure(f'command = "{self.script("sleep 60 & sleep 60")}"; timeout = 1;')
        begun = time.monotonic()
        done = self.monitor(self.port, "--notify-file", self.config)
        self.assertIn("did not end within 1 s, and was killed", done.stderr)
        self.assertLess(time.monotonic() - begun, 20)
        for command, reason in ((self.script("exit 3"), "ended with status 3"), (self.script("kill -9 $$"), "signal 9"),
                                ("/nowhere/page", "No such file or directory")):
            done = self.monitor(self.port, "--notify-command", command, "--json")
            (finding,) = [item for item in json.loads(done.stdout)["findings"] if item["code"] != "issuer-expires"]
            self.assertEqual((finding["severity"], finding["code"]), ("critical", "not-told"))
            self.assertIn(reason, finding["text"])
            self.assertIn("3 changes wait", finding["text"])
        # All of it is kept, and tried again.
        self.monitor(self.port)
        self.assertEqual(len(self.changes()), 3)

    def test_failure_in_every_format(self):
        words = ("--notify-command", "/nowhere/page")
        self.assertIn("cannot notify by command, 3 changes wait", " ".join(self.monitor(self.port, *words).stdout.split()))
        text = self.monitor(self.port, *words, "--format", "nagios", status=2).stdout
        self.assertIn("\nCRITICAL: cannot notify by command", text)
        self.assertIn("\npinning_notify_ok 0\n", self.monitor(self.port, *words, "--format", "prometheus", status=0).stdout)
        self.assertIn("cannot notify by command, 3 changes wait", self.monitor(self.port, *words, "--format", "html").stdout)
        text = self.monitor(self.port, "--notify-command", self.page, "--format", "prometheus", status=0).stdout
        self.assertIn("\npinning_notify_ok 1\n", text)

    def test_failure_where_all_hosts_are_well(self):
        words = ("--notify-command", "/nowhere/page")
        self.monitor(self.port, *words)
        self.warning = "10"
        text = self.monitor(self.port, *words, "--format", "nagios", status=2).stdout
        self.assertRegex(text, r"^PINNING CRITICAL: cannot notify by command, 6 changes wait: [^\n]+; 1 host, 0 warning, 0 critical \| ")
        page = self.monitor(self.port, *words, "--format", "html").stdout
        self.assertIn("None of these hosts has any", page)
        self.assertNotIn("every host is well", page)

    def test_other_ways_are_told_of_a_failure(self):
        hook = self.hook()
        self.configure(f'command = "{self.page}"; webhook = {{ url = "http://127.0.0.1:{hook.port}/x"; }};')
        hook.status = 500
        for _ in range(2):
            self.monitor(self.port, "--notify-file", self.config)
        self.assertEqual(self.changes(), self.three("new", "warning") + [("new", "critical", "not-told")])
        hook.status = 204
        hook.bodies.clear()
        self.monitor(self.port, "--notify-file", self.config)
        self.assertEqual(self.changes()[4:], [("gone", "critical", "not-told")])
        (message,) = hook.json()
        self.assertEqual([change["code"] for change in message["changes"]], ["expires"] + ["issuer-expires"] * 2)

    def test_what_waits_does_not_grow_for_ever(self):
        """Too many, or too old: dropped, said, and told when the way works again; what this run found never is."""
        broken = ("--notify-command", "/nowhere/page")
        self.monitor(self.port, *broken)
        copy = ("WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < ?) INSERT INTO untold (way, host,"
                " port, batch, id, kind, severity, code, text, pin, since, at) SELECT way, host, port, 0, id, kind, severity, code,"
                " text, pin, since, ? FROM untold, many WHERE number = 1")
        now = int(time.time())
        self.sql("UPDATE untold SET at = ?", now - 120)
        self.sql(copy, 5, now - 31 * 86400)
        self.assertIn("warning: 5 changes that could not be sent by command were dropped", self.monitor(self.port, *broken).stderr)
        self.sql(copy, 10000, now - 60)
        self.critical = "35"
        done = self.monitor(self.port, *broken, "--json")
        # The three of the first run, the note of what was dropped, and the three that got worse now.
        self.assertIn("6 changes that could not be sent by command were dropped", done.stderr)
        (waiting,) = [item for item in json.loads(done.stdout)["findings"] if item["code"] == "not-told"]
        self.assertIn("10001 changes wait", waiting["text"])
        self.sql("DELETE FROM untold WHERE at = ?", now - 60)
        self.monitor(self.port)
        self.assertEqual(sorted(self.changes()), [("dropped", "critical", "dropped")] + self.three("worse", "critical"))
        (dropped,) = [change for message in self.messages() for change in message["changes"] if change["code"] == "dropped"]
        self.assertEqual((dropped["host"], dropped["text"]),
                         (None, "11 changes could not be sent by command for too long, and were dropped"))
        self.assertLess(dropped["since"], time.strftime("%Y-%m-%dT", time.gmtime(now - 30 * 86400)))
        self.monitor(self.port)
        self.assertEqual(len(self.changes()), 4)

    def mail(self, raw):
        return email.message_from_bytes(raw, policy=email.policy.default)

    def check_mail(self, mail):
        self.assertEqual(mail["Subject"], f"pinning on {socket.gethostname()}: 3 new")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertEqual(mail["To"], "root, ops@example.com")
        self.assertEqual(mail["From"], "pinning@example.com")
        self.assertIn("@", mail["Message-ID"])
        self.assertEqual(mail.get_content().count("new warning api.example.com:443: "), 1)
        self.assertEqual(mail.get_content().count(f"new warning {socket.gethostname()}: "), 2)

    def test_mail_by_sendmail(self):
        program = self.script(f'echo "$@" >{self.told}.words; cat >{self.told}')
        self.configure(f'mail = {{ to = [ "root", "ops@example.com" ]; from = "pinning@example.com"; sendmail = "{program}"; }};')
        self.monitor(self.port, "--notify-file", self.config)
        with open(f"{self.told}.words", encoding="utf-8") as file:
            self.assertEqual(file.read(), "-i -f pinning@example.com -- root ops@example.com\n")
        with open(self.told, "rb") as file:
            self.check_mail(self.mail(file.read()))

    def test_mail_to_a_server(self):
        mailbox = self.start(None, Mailbox)
        self.configure('mail = { to = [ "root", "ops@example.com" ]; from = "pinning@example.com";'
                       f' server = "smtp://127.0.0.1:{mailbox.port}"; }};')
        mailbox.refuses = True
        self.assertIn("cannot notify by mail: the mail server at 127.0.0.1: ",
                      self.monitor(self.port, "--notify-file", self.config).stderr)
        mailbox.refuses = False
        mailbox.recipients.clear()
        for _ in range(2):
            self.monitor(self.port, "--notify-file", self.config)
        self.check_mail(self.mail(*mailbox.mails))
        self.assertEqual(mailbox.recipients, ["root", "ops@example.com"])

    def test_message_ids(self):
        """A repetition has the same; a mail with another change beside the same ones has another."""
        mailbox = self.start(None, Mailbox)
        self.configure(f'mail = {{ to = "root"; server = "smtp://127.0.0.1:{mailbox.port}"; }};')
        mailbox.forgets = True
        for _ in range(2):
            self.monitor(self.port, "--notify-file", self.config)
        self.critical = "35"
        self.monitor(self.port, "--notify-file", self.config)
        first, again, more = (self.mail(mail) for mail in mailbox.mails)
        self.assertEqual((first["Message-ID"], first.get_content()), (again["Message-ID"], again.get_content()))
        self.assertIn(first.get_content().split("\n", 1)[0], more.get_content())
        self.assertNotEqual(first["Message-ID"], more["Message-ID"])

    def test_password_of_the_mail_server_is_said_to_nobody(self):
        mailbox = self.start(None, Mailbox)
        mailbox.refuses = True
        self.configure(f'command = "{self.page}";'
                       f' mail = {{ to = "root"; server = "smtp://alice:s3cret@127.0.0.1:{mailbox.port}"; }};')
        done = self.monitor(self.port, "--notify-file", self.config, "--json")
        with open(self.history, "rb") as file:
            said = [done.stdout, done.stderr, json.dumps(self.messages()), str(file.read())]
        self.assertEqual(["s3cret" in text or "alice" in text for text in said], [False] * 4)
        self.assertIn("cannot notify by mail: the mail server at 127.0.0.1: ", done.stderr)

    def test_what_is_for_this_machine_does_not_leave_it_by_a_proxy(self):
        hook, mailbox, proxy = self.hook(), self.start(None, Mailbox), self.hook()
        self.configure(f'webhook = {{ url = "http://localhost:{hook.port}/"; }};'
                       f' mail = {{ to = "root"; server = "smtp://127.0.0.1:{mailbox.port}"; }};')
        there = f"http://127.0.0.1:{proxy.port}"
        self.pinctl(*self.words(self.port, "--notify-file", self.config), status=1,
                    environment={"http_proxy": there, "all_proxy": there, "no_proxy": HOST})
        self.assertEqual((len(hook.bodies), len(mailbox.mails), len(proxy.bodies)), (1, 1, 0))

    def test_proxies(self):
        """One by http:// is gone through; one by https:// would be judged as the webhook."""
        issue("hook", "/CN=hooks.example.com", "root", ("subjectAltName=DNS:hooks.example.com,DNS:localhost",
                                                        "basicConstraints=CA:FALSE"))
        issue("proxy", "/CN=localhost", "root", LOCALHOST)
        self.pinned(f'{{ name = "hooks.example.com"; pins = [ "{pin_of("hook.pem")}" ]; }}')
        self.configure(f'webhook = {{ url = "https://hooks.example.com/"; ca = "{CERTIFICATES}/root.pem"; }};')
        hook, asked, told = self.hook("hook"), [], []

        def relay(connection):
            asked.append(connection.recv(4096).split(b" ")[:2])
            connection.sendall(b"HTTP/1.1 200 go\r\n\r\n")
            with socket.create_connection(("127.0.0.1", hook.port)) as there:
                back = threading.Thread(target=lambda: [connection.sendall(data) for data in iter(lambda: there.recv(4096), b"")])
                back.start()
                while data := connection.recv(4096):
                    there.sendall(data)

        def secured(connection):
            told.append(connection.recv(1))

        for scheme, serve in (("https", secured), ("http", relay)):
            proxy = self.start(serve)
            done = self.pinctl(*self.words(self.port, "--notify-file", self.config), status=1,
                               environment={"https_proxy": f"{scheme}://localhost:{proxy.port}", "no_proxy": HOST})
            if scheme == "https":
                self.assertIn("the webhook at hooks.example.com: the environment names an https:// proxy", done.stderr)
        self.assertIn(told, ([], [b""]))
        self.assertEqual((len(hook.bodies), asked), (1, [[b"CONNECT", b"hooks.example.com:443"]]))

    def webhook(self, hook):
        self.configure(f'webhook = {{ url = "https://localhost:{hook.port}/secret-token"; ca = "{CERTIFICATES}/root.pem"; }};')
        return self.monitor(self.port, "--notify-file", self.config)

    def pin_localhost(self, pin, more=""):
        self.pinned(f'{{ name = "localhost"; pins = [ "{pin}" ]; {more} }}')

    def test_webhook_with_its_key_pinned(self):
        issue("hook", "/CN=localhost", "root", LOCALHOST)
        hook = self.hook("hook")
        self.pin_localhost(pin_of("hook.pem"))
        for _ in range(2):
            self.webhook(hook)
        (message,) = hook.json()
        self.assertEqual(hook.headers[0]["Content-Type"], "application/json")
        self.assertIn("3 new\n```\nnew warning api.example.com:443: ", message["text"])
        self.assertTrue(message["text"].endswith("```"))

    def test_webhook_with_its_ca_pinned(self):
        issue("hook", "/CN=localhost", "root", LOCALHOST)
        hook = self.hook("hook")
        self.pin_localhost(pin_of("root.pem"))
        self.webhook(hook)
        self.assertEqual(len(hook.bodies), 1)

    def test_webhooks_that_are_refused(self):
        issue("hook", "/CN=localhost", "root", LOCALHOST)
        issue("forged", "/CN=localhost", "root", LOCALHOST)
        issue("elsewhere", "/CN=elsewhere", "root", ("subjectAltName=DNS:elsewhere.example.com", "basicConstraints=CA:FALSE"))
        issue("unknown", "/CN=localhost", extensions=LOCALHOST)
        hooks = {name: self.hook(name) for name in ("hook", "forged", "elsewhere", "unknown")}
        self.pin_localhost(pin_of("hook.pem"))
        done = self.webhook(hooks["forged"])
        self.assertIn("cannot notify by webhook: the webhook at localhost: the policy refuses its key: no key", done.stderr)
        self.assertNotIn("secret-token", done.stdout + done.stderr)
        self.assertNotIn("policy refuses", self.webhook(hooks["unknown"]).stderr)
        self.pin_localhost(pin_of("elsewhere.pem"))
        self.assertIn("cannot notify by webhook", self.webhook(hooks["elsewhere"]).stderr)
        self.pin_localhost(pin_of("hook.pem"), 'ports = [ 1 ];')
        self.webhook(hooks["hook"])
        self.pin_localhost(pin_of("other.pem"), 'mode = "audit";')
        self.pinned(f'{{ name = "localhost"; pins = [ "{pin_of("other.pem")}" ]; mode = "audit"; }}')
        self.assertEqual([len(hook.bodies) for hook in hooks.values()], [1, 0, 0, 0])

    def test_webhook_without_a_policy(self):
        issue("hook", "/CN=localhost", "root", LOCALHOST)
        hook = self.hook("hook")
        self.configure(f'webhook = {{ url = "https://localhost:{hook.port}/"; ca = "{CERTIFICATES}/root.pem"; }};')
        self.write_policy("oops")
        done = self.monitor(self.port, "--notify-file", self.config, status=3)
        self.assertIn("there is no policy to judge it by", done.stderr)
        self.assertEqual(hook.bodies, [])

    def test_webhook_answers(self):
        hook = self.hook()
        self.configure(f'webhook = {{ url = "http://127.0.0.1:{hook.port}/token"; }}; timeout = 1;')
        for status in (301, 307, 404, 500):
            hook.status = status
            done = self.monitor(self.port, "--notify-file", self.config)
            self.assertIn(f"answered {status}", done.stderr)
        self.assertEqual(len(hook.bodies), 4)
        self.configure(f'webhook = {{ url = "http://127.0.0.1:{self.start(live.silent).port}/"; }}; timeout = 1;')
        begun = time.monotonic()
        self.assertIn("cannot notify by webhook", self.monitor(self.port, "--notify-file", self.config).stderr)
        self.assertLess(time.monotonic() - begun, 15)

    def test_markup_and_controls(self):
        """What a server's certificate says calls nobody, and writes no header."""
        issue("hostile", "/CN=<!channel> @all ``` \x1b[31m\u202e/O=a\r\nBcc: x@example.com\r\n\r\n.\r\nhello", "ca", NAME)
        write("hostile-chain.pem", read("hostile.pem") + read("ca.pem"))
        mailbox, hook = self.start(None, Mailbox), self.hook()
        self.configure(f'mail = {{ to = "root"; server = "smtp://127.0.0.1:{mailbox.port}"; }};\n'
                       f'webhook = {{ url = "http://127.0.0.1:{hook.port}/"; }};')
        self.monitor(self.shows("hostile", "hostile-chain.pem"), "--notify-file", self.config)
        (message,) = hook.json()
        self.assertIn("&lt;!channel\\&gt; @all ''' \\1B[31m", message["text"])
        self.assertEqual((message["text"].count("```"), message["text"].count("<")), (2, 0))
        mail = self.mail(*mailbox.mails)
        self.assertIsNone(mail["Bcc"])
        self.assertEqual(mail["To"], "root")
        self.assertIn("Bcc: x@example.com", mail.get_content())
        self.assertNotIn("\x1b", mail.get_content())
        self.assertEqual(mailbox.recipients, ["root"])

    def test_syslog(self):
        if os.path.exists("/dev/log") or os.geteuid() != 0:
            self.skipTest("/dev/log is somebody else's")
        done = self.monitor(self.port, "--notify-syslog")
        self.assertIn("cannot notify by syslog: syslog: /dev/log: No such file or directory", done.stderr)
        place = os.path.join(self.folder, "log")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(place)
        listener.settimeout(10)
        self.addCleanup(listener.close)
        # The whole machine, with a /dev of its own in which the log is this socket.
        inside = ["bwrap", "--dev-bind", "/", "/", "--dev", "/dev", "--bind", place, "/dev/log", PINCTL]
        for _ in range(2):
            subprocess.run([*inside, *self.words(self.port, "--notify-syslog")], cwd=CERTIFICATES, env=self.environment(),
                           capture_output=True, check=False, timeout=60)
        lines = [listener.recv(4096).decode() for _ in range(3)]
        listener.setblocking(False)
        self.assertRaises(BlockingIOError, listener.recv, 1)
        places = ["expires: new warning api.example.com:443: "] + [f"issuer-expires: new warning {socket.gethostname()}: "] * 2
        for line, place in zip(lines, places):
            # daemon.warning
            self.assertRegex(line, r"^<28>.*pinctl\[\d+\]: notify id=[0-9a-f]{32} code=" + re.escape(place))


if __name__ == "__main__":
    main()
