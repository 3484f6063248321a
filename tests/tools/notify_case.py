# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What the tests of the messages of pinctl monitor share: a mail server, a webhook, and a host whose state is told."""

import json
import os
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import live_servers as live
from pinctl_case import PinctlCase, pin_of

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

    def words(self, port, *more, timeout="60"):
        return ("monitor", HOST, "--connect", f"{HOST}::127.0.0.1:{port}", "--ca", "root.pem", "--history", self.history,
                "--timeout", timeout, "--warning", self.warning, "--critical", self.critical, *more)

    def monitor(self, port, *more, status=1, timeout="60"):
        return self.pinctl(*self.words(port, *(more or ("--notify-command", self.page)), timeout=timeout), status=status)

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

    def three(self, change, severity):
        """A server's certificate expires, and the two of its CAs."""
        return [(change, severity, code) for code in ("expires", "issuer-expires", "issuer-expires")]

    def sql(self, text, *values):
        with sqlite3.connect(self.history) as database:
            return database.execute(text, values).fetchall()
