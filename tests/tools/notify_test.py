# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl monitor --notify: what is told by each way, that it is told once, and what happens when telling fails."""

import email
import email.policy
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import live_servers as live
from pinctl_case import CERTIFICATES, PINCTL, PinctlCase, issue, main, openssl, pin_of, read, write

HOST = "api.example.com"
NAME = ("subjectAltName=DNS:api.example.com", "basicConstraints=CA:FALSE")
LOCALHOST = ("subjectAltName=DNS:localhost", "basicConstraints=CA:FALSE")


class Mailbox(live.Server):
    """A mail server: takes every mail, or refuses each."""

    def __init__(self):
        self.mails, self.recipients, self.refuses, self.forgets = [], [], False, False
        super().__init__(self.talk)

    def talk(self, connection):
        reader = connection.makefile("rb", buffering=0)
        connection.sendall(b"220 sink ESMTP\r\n")
        while line := reader.readline():
            word = line.split(b":")[0].split()[0].upper() if line.split() else b""
            if word == b"RCPT":
                self.recipients.append(line.split(b"<")[1].split(b">")[0].decode())
            if word == b"DATA":
                connection.sendall(b"354 go\r\n")
                body = b""
                while not body.endswith(b"\r\n.\r\n"):
                    body += reader.readline()
                self.mails.append(body[:-3])
            fails = (self.refuses and word == b"RCPT") or (self.forgets and word == b"DATA")
            connection.sendall(b"550 no\r\n" if fails else b"250 ok\r\n")


