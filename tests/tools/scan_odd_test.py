# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl scan of what is no sound server, of one that limits connections, of TLS that begins later; and what was seen before."""

import contextlib
import json
import os
import socket
import sqlite3
import ssl
import struct
import subprocess
import time

import live_servers as live
from pinctl_case import CERTIFICATES, main, pin_of, read, write
from scan_case import GCM, NEWEST, PORT, Scan, leaf


class Past(Scan):
    """What the history has of a host's keys is said where its pins are proposed."""

    def scan_it(self, port, *more, status=None):
        words = ("scan", "--ca", "root.pem", "--rate", "0", "--timeout", "60", "api.example.com", "--connect", f"::127.0.0.1:{port}", *more)
        return self.json(*words, status=status)["hosts"][0]["history"], " ".join(self.pinctl(*words, status=status).stdout.split())

    def test_past(self):
        sound = self.start(live.tls(live.tls_context("server", "chain.pem")))
        swapped = self.start(live.tls(live.tls_context("swapped", "swapped-chain.pem")))
        history = os.path.join(self.folder, "seen.db")
        nothing = {"keys": 0, "key_since": None, "issuers": 0, "issuer_since": None}
        past, text = self.scan_it(sound)
        self.assertEqual((past, "In the history" in text), (nothing, False))
        hosts = self.write_policy("api.example.com\n", "hosts")
        self.pinctl("monitor", "--hosts", hosts, "--history", history, "--ca", "root.pem", "--connect", f"::127.0.0.1:{sound}", status=None)
        with open(history, "rb") as file:
            before = file.read()
        today = time.strftime("%Y-%m-%d", time.gmtime())
        past, text = self.scan_it(sound, "--history", history)
        self.assertEqual((past["keys"], past["issuers"], past["key_since"][:10], past["issuer_since"][:10]), (1, 1, today, today))
        self.assertIn(f"In the history: its key: since {today}; its issuer's: since {today} ", text)
        past, text = self.scan_it(swapped, "--history", history)
        self.assertEqual((past["keys"], past["key_since"], past["issuer_since"][:10]), (1, None, today))
        self.assertIn("its key: new; its issuer's: since", text)
        self.assertIn("a pin of the issuer (--intermediate) lasts longer", text)
        with open(history, "rb") as file:
            self.assertEqual(file.read(), before)
        self.cannot_be_read(sound, "/nowhere/seen.db", "No such file")

    def cannot_be_read(self, port, history, why):
        """The report is printed all the same."""
        words = ("scan", "--ca", "root.pem", "--rate", "0", "--timeout", "60", "api.example.com", "--connect", f"::127.0.0.1:{port}", "--history", history)
        done = self.pinctl(*words, status=3)
        self.assertIn(why, done.stderr)
        self.assertIn("warning: the report has nothing, or not everything, of what was seen before", done.stderr)
        self.assertIn(pin_of("server.pem"), done.stdout)
        self.assertNotIn("In the history", done.stdout)
        host = json.loads(self.pinctl(*words, "--json", status=3).stdout)["hosts"][0]
        self.assertEqual((host["error"], host["history"]["keys"]), (None, 0))

    def test_history_that_cannot_be_read(self):
        sound = self.start(live.tls(live.tls_context("server", "chain.pem")))
        history = os.path.join(self.folder, "seen.db")
        hosts = self.write_policy("api.example.com\n", "hosts")
        self.pinctl("monitor", "--hosts", hosts, "--history", history, "--ca", "root.pem", "--connect", f"::127.0.0.1:{sound}", status=None)
        with contextlib.closing(sqlite3.connect(history, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            self.cannot_be_read(sound, history, 'locked by another program; "fuser FILE" shows which one')
        for name, content in (("text.db", "no database " * 100), ("later.db", None)):
            wrong = os.path.join(self.folder, name)
            if content is None:
                with contextlib.closing(sqlite3.connect(wrong, isolation_level=None)) as other:
                    other.execute("PRAGMA user_version = 99")
            else:
                self.write_policy(content, name)
            self.cannot_be_read(sound, wrong, "not a database" if content else "made by a later pinctl")


class Odd(Scan):
    """What is no server, and TLS that begins later."""

    def test_unreachable(self):
        holder = live.closed_port()
        self.addCleanup(holder.close)
        ports = {("closed.example", PORT): holder.getsockname()[1], ("silent.example", PORT): self.start(live.silent),
                 ("rubbish.example", PORT): self.start(live.rubbish)}
        found = self.scanned(ports, "--timeout", "1")
        for (host, _), result in found.items():
            with self.subTest(host):
                self.assertEqual((result["findings"], result["complete"]), ([], False))
                self.assertIsNotNone(result["error"])
        self.assertIn("no answer within 1 s", found["silent.example", PORT]["error"])

    def test_what_answers_is_no_server_of_tls(self):
        """Each ends in time, with words that say what is there, and after few connections."""
        def words(text, wait):
            def serve(connection):
                counts[text] = counts.get(text, 0) + 1
                if text.startswith(b"HTTP"):
                    connection.recv(1000)
                connection.sendall(text)
                if wait:
                    time.sleep(3)
            return serve

        def ended(connection):
            connection.recv(1000)
            connection.sendall(b"\x16\x03\x03\x00\x7a\x02")
            connection.shutdown(socket.SHUT_RDWR)

        def half_open(connection):
            connection.recv(1000)
            connection.sendall(b"\x16\x03\x03\x00\x7a\x02")
            time.sleep(3)

        counts = {}
        ports = {("http.example", PORT): self.start(words(b"HTTP/1.1 400 Bad Request\r\n\r\n", False)),
                 ("ssh.example", PORT): self.start(words(b"SSH-2.0-OpenSSH_9.2p1\r\n", False)),
                 ("waits.example", PORT): self.start(words(b"SSH-2.0-x\r\n", True)),
                 ("ended.example", PORT): self.start(ended), ("half.example", PORT): self.start(half_open)}
        found = self.scanned(ports, "--timeout", "1")
        expected = {"ended.example": "the TLS handshake failed: the server closed the connection without an alert",
                    "half.example": "no answer within 1 s"}
        for (host, _), result in found.items():
            with self.subTest(host):
                self.assertIn(expected.get(host, "the TLS handshake failed: the answer is not TLS"), result["error"])
        self.assertLess(max(counts.values()), 20)

    def test_messages_without_end(self):
        """What OpenSSL passes over it reads for as long as it comes: no limit of time was looked at, and no other host asked."""
        def serve(connection):
            with contextlib.suppress(OSError):
                end = time.monotonic() + 10
                while time.monotonic() < end:
                    connection.sendall(b"\x16\x03\x03\x40\x00" + bytes(0x4000))

        began = time.monotonic()
        found = self.scanned({("api.example.com", PORT): self.start(serve)}, "--timeout", "60")["api.example.com", PORT]
        self.assertEqual((found["error"], found["findings"]), ("the TLS handshake failed: the server sends messages without end", []))
        self.assertLess(time.monotonic() - began, 9)

    def test_no_answer_behind_the_first_words(self):
        def serve(connection):
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(1000)
                secured.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 2)

        context = live.tls_context("server", "chain.pem", NEWEST)
        found = self.scanned({("api.example.com", 443): self.start(serve)}, status=0)["api.example.com", 443]
        self.assertEqual((found["error"], found["http"]["https_status"], self.codes(found)), (None, 0, []))

    def test_folded_headers(self):
        """A header may go on in the next line (RFC 9112, 5.2): it is read whole, and what goes on is no header of its own."""
        def serve(connection):
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(1000)
                secured.sendall(b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 0\r\n\r\n")

        context = live.tls_context("server", "chain.pem", NEWEST)
        port, hsts = self.start(serve), b"Strict-Transport-Security:"
        for lines, value, codes in ((hsts + b"\r\n max-age=31536000; includeSubDomains\r\n", "max-age=31536000; includeSubDomains", []),
                                    (hsts + b" max-age=31536000; \r\n \t includeSubDomains;\r\n\tpreload\r\n",
                                     "max-age=31536000; includeSubDomains; preload", []),
                                    (hsts + b" max-age=31536000;\r\n  x=" + b"y" * 60000 + b"\r\n " + b"z" * 60000 + b"\r\n",
                                     f"max-age=31536000; x={'y' * 235}", ["hsts-host-only"]),
                                    (b"X-Other: a\r\n " + hsts + b" max-age=31536000; includeSubDomains\r\n", None, ["no-hsts"]),
                                    (hsts + b"\r\n max-age=0\r\n" + hsts + b" max-age=31536000\r\n", "max-age=0", ["no-hsts"]),
                                    (hsts + b" max\r\n -age=31536000; includeSubDomains\r\n", "max -age=31536000; includeSubDomains",
                                     ["no-hsts"])):
            with self.subTest(lines[:80]):
                found = self.scanned({("api.example.com", 443): port}, status=None)["api.example.com", 443]
                self.assertEqual((found["error"], found["http"]["hsts"], self.codes(found)), (None, value, codes))

    def test_connections_that_break_off(self):
        """Every other one ends without a word: that is no refusal, or the server would seem to have no TLS 1.3."""
        handshake = live.tls(live.tls_context("server", "chain.pem", NEWEST))
        seen = []

        def serve(connection):
            seen.append(connection)
            if len(seen) % 2 == 0:
                handshake(connection)
            else:
                connection.recv(5)
                connection.shutdown(socket.SHUT_RDWR)

        found = self.scanned({("api.example.com", PORT): self.start(serve)}, status=0)["api.example.com", PORT]
        self.assertEqual((found["error"], found["complete"], self.codes(found)), (None, True, []))
        self.assertEqual((len(found["groups"]) > 2, len(found["versions"][0]["suites"])), (True, 3))

    def limited(self, context, allowed):
        """A server behind something that hangs up where allowed(seconds of all connections so far, this one included) says no."""
        handshake, times = live.tls(context), []

        def serve(connection):
            times.append(time.monotonic())
            if allowed(times):
                handshake(connection)
            else:
                connection.recv(5)
                connection.shutdown(socket.SHUT_RDWR)

        return self.start(serve)

    def test_limits(self):
        """Both at once, since what is asked again comes after pauses: hosts do not wait for each other."""
        some = self.limited(live.tls_context("server", "chain.pem", NEWEST),
                            lambda times: sum(at > times[-1] - 3 for at in times) <= 6)
        none = self.limited(live.tls_context("server", "chain.pem", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2), GCM),
                            lambda times: 1 < len(times) < 4)
        found = self.scanned({("api.example.com", PORT): some, ("db.example.com", PORT): none})
        self.limit_of_connections(found["api.example.com", PORT])
        self.limit_that_lasts(found["db.example.com", PORT])

    def limit_of_connections(self, found):
        """Six in three seconds, those that are turned away included: what is asked beyond that is no refusal."""
        self.assertEqual((found["error"], found["complete"], self.codes(found)), (None, True, []))
        self.assertEqual([version["accepted"] for version in found["versions"]], [True, False, False, False])
        self.assertEqual((len(found["groups"]) > 2, len(found["versions"][0]["suites"])), (True, 3))

    def limit_that_lasts(self, found):
        """After three connections nobody is let in any more: nothing is said to be absent."""
        self.assertEqual((found["error"], found["complete"]), (None, False))
        self.assertEqual([version["accepted"] for version in found["versions"]], [False, True, None, None])
        self.assertEqual(self.codes(found), ["no-tls13", "unanswered"])

    def test_refusals_without_a_word(self):
        """A server that hangs up on what it does not speak, and answers what it does at once."""
        context = live.tls_context("server", "chain.pem", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2), GCM)

        def serve(connection):
            hello = connection.recv(65536, socket.MSG_PEEK)
            if b"\0\x2b\0\3\2\3\4" in hello or b"\0\x2b" not in hello and hello[9:11] != b"\3\3":
                connection.shutdown(socket.SHUT_RDWR)
            else:
                live.tls(context)(connection)

        found = self.scanned({("api.example.com", PORT): self.start(serve)})["api.example.com", PORT]
        self.assertEqual((found["error"], found["complete"], self.codes(found)), (None, True, ["no-tls13"]))
        self.assertEqual([version["accepted"] for version in found["versions"]], [False, True, False, False])

    def test_certificate_that_cannot_be_read(self):
        found = self.scanned({("api.example.com", PORT): self.start(live.no_der)})["api.example.com", PORT]
        self.assertEqual((found["error"], found["grade"], self.codes(found)), (None, "F", ["insecure-renegotiation", "no-tls13", "not-trusted"]))

    @staticmethod
    def counted(serve, seen):
        def count(connection):
            seen.append(connection)
            serve(connection)

        return count

    def test_starttls(self):
        context = live.tls_context("server", "chain.pem", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2), GCM)
        for protocol in ("smtp", "imap", "pop3", "ftp", "postgres", "ldap"):
            with self.subTest(protocol):
                seen = []
                port = self.start(self.counted(getattr(live, protocol)(context), seen))
                found = self.scanned({("api.example.com", PORT): port}, "--starttls", protocol, status=None)
                found = found["api.example.com", PORT]
                self.assertIn("x25519", found["groups"])
                # One for each thing accepted, and one for each refusal: nothing was asked in vain.
                expected = 1 + 2 + 1 + 1 + len(found["groups"]) + 1 + len(found["signatures"]) + 1
                self.assertEqual((found["complete"], found["connections"], len(seen)), (True, expected, expected))
                self.assertEqual((found["error"], found["certificates"][0]["pin"]), (None, pin_of("server.pem")))
                self.assertEqual([version["accepted"] for version in found["versions"]][:2], [False, True])
                self.assertEqual((found["ssl3"], found["ssl2"]), (None, None))

    def by_gnutls(self, priority):
        leaf("unsafe", san="api.example.com")
        write("unsafe-all.pem", read("unsafe.pem") + read("ca.pem"))
        (port,) = live.free_ports(1)
        process = subprocess.Popen(["gnutls-serv", "--quiet", "--port", str(port), "--x509certfile", "unsafe-all.pem",
                                    "--x509keyfile", "unsafe.key", "--priority", priority],
                                   cwd=CERTIFICATES, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        live.wait_for([port])
        return self.scanned({("api.example.com", PORT): port})["api.example.com", PORT]

    def test_without_renegotiation_info(self):
        found = self.by_gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.2:-SIGN-ALL:+SIGN-ECDSA-SHA256:-CIPHER-ALL:+AES-128-GCM:-KX-ALL:+ECDHE-ECDSA:"
                               "%DISABLE_SAFE_RENEGOTIATION")
        self.assertEqual(self.codes(found), ["insecure-renegotiation", "no-tls13"])

    def test_suites_that_openssl_lacks(self):
        """A client of ours without RC4 and 3DES says all the same that the server has them."""
        only = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-SIGN-ALL:+SIGN-ECDSA-SHA256:-KX-ALL:+ECDHE-ECDSA:-CIPHER-ALL:"
        rc4, triple = ("ECDHE-ECDSA-RC4-SHA",), ("ECDHE-ECDSA-DES-CBC3-SHA",)
        for ciphers, suites, codes in (("+AES-128-GCM:+ARCFOUR-128:+3DES-CBC", rc4 + triple, ["cbc", "no-tls13", "rc4", "triple-des"]),
                                       ("+AES-128-GCM:+ARCFOUR-128", rc4, ["no-tls13", "rc4"]),
                                       ("+AES-128-GCM:+3DES-CBC", triple, ["cbc", "no-tls13", "triple-des"]),
                                       ("+AES-128-GCM", (), ["no-tls13"])):
            with self.subTest(ciphers):
                found = self.by_gnutls(only + ciphers)
                self.assertEqual(self.codes(found), codes)
                chosen = [suite["name"] for suite in found["versions"][1]["suites"]]
                self.assertEqual(sorted(chosen), sorted(("ECDHE-ECDSA-AES128-GCM-SHA256", *suites)))
                self.assertEqual(found["grade"], "C" if suites else "A-")

    def test_nothing_but_suites_that_openssl_lacks(self):
        found = self.by_gnutls("NORMAL:-VERS-ALL:+VERS-TLS1.0:-KX-ALL:+ECDHE-ECDSA:-CIPHER-ALL:+ARCFOUR-128")
        self.assertEqual((found["error"], found["versions"][3]["accepted"]), (None, True))
        self.assertTrue({"rc4", "tls10", "no-aead"} <= set(self.codes(found)), self.codes(found))

    @staticmethod
    def hello(suite, version=b"\3\3", kind=b"\2", session=b""):
        body = version + bytes(32) + bytes([len(session)]) + session + suite + b"\0"
        return b"\x16\3\3" + struct.pack(">H", len(body) + 4) + kind + struct.pack(">I", len(body))[1:] + body

    def test_suites_behind_a_limit(self):
        """Who is turned away asks again; a server that hangs up on this alone, and answers what it did before, refuses."""
        context = live.tls_context("server", "chain.pem", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2), GCM)
        good, refusal = self.hello(b"\0\x0a"), b"\x15\3\3\0\2\2\x28"
        for answers, there, times in (([b"", b"", good], True, 3), ([good[:20], good], True, 2), ([b""], False, 3), ([refusal], False, 1)):
            with self.subTest(answers):
                seen = []
                port = self.start(live.own_suites(context, answers, seen))
                found = self.scanned({("api.example.com", PORT): port})["api.example.com", PORT]
                self.assertEqual(("triple-des" in self.codes(found), found["complete"], len(seen)), (there, True, times))

    def test_answers_about_suites_that_are_none(self):
        """What was not offered, another version, another message, half of one, one without end, and an alert."""
        context = live.tls_context("server", "chain.pem", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2), GCM)
        hello, good = self.hello, self.hello(b"\0\x0a")
        unknown_name = b"\x15\3\3\0\2\1\x70"
        for answer, there in ((good, True), (unknown_name + good, True), (unknown_name, False), (unknown_name * 2 + good, False),
                              (b"\x15\3\3\0\2\2\x70" + good, False), (unknown_name + good[:44], False), (hello(b"\0\x0a", session=bytes(32)), True), (hello(b"\xc0\x2b"), False), (hello(b"\x13\1"), False),
                              (hello(b"\0\x0a", b"\3\0"), False), (hello(b"\0\x0a", b"\3\4"), False), (hello(b"\0\x0a", kind=b"\x0b"), False),
                              (good[:44], False), (hello(b"\0\x0a", session=bytes(33)), False), (b"\x15\3\3\0\2\2\x28", False),
                              (b"\x16" * 60, False), (b"", False)):
            with self.subTest(answer):
                port = self.start(live.own_suites(context, [answer]))
                found = self.scanned({("api.example.com", PORT): port})["api.example.com", PORT]
                self.assertEqual(("triple-des" in self.codes(found), found["error"]), (there, None))

    def test_server_name_beside_suites(self):
        """A server behind several names is asked about the one that was named, and an address about none."""
        context = live.tls_context("server", "chain.pem", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2), GCM)
        for host, sent in (("api.example.com", True), ("127.0.0.1", False)):
            seen = []
            refusal = b"\x15\3\3\0\2\2\x28"
            self.scanned({(host, PORT): self.start(live.own_suites(context, [refusal], seen))}, status=None)
            self.assertEqual([(b"api.example.com" in hello) for hello in seen], [sent])

    def test_usage(self):
        for words in ((), ("--all", "api.example.com"), ("*.example.com",), ("api.example.com", "--rate", "many")):
            with self.subTest(words):
                self.pinctl("scan", *words, status=2)

    def test_all(self):
        self.write_policy(f'version = 1; hosts = ( {{ name = "api.example.com"; ports = [ {PORT} ];'
                          f' pins = [ "{pin_of("server.pem")}" ]; }}, {{ name = "*.example.com"; mode = "off"; }} );\n')
        port = self.start(live.tls(live.tls_context("server", "chain.pem")))
        found = self.json("scan", "--all", "--ca", "root.pem", "--rate", "0", "--connect", f"::127.0.0.1:{port}", status=None)
        self.assertEqual([(host["host"], host["port"]) for host in found["hosts"]], [("api.example.com", PORT)])
        self.write_policy("version = 1;\n")
        self.pinctl("scan", "--all", status=3)


if __name__ == "__main__":
    main()
