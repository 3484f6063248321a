#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
Tests GnuTLS as the system has it, under the shim: what libgnutls must look like, wget and gnutls-cli against servers that
need more than one flight, odd keys, privileged programs, and a process that also uses OpenSSL.

    system_test.py --preload FILE [TEST...]"""

import argparse
import base64
import contextlib
import hashlib
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from loopback import Server  # noqa: E402

HOST = "pinned.test.example"
EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
PSS = ("-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_pss_keygen_md:sha256",
       "-pkeyopt", "rsa_pss_keygen_mgf1_md:sha256", "-pkeyopt", "rsa_pss_keygen_saltlen:32")
# A client of both libraries: Python's ssl, and libgnutls by ctypes, opened locally.
BOTH = """
import ctypes, socket, ssl, sys
host, port = sys.argv[1], int(sys.argv[2])
context = ssl._create_unverified_context()
def openssl():
    try:
        context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname=host).send(b"GET")
        return "openssl connected"
    except ssl.SSLError:
        return "openssl refused"
def gnutls():
    library = ctypes.CDLL("libgnutls.so.30", mode=0)
    session, credentials = ctypes.c_void_p(), ctypes.c_void_p()
    plain = socket.create_connection(("127.0.0.1", port))
    library.gnutls_init(ctypes.byref(session), 2)
    library.gnutls_certificate_allocate_credentials(ctypes.byref(credentials))
    library.gnutls_set_default_priority(session)
    library.gnutls_credentials_set(session, 1, credentials)
    library.gnutls_server_name_set(session, 1, host.encode(), len(host))
    library.gnutls_transport_set_int2(session, plain.fileno(), plain.fileno())
    result = library.gnutls_handshake(session)
    return {0: "gnutls connected", -43: "gnutls refused"}.get(result, f"gnutls {result}")