class Hook:
    """A webhook over HTTPS (a certificate for localhost), or over HTTP."""

    def __init__(self, name=None):
        self.bodies, self.headers, self.status = [], [], 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                hook.headers.append(dict(self.headers))
                hook.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(hook.status)
                if 300 <= hook.status < 400:
                    self.send_header("Location", f"https://localhost:{hook.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.server.daemon_threads = True
        if name is not None:
            context = live.tls_context(name)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        # Who breaks a handshake off is no error here.
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def json(self):
        return [json.loads(body) for body in self.bodies]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Notify(PinctlCase):
    def setUp(self):
        super().setUp()
        self.history = os.path.join(self.folder, "history.db")
        self.config = os.path.join(self.folder, "notify.cfg")
        self.told = os.path.join(self.folder, "told")
        self.page = self.script(f'cat >>{self.told}; echo >>{self.told}')
        self.warning, self.critical = "10", "3"

    def script(self, text):
        self.scripts = getattr(self, "scripts", 0) + 1
        path = os.path.join(self.folder, f"page{self.scripts}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n{text}\n")
        os.chmod(path, 0o755)
        return path

    def start(self, serve, kind=live.Server):
        server = kind(serve) if serve is not None else kind()
        self.addCleanup(server.close)
        return server

    def hook(self, name=None):
        hook = Hook(name)
        self.addCleanup(hook.close)
        return hook

    def shows(self, name="server", chain="chain.pem"):
        return self.start(live.tls(live.tls_context(name, chain))).port

    def pinned(self, *more, pin=None):
        entries = [f'{{ name = "{HOST}"; pins = [ "{pin or pin_of("server.pem")}" ]; }}', *more]
        self.write_policy(f"version = 1; hosts = ( {', '.join(entries)} );\n")

    def configure(self, text):
        return self.write_policy(text, "notify.cfg")

    def words(self, port, *more):
        return ("monitor", HOST, "--connect", f"{HOST}::127.0.0.1:{port}", "--ca", "root.pem", "--history", self.history,
                "--timeout", "2", "--warning", self.warning, "--critical", self.critical, *more)

    def monitor(self, port, *more, status=1):
        return self.pinctl(*self.words(port, *(more or ("--notify-command", self.page))), status=status)

    def messages(self):
        """What the command was told, in the order of time."""
        if not os.path.exists(self.told):
            return []
        with open(self.told, encoding="utf-8") as file:
            text = file.read()
        decoder, found = json.JSONDecoder(), []
        while text.strip():
            message, end = decoder.raw_decode(text.lstrip())
            found.append(message)
            text = text.lstrip()[end:]
        return found

    def changes(self):
        return [(change["change"], change["severity"], change["code"])
                for message in self.messages() for change in message["changes"]]

    def sql(self, text, *values):
        with sqlite3.connect(self.history) as database:
            return database.execute(text, values).fetchall()


class Changes(Notify):
    def test_all_well_tells_nothing(self):
        self.pinned()
        self.monitor(self.shows(), status=0)
        self.assertEqual(self.messages(), [])

    def test_key_changes(self):
        self.pinned()
        sound, swapped = self.shows(), self.shows("swapped", "swapped-chain.pem")
        self.monitor(sound, status=0)
        time.sleep(1.1)
        self.monitor(swapped)
        expected = [("new", "critical", "not-pinned"), ("event", "warning", "key-changed")]
        self.assertEqual(self.changes(), expected)
        change = self.messages()[0]["changes"][0]
        self.assertEqual((change["host"], change["port"], change["pin"]), (HOST, 443, pin_of("swapped.pem")))
        self.assertIn("the policy refuses it", change["text"])
        # A second run has nothing to tell.
        self.monitor(swapped)
        self.assertEqual(self.changes(), expected)
        time.sleep(1.1)
        self.monitor(sound)
        self.assertEqual(self.changes()[2:], [("event", "warning", "key-changed"), ("gone", "critical", "not-pinned")])
        self.monitor(sound, status=0)
        self.assertEqual(len(self.changes()), 4)
        ids = [change["id"] for message in self.messages() for change in message["changes"]]
        self.assertEqual(len(set(ids)), 4)

    @unittest.skipIf(os.environ.get("PINNING_SANITIZE"), "faketime cannot be loaded before the sanitizer's run time")
    def test_key_changes_while_the_clock_is_wrong(self):
        """Then it is not recorded, and the change is found again at each look; it is told once."""
        faketime = shutil.which("faketime")
        if faketime is None:
            self.skipTest("faketime is not installed")
        self.pinned()
        sound, swapped = self.shows(), self.shows("swapped", "swapped-chain.pem")
        self.monitor(sound, status=0)
        time.sleep(1.1)
        events = lambda: [code for change, _, code in self.changes() if change == "event"]
        for _ in range(2):
            subprocess.run([faketime, "-f", "-300d", PINCTL, *self.words(swapped, "--notify-command", self.page)],
                           cwd=CERTIFICATES, env=self.environment(), capture_output=True, check=False, timeout=60)
            self.assertEqual(events(), ["key-changed"])
        for _ in range(2):
            self.monitor(swapped)
        self.assertEqual(events(), ["key-changed"])
        self.assertNotIn("gone", [change for change, _, code in self.changes() if code == "key-changed"])
        time.sleep(1.1)
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
        self.assertEqual(self.changes(), [("new", "warning", "expires")] * 3)
        # Days go by, and the text with them.
        self.sql("UPDATE told SET text = 'it expires in 35 days'")
        self.monitor(port)
        self.assertEqual(len(self.changes()), 3)
        self.assertNotIn(("it expires in 35 days",), self.sql("SELECT text FROM told"))
        self.critical = "35"
        self.monitor(port)
        self.assertEqual(self.changes()[3:], [("worse", "critical", "expires")] * 3)
        self.warning, self.critical = "10", "3"
        self.monitor(port, status=0)
        self.assertEqual(self.changes()[6:], [("gone", "critical", "expires")] * 3)

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
        self.monitor(self.start(live.silent).port)
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
        self.assertEqual(self.changes()[3:], [("still", "warning", "expires")] * 3)
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


class Ways(Notify):
    def setUp(self):
        super().setUp()
        self.pinned()
        self.warning = "40"
        self.port = self.shows()

    def test_command(self):
        self.configure(f'command = [ "{self.script(f"echo $# $1 >{self.told}.words; cat >{self.told}")}", "$HOME; ls" ];')
        done = self.monitor(self.port, "--notify-file", self.config)
        self.assertIn("told 3 changes by command", done.stderr)
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
            (finding,) = json.loads(done.stdout)["findings"]
            self.assertEqual((finding["severity"], finding["code"]), ("critical", "not-told"))
            self.assertIn(reason, finding["text"])
            self.assertIn("3 changes wait", finding["text"])
        # All of it is kept, and tried again.
        self.monitor(self.port)
        self.assertEqual(len(self.changes()), 3)

    def test_failure_in_every_format(self):
        words = ("--notify-command", "/nowhere/page")
        self.assertIn("cannot tell by command, 3 changes wait", " ".join(self.monitor(self.port, *words).stdout.split()))
        text = self.monitor(self.port, *words, "--format", "nagios", status=2).stdout
        self.assertIn("\nCRITICAL: cannot tell by command", text)
        self.assertIn("\npinning_notify_ok 0\n", self.monitor(self.port, *words, "--format", "prometheus", status=0).stdout)
        self.assertIn("cannot tell by command, 3 changes wait", self.monitor(self.port, *words, "--format", "html").stdout)
        text = self.monitor(self.port, "--notify-command", self.page, "--format", "prometheus", status=0).stdout
        self.assertIn("\npinning_notify_ok 1\n", text)

    def test_other_ways_are_told_of_a_failure(self):
        hook = self.hook()
        self.configure(f'command = "{self.page}"; webhook = {{ url = "http://127.0.0.1:{hook.port}/x"; }};')
        hook.status = 500
        for _ in range(2):
            self.monitor(self.port, "--notify-file", self.config)
        self.assertEqual(self.changes(), [("new", "warning", "expires")] * 3 + [("new", "critical", "not-told")])
        hook.status = 204
        hook.bodies.clear()
        self.monitor(self.port, "--notify-file", self.config)
        self.assertEqual(self.changes()[4:], [("gone", "critical", "not-told")])
        (message,) = hook.json()
        self.assertEqual([change["code"] for change in message["changes"]], ["expires"] * 3)

    def mail(self, raw):
        return email.message_from_bytes(raw, policy=email.policy.default)

    def check_mail(self, mail):
        self.assertEqual(mail["Subject"], f"pinning on {socket.gethostname()}: 3 new")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertEqual(mail["To"], "root, ops@example.com")
        self.assertEqual(mail["From"], "pinning@example.com")
        self.assertIn("@", mail["Message-ID"])
        self.assertEqual(mail.get_content().count("new warning api.example.com:443: "), 3)

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
        self.assertIn("cannot tell by mail: the mail server at 127.0.0.1: ",
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
        self.assertIn("cannot tell by mail: the mail server at 127.0.0.1: ", done.stderr)

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
        hook, asked = self.hook("hook"), []

        def relay(connection):
            asked.append(connection.recv(4096).split(b" ")[:2])
            connection.sendall(b"HTTP/1.1 200 go\r\n\r\n")
            with socket.create_connection(("127.0.0.1", hook.port)) as there:
                back = threading.Thread(target=lambda: [connection.sendall(data) for data in iter(lambda: there.recv(4096), b"")])
                back.start()
                while data := connection.recv(4096):
                    there.sendall(data)

        def secured(connection):
            asked.append(connection.recv(1))

        for scheme, serve in (("https", secured), ("http", relay)):
            proxy = self.start(serve)
            done = self.pinctl(*self.words(self.port, "--notify-file", self.config), status=1,
                               environment={"https_proxy": f"{scheme}://localhost:{proxy.port}", "no_proxy": HOST})
            if scheme == "https":
                self.assertIn("the webhook at hooks.example.com: the environment names a proxy by https://", done.stderr)
                self.assertIn(asked, ([], [b""]))
                asked.clear()
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
        self.assertIn("cannot tell by webhook: the webhook at localhost: the policy refuses its key: no key", done.stderr)
        self.assertNotIn("secret-token", done.stdout + done.stderr)
        self.assertNotIn("policy refuses", self.webhook(hooks["unknown"]).stderr)
        self.pin_localhost(pin_of("elsewhere.pem"))
        self.assertIn("cannot tell by webhook", self.webhook(hooks["elsewhere"]).stderr)
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
        self.assertIn("cannot tell by webhook", self.monitor(self.port, "--notify-file", self.config).stderr)
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
        self.assertIn("cannot tell by syslog: syslog: /dev/log: No such file or directory", done.stderr)
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
        for line in lines:
            # daemon.warning
            self.assertRegex(line, r"^<28>.*pinctl\[\d+\]: notify id=[0-9a-f]{32} code=expires: "
                                   r"new warning api\.example\.com:443: ")


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
        self.assertIn("may have been told before", self.messages()[1]["text"])

    def test_killed_before_telling(self):
        """A change that only one look can see is not lost with the process that saw it."""
        self.warning = "10"
        self.monitor(self.port, status=0)
        time.sleep(1.1)
        swapped = self.shows("swapped", "swapped-chain.pem")
        self.monitor(swapped, "--notify-command", self.script("kill -9 $PPID"), status=-9)
        self.assertEqual(self.messages(), [])
        self.monitor(swapped)
        self.assertEqual(self.changes(), [("new", "critical", "not-pinned"), ("event", "warning", "key-changed")])

    def test_many_changes_come_in_parts(self):
        self.monitor(self.port)
        self.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) INSERT INTO untold"
                 " SELECT NULL, 'command', 0, 'x' || i, 'new', 1, 'h' || i, 443, 'expires', 'soon', '', 0, 0 FROM n")
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
        time.sleep(1.1)
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
                ('\n@include "/etc/other.cfg"\n', 2, "@include is not taken")):
            with self.subTest(text):
                self.refused(text, line, reason)

    def test_no_way(self):
        self.configure("timeout = 5;")
        self.assertIn("names no way", self.monitor(1, "--notify-file", self.config, status=3).stderr)
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
