# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""The servers that the programs connect to. Each shows one chain, on its own port of the loopback."""

import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from loopback import Server  # noqa: E402

# What a program must have received before its connection counts as accepted; the TLS version follows.
MARKER = "pinning-test-data"


class HttpsServers:
    """
    Answers any request with the marker. Reads its files again for each connection, so changing the files reloads the
    server.
    """

    @staticmethod
    def _context(chain, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        return context

    @contextlib.contextmanager
    def serve(self, chain, key):
        self._context(chain, key)  # a bad file fails here, not in a thread
        server = Server(lambda connection: self._answer(connection, self._context(chain, key)))
        try:
            yield server.port
        finally:
            server.close()

    @staticmethod
    def _answer(raw, context):
        raw.settimeout(10)
        # A client that refuses breaks the handshake off, which is what the case tests.
        with raw, context.wrap_socket(raw, server_side=True) as tls:
            request = b""
            while b"\r\n\r\n" not in request:
                received = tls.recv(4096)
                if not received:
                    return
                request += received
            body = f"{MARKER} {tls.version()}\n".encode()
            tls.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            tls.unwrap()


class PostgresServers:
    """Real PostgreSQL servers, each with a copy of one empty cluster. PostgreSQL refuses to run as root."""

    def __init__(self, directory):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not found:
            raise RuntimeError("PostgreSQL's server is not installed")
        self.bin = pathlib.Path(found[-1])
        self.directory = pathlib.Path(directory) / "postgres"
        self.directory.mkdir()
        self.owner = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            self.owner = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        self.template = self.directory / "template"
        self._run(self.bin / "initdb", "--auth=trust", "--no-sync", "--no-locale", "--username=tester",
                  "--pgdata", self.template)

    @contextlib.contextmanager
    def serve(self, chain, key):
        data = self.directory / chain.stem
        self._run("cp", "-r", self.template, data)
        (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 trust\n")
        shutil.copy(chain, data / "server.crt")
        shutil.copy(key, data / "server.key")
        if self.owner:
            os.chown(data / "server.crt", self.owner["user"], self.owner["group"])
            os.chown(data / "server.key", self.owner["user"], self.owner["group"])
        (data / "server.key").chmod(0o600)
        process, port = self._start(data)
        try:
            yield port
        finally:
            process.send_signal(signal.SIGINT)  # SIGTERM would wait for clients
            process.wait()
            shutil.rmtree(data)

    def _start(self, data):
        # PostgreSQL does not accept port 0, and another process may take a free port first.
        for _ in range(5):
            with socket.create_server(("127.0.0.1", 0)) as probe:
                port = probe.getsockname()[1]
            process = self._start_on(data, port)
            if process:
                return process, port
        raise RuntimeError("PostgreSQL does not start:\n" + (data / "log").read_text())

    def _start_on(self, data, port):
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "ssl": "on",
                    "max_connections": 10, "shared_buffers": "1MB", "fsync": "off", "autovacuum": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        log = data / "log"
        with open(log, "wb") as output:
            process = subprocess.Popen([self.bin / "postgres", "-D", data, *options], stdin=subprocess.DEVNULL,
                                       stdout=output, stderr=output, cwd="/", **self.owner)
        while process.poll() is None:
            if "ready to accept connections" in log.read_text():
                return process
            time.sleep(0.01)
        return None

    def _run(self, *command):
        done = subprocess.run(command, capture_output=True, cwd="/", check=False, **self.owner)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stderr.decode()}")