order = (openssl, gnutls) if sys.argv[3] == "openssl" else (gnutls, openssl)
print(*(one() for one in order), sep=", ")
"""


def openssl(*words):
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, check=True).stdout


class CountingServer(Server):
    """Counts the connections that brought data."""

    def __init__(self, certificate, key, curve=None):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        if curve:
            self.context.set_ecdh_curve(curve)
        self.with_data = 0
        super().__init__(self.answer)

    def answer(self, plain):
        with plain, self.context.wrap_socket(plain, server_side=True) as secure:
            if secure.recv(4096):
                self.with_data += 1
                secure.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
                secure.unwrap()


class System(unittest.TestCase):
    preload = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gnutls-system-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)
        self.policy = self.folder / "policy.cfg"

    def certificate(self, name, key=EC):
        openssl("req", "-x509", *key, "-nodes", "-subj", f"/CN={name}", "-days", "30", "-addext", f"subjectAltName=DNS:{HOST}",
                "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem")

    def pin(self, name):
        """The pin of the key's bytes as they are in the certificate, not encoded again."""
        pem = openssl("x509", "-in", self.folder / f"{name}.pem", "-noout", "-pubkey").decode()
        der = base64.b64decode("".join(pem.splitlines()[1:-1]))
        return base64.b64encode(hashlib.sha256(der).digest()).decode()

    def cover(self, name, path=None):
        (path or self.policy).write_text(f'version = 1;\nhosts = ( {{ name = "{HOST}"; '
                                         f'pins = [ "sha256/{self.pin(name)}" ]; }} );\n')

    def server(self, name, curve=None):
        server = CountingServer(self.folder / f"{name}.pem", self.folder / f"{name}.key", curve)
        self.addCleanup(server.close)
        return server

    def environment(self, shim=True):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PINNING_", "OPENSSL_"))}
        environment.update(LC_ALL="C", PINNING_POLICY=str(self.policy), PINNING_DEBUG="1", OPENSSL_CONF="/dev/null")
        if shim:
            environment["LD_PRELOAD"] = self.preload
        return environment

    def run_words(self, *words, shim=True, data=b"", before=()):
        done = subprocess.run([*map(str, before), *map(str, words)], env=self.environment(shim), input=data, capture_output=True,
                              check=False, timeout=60)
        return done.returncode, (done.stdout + done.stderr).decode(errors="replace")

    def client(self, port, *words, **options):
        """The exit status and output of gnutls-cli, which does not verify."""
        return self.run_words("gnutls-cli", "--insecure", f"--sni-hostname={HOST}", f"--port={port}", *words, "127.0.0.1",
                              data=b"GET / HTTP/1.0\r\n\r\n", **options)

    def assert_enforced(self, right, wrong, *words):
        """With the key of `right` pinned, its server gets data, and the server `wrong` gets none."""
        self.assertIn("200 OK", self.client(right.port, *words)[1])
        self.assertEqual(right.with_data, 1)
        status, said = self.client(wrong.port, *words)
        self.assertNotEqual(status, 0)
        self.assertIn("verdict=refused reason=no-pin", said)
        self.assertEqual(wrong.with_data, 0)
        self.assertIn("200 OK", self.client(wrong.port, *words, shim=False)[1])
        self.assertEqual(wrong.with_data, 1)

    def test_link_of_the_library(self):
        """libgnutls calls this function through its own PLT, so the shim sees each session; it also replaces gnutls_init."""
        library = next(line.split()[2] for line in subprocess.run(
            ["ldd", shutil.which("gnutls-cli")], capture_output=True, check=True, text=True).stdout.splitlines()
            if "libgnutls.so" in line)
        relocations = subprocess.run(["readelf", "-rW", library], capture_output=True, check=True, text=True).stdout
        self.assertTrue([line for line in relocations.splitlines()
                         if "JUMP_SLO" in line and "gnutls_handshake_set_max_packet_length" in line], library)
        ours = subprocess.run(["readelf", "--dyn-syms", "-W", self.preload], capture_output=True, check=True, text=True).stdout
        for name in ("gnutls_init", "gnutls_handshake_set_max_packet_length"):
            self.assertRegex(ours, rf"(?m)^.* FUNC +GLOBAL +DEFAULT +[0-9]+ {name}$")

    def test_hello_retry_request(self):
        """The server wants a group for which the first ClientHello had no key share."""
        for name in ("right", "wrong"):
            self.certificate(name)
        self.cover("right")
        self.assert_enforced(self.server("right", "secp521r1"), self.server("wrong", "secp521r1"),
                             "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.3")

    def test_parameters_of_a_key(self):
        """GnuTLS's key id encodes an RSA-PSS key again and drops its parameters in the certificate."""
        self.certificate("right", PSS)
        self.certificate("wrong", PSS)
        self.cover("right")
        self.assert_enforced(self.server("right"), self.server("wrong"))

    def test_second_handshake(self):
        """The client asks for another handshake in TLS 1.2."""
        for name in ("right", "wrong"):
            self.certificate(name)
        self.cover("right")
        words = ("--rehandshake", "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.2")
        for name in ("right", "wrong"):
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            with subprocess.Popen(["gnutls-serv", "--quiet", "--echo", f"--port={port}", f"--x509certfile={self.folder}/{name}.pem",
                                   f"--x509keyfile={self.folder}/{name}.key"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as served:
                try:
                    self.wait_for(port)
                    _, said = self.client(port, *words)
                finally:
                    served.kill()
            if name == "right":
                self.assertIn("ReHandshake was completed", said)
                self.assertNotIn("verdict=refused", said)
            else:
                self.assertIn("verdict=refused", said)
                self.assertNotIn("Handshake was completed", said)

    @staticmethod
    def wait_for(port):
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            threading.Event().wait(0.05)

    @contextlib.contextmanager
    def quic_server(self, name):
        """Yields the port, and a function that counts what came since its last call: stream frames, early data packets."""
        log = self.folder / "quic.log"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with open(log, "wb") as output, subprocess.Popen(
                ["stdbuf", "-oL", "gtlsserver", "--htdocs", self.folder, "127.0.0.1", str(port), self.folder / f"{name}.key",
                 self.folder / f"{name}.pem"], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT) as served:
            seen = 0

            def received():
                nonlocal seen
                lines = log.read_text(errors="replace").splitlines()
                new, seen = lines[seen:], len(lines)
                return (sum(" frm rx " in line and " STREAM(" in line for line in new),
                        sum(" pkt rx " in line and "type=0RTT" in line for line in new))
            try:
                yield port, received
            finally:
                served.kill()

    def quic_client(self, port, **options):
        return self.run_words("gtlsclient", "--exit-on-all-streams-close", f"--session-file={self.folder}/session",
                              f"--tp-file={self.folder}/parameters", HOST, port, f"https://{HOST}:{port}/index.html", **options)[1]

    @unittest.skipUnless(shutil.which("gtlsclient"), "Debian unstable has no ngtcp2-client")
    def test_quic(self):
        """ngtcp2 gets its keys by functions of its own. A session from before the policy brings no early data."""
        for name in ("right", "wrong"):
            self.certificate(name)
        self.cover("right")
        (self.folder / "index.html").write_text("text")
        (self.folder / "hosts").write_text(f"127.0.0.1 localhost {HOST}\n")
        names = ["unshare", "--mount", "sh", "-c", f"mount --bind {self.folder}/hosts /etc/hosts && exec \"$@\"", "sh"]
        if subprocess.run([*names, "true"], check=False, capture_output=True).returncode:
            self.skipTest("no mount namespaces")
        for name in ("right", "wrong"):
            with self.quic_server(name) as (port, received):
                for again, shim in enumerate((False, False, True)):
                    said = self.quic_client(port, before=names, shim=shim)
                    streams, early = received()
                    if shim and name == "wrong":
                        self.assertIn("verdict=refused reason=no-pin", said)
                        self.assertEqual((streams, early), (0, 0))
                    else:
                        self.assertNotIn("verdict=refused", said)
                        self.assertNotEqual(streams, 0, said)
                        self.assertEqual(early > 0, again == 1, said)
            for file in ("session", "parameters"):
                (self.folder / file).unlink()

    def test_both_libraries(self):
        """One process uses both libraries, in either order."""
        for name in ("right", "wrong"):
            self.certificate(name)
        self.cover("right")
        right, wrong = self.server("right"), self.server("wrong")
        for first, second in (("openssl", "gnutls"), ("gnutls", "openssl")):
            for port, word in ((right.port, "connected"), (wrong.port, "refused")):
                _, said = self.run_words("/usr/bin/python3", "-c", BOTH, HOST, port, first)
                self.assertIn(f"{first} {word}, {second} {word}", said)
        self.assertEqual(wrong.with_data, 0)

    @unittest.skipIf(os.geteuid() != 0, "only root makes a program that is set-user-ID root")
    def test_privileged(self):
        """A set-user-ID program ignores LD_PRELOAD, as documented, but not /etc/ld.so.preload."""
        for name in ("right", "wrong"):
            self.certificate(name)
        wrong, etc = self.server("wrong"), self.folder / "etc"
        subprocess.run(["cp", "-a", "/etc/.", etc], check=True)
        (etc / "pinning").mkdir(exist_ok=True)
        self.cover("right", etc / "pinning/policy.cfg")
        shutil.copy(etc / "pinning/policy.cfg", self.policy)
        (etc / "ld.so.preload").write_text("")
        (etc / "hosts").write_text(f"127.0.0.1 localhost {HOST}\n")
        # The user who runs the program needs access to the libraries.
        shutil.copytree(pathlib.Path(self.preload).parent, self.folder / "lib", symlinks=True)
        program = self.folder / "wget"
        shutil.copy(shutil.which("wget"), program)
        program.chmod(0o4755)
        words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "--no-config", "--no-hsts",
                 "--tries=1", "--no-verbose", "--output-document=/dev/null", "--no-check-certificate", f"https://{HOST}:{wrong.port}/"]
        mounted = ["unshare", "--mount", "sh", "-c", f"mount --bind {etc} /etc && exec \"$@\"", "sh"]
        if subprocess.run([*mounted, "true"], check=False, capture_output=True).returncode:
            self.skipTest("no mount namespaces")
        self.assertEqual(self.run_words(*words, shim=False, before=[*mounted, "env", f"LD_PRELOAD={self.folder}/lib/"
                                        + os.path.basename(self.preload)])[0], 0)
        self.assertEqual(wrong.with_data, 1)
        (etc / "ld.so.preload").write_text(f"{self.folder}/lib/{os.path.basename(self.preload)}\n")
        status, said = self.run_words(*words, shim=False, before=mounted)
        self.assertEqual((status, wrong.with_data), (4, 1), said)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--preload", required=True, type=os.path.abspath)
    options, rest = parser.parse_known_args()
    System.preload = options.preload
    unittest.main(argv=[sys.argv[0], *rest])
