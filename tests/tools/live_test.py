# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Live servers: every protocol, every way to misbehave, and that nothing seen is trusted or enforced."""

import json
import os
import ssl
import time

import live_servers as live
from pinctl_case import PINCTL, PinctlCase, issue, main, openssl, path, pin_of, read, write

HOST = "api.example.com"


class Live(PinctlCase):
    def start(self, serve, **options):
        server = live.Server(serve, **options)
        self.addCleanup(server.close)
        return server

    def sound(self, **options):
        return self.start(live.tls(live.tls_context("server", "chain.pem", **options)))

    def to(self, server, *words):
        return (*words, "--connect", f"::127.0.0.1:{server.port}")

    def policy_with(self, pin, more=""):
        self.write_policy(f'version = 1; hosts = ( {{ name = "{HOST}"; pins = [ "{pin}" ]; {more} }} );\n')


class Ports(Live):
    """Without a port, the server is asked where its entry says that it is."""

    def asked(self, more):
        self.policy_with(pin_of("server.pem"), more)
        return self.json(*self.to(self.sound(), "explain", HOST, "--ca", "root.pem"))["port"]

    def test_default(self):
        self.assertEqual(self.asked(""), 443)
        self.assertEqual(self.asked("ports = [ 8443 ];"), 8443)
        self.assertEqual(self.asked("ports = [ 443, 8443 ];"), 443)


class Pin(Live):
    def test_of_a_server(self):
        pins = [pin_of("server.pem"), pin_of("ca.pem")]
        server = self.sound()
        for words in ((f"{HOST}:443",), (HOST, "--from-server"), ("--from-server", f"{HOST}:8443")):
            done = self.pinctl(*self.to(server, "pin", *words, "--ca", "root.pem", "--json"))
            self.assertEqual([item["pin"] for item in json.loads(done.stdout)], pins)
            self.assertNotIn("warning", done.stderr)
        self.assertIn("did not verify", self.pinctl(*self.to(server, "pin", f"{HOST}:443", "--ca", "other.pem")).stderr)

    def test_of_none(self):
        self.pinctl("pin", HOST, status=3)
        self.pinctl("pin", f"{HOST}:443", "--connect", "::127.0.0.1:1", status=3)
        for words in (("--from-server",), ("--from-server", "*.x.org"), ("--from-server", "x.org/")):
            self.pinctl("pin", *words, status=2)
        # A file of this name is a file.
        with open(os.path.join(self.folder, "a:443"), "wb") as file:
            file.write(read("server.pem"))
        self.assertIn(pin_of("server.pem"), self.pinctl("pin", "a:443", cwd=self.folder).stdout)


