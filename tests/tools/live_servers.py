# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Servers on loopback for the tests of verbs that ask live hosts: sound ones, and every way to misbehave."""

import os
import socket
import ssl
import struct
import subprocess
import threading
import time

from pinctl_case import Server, path  # noqa: F401 (the tests say live.Server)


def tls_context(name, chain=None, versions=None, ciphers=None):
    """A server's context for NAME.key and NAME.pem (or the file `chain`)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(ciphers or "DEFAULT:@SECLEVEL=0")
    context.load_cert_chain(path(chain or f"{name}.pem"), path(f"{name}.key"))
    if versions is not None:
        context.minimum_version, context.maximum_version = versions
    return context


def handshake(context, connection):
    with context.wrap_socket(connection, server_side=True) as secured:
        secured.recv(1)


def tls(context):
    return lambda connection: handshake(context, connection)


def old_ssl(context, ssl3=None, ssl2=None):
    """TLS as the context has it (None: none), and these bytes to whoever begins with SSL 3 or SSL 2; None: it hangs up."""

    def serve(connection):
        hello = connection.recv(300, socket.MSG_PEEK)
        if not hello:
            return
        if hello[0] & 0x80:
            (length,) = struct.unpack(">H", hello[:2])
            suites, session, challenge = struct.unpack(">3H", hello[5:11])
            assert length & 0x7fff == len(hello) - 2 == 9 + suites + session + challenge and hello[2:5] == b"\1\0\2", hello
            answer = ssl2
        elif hello[:3] == b"\x16\3\0":
            (record,), (message,), (suites,) = (struct.unpack(">H", hello[at:at + 2]) for at in (3, 7, 44))
            assert (record, message, suites) == (len(hello) - 5, len(hello) - 9, len(hello) - 48) and hello[9:11] == b"\3\0", hello
            answer = ssl3
        elif context is not None:
            handshake(context, connection)
            return
        else:
            answer = None
        if answer is not None:
            connection.sendall(answer)
            connection.recv(1000)
            connection.recv(1)
        connection.recv(1000)
        connection.shutdown(socket.SHUT_RDWR)

    return serve


def own_suites(context, answers, seen=None):
    """TLS as the context has it, and these bytes, one after the other and then the last, to whoever offers no suite with AES,
    ChaCha20 and the like; seen: gets these offers."""
    answers = list(answers)

    def serve(connection):
        hello = connection.recv(1000, socket.MSG_PEEK)
        if len(hello) < 46 or hello[:3] != b"\x16\3\1" or hello[9:11] != b"\3\3" or hello[43]:
            handshake(context, connection)
            return
        (length,) = struct.unpack(">H", hello[44:46])
        suites = struct.unpack(f">{length // 2}H", hello[46:46 + length])
        if 0x000a not in suites or 0x002f in suites:
            handshake(context, connection)
            return
        (record,), (message,), (extensions,) = (struct.unpack(">H", hello[at:at + 2]) for at in (3, 7, 48 + length))
        assert (record, message, extensions) == (len(hello) - 5, len(hello) - 9, len(hello) - 50 - length), hello
        if seen is not None:
            seen.append(hello)
        connection.recv(1000)
        connection.sendall(answers.pop(0) if len(answers) > 1 else answers[0])
        connection.shutdown(socket.SHUT_RDWR)

    return serve


def lines(context, greeting, dialogue, start):
    """A text protocol: answers each known word until `start`, whose answer is the last before the handshake."""

    def serve(connection):
        if greeting:
            connection.sendall(greeting)
        reader = connection.makefile("rb", buffering=0)
        while line := reader.readline():
            words = line.decode(errors="replace").upper().split()
            tag = line.split()[0].decode() if words else ""
            word = next((word for word in words if word in dialogue or word == start), None)
            answer = dialogue.get(word, "500 what\r\n")
            connection.sendall(answer.replace("TAG", tag).encode())
            if word == start:
                return handshake(context, connection)
        return None

    return serve


def smtp(context):
    return lines(context, b"220 mail ESMTP\r\n", {"EHLO": "250-mail\r\n250 STARTTLS\r\n", "STARTTLS": "220 go\r\n"},
                 "STARTTLS")


def imap(context):
    return lines(context, b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n",
                 {"CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK done\r\n", "STARTTLS": "TAG OK go\r\n"},
                 "STARTTLS")


def pop3(context):
    return lines(context, b"+OK hello\r\n", {"CAPA": "+OK\r\nSTLS\r\n.\r\n", "STLS": "+OK go\r\n"}, "STLS")


def ftp(context):
    return lines(context, b"220 files\r\n", {"AUTH": "234 go\r\n"}, "AUTH")


def smtp_without_tls(_):
    return lines(None, b"220 mail ESMTP\r\n", {"EHLO": "250 mail\r\n"}, "NEVER")


def postgres(context, answer=b"S"):
    def serve(connection):
        if connection.recv(8, socket.MSG_WAITALL) == bytes.fromhex("0000000804d2162f"):
            connection.sendall(answer)
            if answer == b"S":
                handshake(context, connection)

    return serve


LDAP_START_TLS = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
LDAP_SUCCESS = bytes.fromhex("300c02010178070a010004000400")


def ldap(context, answer=LDAP_SUCCESS):
    """answer: bytes, or several that come one after the other."""

    def serve(connection):
        if connection.recv(len(LDAP_START_TLS), socket.MSG_WAITALL) != LDAP_START_TLS:
            return
        for part in [answer] if isinstance(answer, bytes) else answer:
            connection.sendall(part)
        if context is None:
            silent(connection)
        else:
            handshake(context, connection)

    return serve


def slapd(folder, name, chain):
    """OpenLDAP's server with NAME.key and a chain: the process and its port. FOLDER: for its files alone."""
    config = os.path.join(folder, "slapd.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"TLSCertificateFile {path(chain)}\nTLSCertificateKeyFile {path(name + '.key')}\n"
                   f"pidfile {folder}/slapd.pid\ndatabase config\n")
    for _ in range(5):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        # "-d none": in the foreground, so that it ends when it is told to.
        process = subprocess.Popen(["/usr/sbin/slapd", "-f", config, "-h", f"ldap://127.0.0.1:{port}", "-d", "none"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return process, port
            except OSError:
                time.sleep(0.05)
    raise AssertionError(f"slapd leaves with {process.returncode}")


def silent(connection):
    connection.recv(65536)
    while connection.recv(65536):
        pass


def rubbish(connection):
    connection.sendall(b"\xffno TLS at all\r\n" * 100)
    silent(connection)


def no_der(connection):
    """By hand: a TLS 1.2 ServerHello, then a certificate message whose certificate is no DER."""
    connection.recv(65536)
    hello = b"\x03\x03" + bytes(32) + b"\x00" + b"\xc0\x2f" + b"\x00"
    certificate = b"this is no certificate at all"
    listed = len(certificate).to_bytes(3, "big") + certificate
    message = len(listed).to_bytes(3, "big") + listed
    for kind, body in ((2, hello), (11, message)):
        record = bytes([kind]) + len(body).to_bytes(3, "big") + body
        connection.sendall(struct.pack(">BHH", 22, 0x0303, len(record)) + record)
    silent(connection)


def hang_up(connection):
    connection.close()


def closed_port():
    """A port on which nobody listens; kept bound, so that nobody else can have it."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder


def free_ports(count):
    """Ports on which nobody listens just now, for programs that have to be told theirs."""
    holders = [closed_port() for _ in range(count)]
    ports = [holder.getsockname()[1] for holder in holders]
    for holder in holders:
        holder.close()
    return ports


def wait_for(ports):
    """Until somebody listens on each of them."""
    ends = time.monotonic() + 20
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.05)


def proxy_to(port):
    """An HTTP proxy that takes every CONNECT to the same port here, whatever host is asked for."""

    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve(connection):
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(1)
        assert request.startswith(b"CONNECT ")
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as server:
            threading.Thread(target=copy, args=(server, connection), daemon=True).start()
            copy(connection, server)

    return serve
