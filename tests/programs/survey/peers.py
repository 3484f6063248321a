# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Servers of the protocols that the programs speak, each just complete enough that both sides send after the handshake.

A peer does not judge: it records what arrives on each connection. Data over TLS means that the program accepted.
"""

import contextlib
import dataclasses
import socket
import ssl
import struct
import threading
import time


@dataclasses.dataclass
class Record:
    """One connection as the server saw it."""

    name: str = ""          # the server name that was sent
    handshake: bool = False
    data: bytes = b""       # received over TLS
    signed: bool = False    # the client has used a certificate of its own
    ended: bool = False


class Connection:
    """A socket with the few calls that the protocols below need. Reads end with an empty answer, never by exception."""

    def __init__(self, raw, context, record):
        self.socket, self.context, self.record = raw, context, record
        self.buffer = b""

    def start_tls(self):
        self.socket = self.context.wrap_socket(self.socket, server_side=True)
        self.record.handshake = True

    def send(self, data):
        self.socket.sendall(data)

    def _fill(self, most=65536):
        received = self.socket.recv(most)
        if self.record.handshake:
            self.record.data += received
        self.buffer += received
        return bool(received)

    def some(self):
        """All bytes that are there, or the next ones."""
        if not self.buffer:
            self._fill()
        data, self.buffer = self.buffer, b""
        return data

    def exactly(self, size):
        """Reads nothing further from the socket, because a handshake may follow."""
        while len(self.buffer) < size:
            if not self._fill(size - len(self.buffer)):
                return b""
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def line(self):
        while b"\n" not in self.buffer:
            if not self._fill():
                return ""
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.decode(errors="replace").strip()

    def lines(self):
        while line := self.line():
            yield line


def http(connection):
    connection.start_tls()
    head = list(connection.lines())
    if head:
        body = b"" if head[0].startswith("HEAD") else b"<p>pinning-test-data</p>\n"
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\n"
                        b"Content-Length: 25\r\n\r\n" + body)


def spamd(connection):
    connection.start_tls()
    size = 0
    for line in connection.lines():
        if line.lower().startswith("content-length:"):
            size = int(line.split(":")[1])
    if connection.exactly(size):
        connection.send(b"SPAMD/1.5 0 EX_OK\r\nContent-length: 3\r\nSpam: False ; 1.0 / 5.0\r\n\r\nok\n")


def telnet(connection):
    connection.start_tls()
    connection.send(b"\xff\xfd\x18")  # asks for the kind of terminal
    connection.some()


def reads(connection):
    """Reads for a moment and sends nothing."""
    connection.start_tls()
    connection.some()


def redis(connection):
    connection.start_tls()
    while connection.some():
        connection.send(b"+PONG\r\n")


def mysql_packet(number, payload):
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload


def mysql(connection):
    capabilities = 0x81A20F  # TLS, the 4.1 protocol, authentication by plugin
    connection.send(mysql_packet(0, b"\x0a5.5.5-10.11.0-test\0" + struct.pack("<I", 1) + b"abcdefgh\0"
                                 + struct.pack("<H", (capabilities | 0x800) & 0xFFFF) + b"\x2d\2\0"
                                 + struct.pack("<H", 0x0088) + b"\x15" + bytes(10) + b"ijklmnopqrst\0"
                                 + b"mysql_native_password\0"))
    connection.exactly(36)  # the request for TLS
    connection.start_tls()
    while header := connection.exactly(4):
        connection.exactly(int.from_bytes(header[:3], "little"))
        connection.send(mysql_packet(header[3] + 1, b"\0\0\0\2\0\0\0"))


def postgres(connection):
    connection.exactly(8)
    connection.send(b"S")
    connection.start_tls()
    connection.exactly(struct.unpack("!I", connection.exactly(4) or b"\0\0\0\4")[0] - 4)
    ready = b"Z\0\0\0\5I"
    version = b"server_version\00015.0\0"
    connection.send(b"R\0\0\0\x08\0\0\0\0S" + struct.pack("!I", 4 + len(version)) + version + ready)
    while header := connection.exactly(5):
        connection.exactly(struct.unpack("!I", header[1:])[0] - 4)
        connection.send(b"C\0\0\0\x0bSELECT\0" + ready)


def ftp(connection):
    """FTP that knows AUTH TLS and nothing before it."""
    connection.send(b"220 ready\r\n")
    for line in connection.lines():
        word = line.split(" ")[0].upper()
        if word == "AUTH":
            connection.send(b"234 go on\r\n")
            connection.start_tls()
        else:
            connection.send({"USER": b"331 password\r\n", "PASS": b"230 in\r\n", "QUIT": b"221 bye\r\n"}.get(word, b"200 fine\r\n"))


def smtp_commands(connection, offers_tls):
    for line in connection.lines():
        word = line.split(" ")[0].upper()
        if word == "EHLO":
            connection.send(b"250-test\r\n250 STARTTLS\r\n" if offers_tls else b"250-test\r\n250 8BITMIME\r\n")
        elif word == "STARTTLS":
            connection.send(b"220 go on\r\n")
            return True
        elif word == "DATA":
            connection.send(b"354 go on\r\n")
            while connection.line() != ".":
                if not connection.record.data:
                    return False
            connection.send(b"250 taken\r\n")
        else:
            connection.send(b"221 bye\r\n" if word == "QUIT" else b"250 fine\r\n")
            if word == "QUIT":
                return False
    return False


def smtp(connection):
    """SMTP that knows STARTTLS and nothing before it."""
    connection.send(b"220 test ESMTP\r\n")
    if smtp_commands(connection, True):
        connection.start_tls()
        smtp_commands(connection, False)


def smtps(connection):
    connection.start_tls()
    connection.send(b"220 test ESMTP\r\n")
    smtp_commands(connection, False)


def imaps(connection):
    connection.start_tls()
    connection.send(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
    for line in connection.lines():
        tag, _, command = line.partition(" ")
        word = command.split(" ")[0].upper()
        if word in ("LOGIN", "AUTHENTICATE"):
            connection.send(f"{tag} NO not here\r\n".encode())
        else:
            extra = "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" if word == "CAPABILITY" else ""
            connection.send(f"{extra}{tag} OK done\r\n".encode())
        if word == "LOGOUT":
            return


def pop3s(connection):
    connection.start_tls()
    connection.send(b"+OK ready\r\n")
    for line in connection.lines():
        word = line.split(" ")[0].upper()
        connection.send(b"+OK\r\n" if word in ("QUIT", "USER") else b"-ERR no\r\n")
        if word == "QUIT":
            return


def ldaps(connection):
    connection.start_tls()
    if connection.some():
        connection.send(bytes.fromhex("300c02010161070a010004000400"))  # an anonymous bind was successful
        connection.some()


def mqtt(connection):
    connection.start_tls()
    if connection.some():
        connection.send(b"\x20\x02\0\0")
        connection.some()


def dns_answer(query, addresses):
    """The answer to one DNS query, with these addresses if it asks for A."""
    end = query.index(b"\0", 12) + 5
    kind = struct.unpack("!H", query[end - 4:end - 2])[0]
    found = addresses if kind == 1 else ()
    records = b"".join(b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(address) for address in found)
    return query[:2] + b"\x81\x80\0\1" + struct.pack("!H", len(found)) + bytes(4) + query[12:end] + records


def dns(connection):
    connection.start_tls()
    while size := connection.exactly(2):
        reply = dns_answer(connection.exactly(struct.unpack("!H", size)[0]), ["192.0.2.7"])
        connection.send(struct.pack("!H", len(reply)) + reply)


def dns_over_tls(connection):
    """DNS for named, which checks the protocol agreed by ALPN (RFC 9103)."""
    connection.context.set_alpn_protocols(["dot"])
    dns(connection)


def nrpe(connection):
    """Reads one packet and sends no answer, which would need a checksum and is not looked at by any case."""
    connection.start_tls()
    connection.some()


def asking(speak):
    """The same protocol, from a server that asks for a client certificate and accepts any that A has issued."""
    def asked(connection):
        speak(connection)
    asked.asks = True
    return asked


def watch_signatures(context, record):
    """Records the CertificateVerify of the client, as OpenSSL shows it."""
    certificate_verify = 15

    def see(_connection, direction, _version, _content, message, _data):
        record.signed = record.signed or (direction == "read" and message == certificate_verify)
    context._msg_callback = see  # Python's interface to SSL_CTX_set_msg_callback


class Peer:
    """A server that shows one chain on one port, at every address of the loopback."""

    def __init__(self, speak, chain, key, port, clients=()):
        self.speak, self.chain, self.key, self.port, self.clients = speak, chain, key, port, clients
        self.records, self.changed = [], threading.Condition()
        self.listener = socket.create_server(("0.0.0.0", port), backlog=64)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def context(self, record):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")

        def note(_connection, name, _context):
            record.name = name or ""
        context.sni_callback = note
        if self.clients:
            context.verify_mode = ssl.CERT_OPTIONAL
            for issuer in self.clients:
                context.load_verify_locations(issuer)
            watch_signatures(context, record)
        return context

    def _accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            record = Record()
            with self.changed:
                self.records.append(record)
            threading.Thread(target=self._serve, args=(raw, record), daemon=True).start()

    def _serve(self, raw, record):
        raw.settimeout(20)
        connection = Connection(raw, self.context(record), record)
        with contextlib.suppress(OSError, ValueError):
            self.speak(connection)
            if isinstance(connection.socket, ssl.SSLSocket):
                connection.socket.settimeout(0.3)
                connection.socket.unwrap()
        with contextlib.suppress(OSError):
            connection.socket.close()
        with self.changed:
            record.ended = True
            self.changed.notify_all()

    def take(self, patience=1.0):
        """The connections since the last call, after all have ended or a timeout has passed."""
        with self.changed:
            self.changed.wait_for(lambda: all(record.ended for record in self.records), patience)
            records, self.records = self.records, []
            return records

    def wait(self, seconds):
        """Waits until one connection brought data or ended without; for programs that do not end by themselves."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if any(record.data or record.ended for record in list(self.records)):
                return
            time.sleep(0.01)


@contextlib.contextmanager
def serving(protocols, pki, chain):
    """One peer for each port, all with one chain."""
    started = [Peer(speak, pki.chain("p256", chain), pki.chain_key("p256", chain), port)
               for port, speak in protocols.items()]
    try:
        yield started
    finally:
        for peer in started:
            peer.close()