class Explain(Live):
    def setUp(self):
        super().setUp()
        self.policy_with(pin_of("server.pem"))

    def asks(self, serve, *words, status=0):
        return self.json(*self.to(self.start(serve), "explain", HOST, "--ca", "root.pem", *words), status=status)

    def fails(self, serve, expected, *words, timeout="60"):
        done = self.pinctl(*self.to(self.start(serve), "explain", HOST, "--ca", "root.pem", "--timeout", timeout, *words),
                           status=3)
        self.assertIn(expected, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_accepted_and_refused(self):
        found = self.json(*self.to(self.sound(), "explain", HOST, "--ca", "root.pem"))
        self.assertTrue(found["allowed"])
        self.assertEqual(found["port"], 443)
        self.assertEqual([item["pin"] for item in found["certificates"]],
                         [pin_of(f"{name}.pem") for name in ("server", "ca", "root")])
        self.assertEqual((found["server"]["address"], found["server"]["tls"], found["server"]["shown"]),
                         ("127.0.0.1", "TLSv1.3", 2))
        swapped = live.tls(live.tls_context("swapped", "swapped-chain.pem"))
        self.assertEqual(self.asks(swapped, status=1)["reason"], "no-pin")

    def test_unverified_is_said(self):
        found = self.json(*self.to(self.sound(), "explain", HOST, "--ca", "other.pem"), status=1)
        self.assertFalse(found["openssl"]["accepts"])
        found = self.json(*self.to(self.sound(), "explain", "else.example.org", "--ca", "root.pem"), status=1)
        self.assertIn("hostname mismatch", found["openssl"]["error"])

    def test_old_tls(self):
        old = live.tls_context("server", "chain.pem", versions=(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1))
        self.assertEqual(self.asks(live.tls(old))["server"]["tls"], "TLSv1")

    def test_starttls(self):
        context = live.tls_context("server", "chain.pem")
        for protocol in ("smtp", "imap", "pop3", "ftp", "postgres", "ldap"):
            with self.subTest(protocol):
                found = self.asks(getattr(live, protocol)(context), "--starttls", protocol)
                self.assertEqual(found["certificates"][0]["pin"], pin_of("server.pem"))

    def test_protocol_of_the_port(self):
        server = self.start(live.postgres(live.tls_context("server", "chain.pem")))
        self.json(*self.to(server, "explain", f"{HOST}:5432", "--ca", "root.pem"))
        done = self.pinctl(*self.to(server, "explain", f"{HOST}:5433", "--timeout", "1"), status=3)
        self.assertIn(f"{HOST}:5433: ", done.stderr)

    def test_ldap(self):
        context = live.tls_context("server", "chain.pem")
        # As Active Directory writes lengths, byte by byte, and with a diagnostic message.
        long = bytes.fromhex("3084000000100201017884000000070a010004000400")
        said = bytes.fromhex("301002010178") + b"\x0b\x0a\x01\x00\x04\x00\x04\x04fine"
        for answer in (long, [bytes([byte]) for byte in live.LDAP_SUCCESS], said):
            self.assertEqual(self.asks(live.ldap(context, answer), "--starttls", "ldap")["server"]["tls"], "TLSv1.3")
        server = self.start(live.ldap(context))
        self.json(*self.to(server, "explain", f"{HOST}:389", "--ca", "root.pem"))

    def test_ldap_without_tls(self):
        refused = live.LDAP_SUCCESS.replace(b"\x0a\x01\x00", b"\x0a\x01\x02")
        busy = live.LDAP_SUCCESS.replace(b"\x0a\x01\x00", b"\x0a\x01\x33")
        # "Notice of disconnection" is an answer to nobody.
        notice = live.LDAP_SUCCESS.replace(b"\x02\x01\x01", b"\x02\x01\x00")
        cut = bytes.fromhex("300302010178")
        for answer, expected in ((refused, "does not offer TLS"), (busy, "refuses StartTLS"), (notice, "not valid LDAP"),
                                 (cut, "not valid LDAP"), (b"\x30\x84\x7f\xff\xff\xff", "not valid in this protocol"),
                                 (b"\x30\x00", "not valid in this protocol"), (b"HTTP/1.1 400", "not valid in this protocol")):
            self.fails(live.ldap(None, answer), expected, "--starttls", "ldap")
        self.fails(live.ldap(None, b"\x30\x05\x02"), "no answer within 1 s", "--starttls", "ldap", timeout="1")
        self.fails(live.hang_up, f"{HOST}:443: ", "--starttls", "ldap")
        self.fails(live.rubbish, "not valid in this protocol", "--starttls", "ldap")

    def test_injection(self):
        """What comes behind the answer is the handshake's: here an alert, by which it fails, in the words of all protocols."""
        alert = b"\x15\x03\x03\x00\x02\x02\x28"
        context = live.tls_context("server", "chain.pem")
        for server, protocol in ((live.ldap(context, live.LDAP_SUCCESS + alert), "ldap"),
                                 (live.postgres(None, b"S" + alert), "postgres")):
            for expected in (f"{HOST}:443: the TLS handshake failed: ", " alert handshake failure\n"):
                self.fails(server, expected, "--starttls", protocol)

    def test_slapd(self):
        process, port = live.slapd(self.folder, "server", "chain.pem")
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        found = self.json("explain", f"{HOST}:389", "--ca", "root.pem", "--connect", f"::127.0.0.1:{port}")
        self.assertEqual((found["verdict"], found["openssl"]["accepts"]), ("accepted", True))
        self.pinctl("explain", f"{HOST}:389", "--connect", f"::127.0.0.1:{port}", "--starttls", "none", status=3)

    def test_address(self):
        server = self.start(live.tls(live.tls_context("server", "chain.pem")))
        found = self.json("explain", f"127.0.0.1:{server.port}", "--ca", "root.pem")
        self.assertEqual((found["verdict"], found["openssl"]["accepts"]), ("not-covered", True))

    def test_no_tls(self):
        self.fails(live.smtp_without_tls(None), "does not offer TLS", "--starttls", "smtp")
        self.fails(live.postgres(None, b"N"), "does not offer TLS", "--starttls", "postgres")
        self.fails(live.postgres(None, b"E"), "not valid PostgreSQL", "--starttls", "postgres")
        self.fails(live.hang_up, f"{HOST}:443: ", "--starttls", "postgres")
        self.fails(live.hang_up, f"{HOST}:443: ")
        self.fails(live.rubbish, "handshake failed: ")
        holder = live.closed_port()
        self.addCleanup(holder.close)
        done = self.pinctl("explain", HOST, "--connect", f"::127.0.0.1:{holder.getsockname()[1]}", status=3)
        self.assertIn("Couldn't connect", done.stderr)

    def test_silence(self):
        for words in ((), ("--starttls", "postgres"), ("--starttls", "smtp")):
            begun = time.monotonic()
            self.fails(live.silent, "no answer within 1 s", *words, timeout="1")
            self.assertLess(time.monotonic() - begun, 30)

    def test_usage(self):
        for words in (("explain", "*.example.com"), ("explain", f"{HOST}:0"), ("explain", HOST, "--timeout", "0"),
                      ("explain", HOST, "--timeout", "5s"), ("explain", HOST, "--connect", "127.0.0.1:443"),
                      ("explain", HOST, "--starttls", "gopher")):
            self.pinctl(*words, status=2)

    def test_not_enforced_by_the_shim(self):
        """A chain that the very policy refuses is still shown where the shim is in the process itself."""
        if os.environ.get("PINNING_SANITIZE"):
            self.skipTest("a program built with sanitizers cannot load the shim")
        shim = os.path.join(os.path.dirname(os.path.dirname(os.environ["PINNING_MODULE"])), "libpinning-preload.so")
        self.assertTrue(os.path.exists(shim))
        server = self.start(live.tls(live.tls_context("swapped", "swapped-chain.pem")))
        found = self.json(*self.to(server, "explain", HOST, "--ca", "root.pem"), status=1,
                          environment={"LD_PRELOAD": shim})
        self.assertEqual(found["reason"], "no-pin")
        self.assertEqual(len(found["certificates"]), 3)
        # Where the pins applied, the handshake would have ended before it was complete.
        self.assertEqual(found["server"]["tls"], "TLSv1.3")


class Hostile(Live):
    def setUp(self):
        super().setUp()
        self.policy_with(pin_of("server.pem"))

    def shows(self, chain, key="server", status=1):
        server = self.start(live.tls(live.tls_context(key, chain)))
        return self.pinctl(*self.to(server, "explain", HOST, "--ca", "root.pem", "--timeout", "60"), status=status)

    def test_hundred_certificates(self):
        write("hundred.pem", read("server.pem") + read("ca.pem") * 119)
        done = self.shows("hundred.pem", status=0)
        self.assertIn("It shows 120 certificates; only the first 101 are checked.", done.stdout)

    def test_long_name(self):
        """OpenSSL itself refuses to read a certificate message as long as this."""
        write("long.cnf", "[req]\ndistinguished_name=dn\nprompt=no\nx509_extensions=e\n[dn]\nCN=x\n[e]\nnsComment="
              + "n" * 1000000 + "\n")
        openssl("req", "-x509", "-config", "long.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "long.key", "-out", "long.pem")
        self.assertIn("handshake failed: ", self.shows("long.pem", "long", status=3).stderr)

    def test_control_characters(self):
        issue("escape", "/CN=\x1b]0;owned\x07\x1b[31mred\u202e", extensions=("basicConstraints=CA:FALSE",))
        done = self.shows("escape.pem", "escape")
        for raw in ("\x1b", "\x07", "\u202e"):
            self.assertNotIn(raw, done.stdout + done.stderr)
        self.assertIn("\\1B]0", done.stdout)

    def test_no_der(self):
        done = self.pinctl(*self.to(self.start(live.no_der), "explain", HOST, "--timeout", "60"), status=3)
        self.assertIn("handshake failed: ", done.stderr)


class FromServer(Live):
    def add(self, *words, status=0, server=None, ca="root.pem"):
        server = server or self.sound()
        return self.pinctl(*self.to(server, "add", HOST, "--from-server", "--ca", ca, *words), status=status)

    def test_each_choice(self):
        for word, setting, certificate in (("leaf", "pins", "server"), ("issuer", "intermediates", "ca"),
                                           ("root", "anchors", "root")):
            self.add("--pin", word, "--yes")
            self.assertEqual(self.hosts()[HOST][setting], [pin_of(f"{certificate}.pem")])
        self.assertEqual(self.json(*self.to(self.sound(), "explain", HOST, "--ca", "root.pem"))["verdict"], "accepted")

    def test_tree_and_warning(self):
        done = self.add("--pin", "leaf", "--yes", "--dry-run")
        for part in ("CN=Test Root\n  root, EC 256, 29 days left\n", "`- CN=Test Issuing CA,O=Example\n",
                     "   `- CN=api.example.com\n", f"pins: {pin_of('server.pem')}\n", "this certificate lives 30 days"):
            self.assertIn(part, done.stderr)
        self.assertEqual(self.snapshot(), {})
        done = self.add("--pin", "leaf", "--yes", "--backup", "spare.pub")
        self.assertNotIn("lives", done.stderr)
        self.assertEqual(self.hosts()[HOST]["backup_pins"], [pin_of("other.pem")])
        # The entry has its backup now.
        self.assertNotIn("lives", self.add("--pin", "leaf", "--yes").stderr)
        self.assertNotIn("lives", self.add("--pin", "issuer", "--yes").stderr)

    def test_unverified(self):
        for word in ("leaf", "issuer", "root"):
            done = self.add("--pin", word, "--yes", ca="other.pem", status=1)
            self.assertIn("did not verify", done.stderr)
        self.assertEqual(self.snapshot(), {})
        done = self.add("--pin", "leaf", "--yes", "--trust-unverified", ca="other.pem")
        self.assertIn("warning: api.example.com: the chain did not verify", done.stderr)
        self.assertEqual(self.hosts()[HOST]["pins"], [pin_of("server.pem")])

    def test_no_such_certificate(self):
        write("alone.pem", read("server.pem"))
        server = self.start(live.tls(live.tls_context("server")))
        for word in ("issuer", "root"):
            done = self.add("--pin", word, "--yes", "--trust-unverified", server=server, status=3)
            self.assertIn(f"the proven chain has no {word}", done.stderr)
        self.assertEqual(self.snapshot(), {})

    def test_usage(self):
        server = self.sound()
        for words in (("add", HOST, "--from-server"), ("add", HOST, "--from-server", "--yes"),
                      ("add", HOST, "--from-server", "--pin", "leaf"), ("add", HOST, "server.pem", "--pin", "leaf"),
                      ("add", "*.example.com", "--from-server", "--pin", "leaf", "--yes"),
                      ("add", HOST, "--from-server", "--pin", "everything", "--yes")):
            self.pinctl(*self.to(server, *words), status=2)
        self.assertEqual(self.snapshot(), {})

    def test_on_a_terminal(self):
        command = (PINCTL, *self.to(self.sound(), "add", HOST, "--from-server", "--ca", path("root.pem")))
        status, output = self.on_terminal(*command, answers=((b"[n]othing? ", b"\n"),))
        self.assertEqual((status, self.snapshot()), (1, {}), output)
        status, output = self.on_terminal(*command, answers=((b"[n]othing? ", b"issuer\n"), (b"[n]o? ", b"n\n")))
        self.assertEqual((status, self.snapshot()), (1, {}), output)
        status, output = self.on_terminal(*command, answers=((b"[n]othing? ", b"i\n"), (b"[n]o? ", b"y\n")))
        self.assertEqual(status, 0, output)
        self.assertEqual(self.hosts()[HOST]["intermediates"], [pin_of("ca.pem")])


if __name__ == "__main__":
    main()
