# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl, pinning.so and pinning-gnutls.so say the same of the same chain: explain, curl that does not verify, an openssl
s_client that ignores what it finds, and a gnutls-cli that does, too, at one server each."""

import os
import subprocess
import tempfile

from live_servers import Server, tls, tls_context
from pinctl_case import CA, EC, PinctlCase, issue, main, openssl_conf, path, pin_of, read, write

MODULE = os.environ["PINNING_MODULE"]
PRELOAD = os.path.join(os.path.dirname(os.path.dirname(MODULE)), "libpinning-preload.so")
HOST = "api.example.com"
NAME = (f"subjectAltName=DNS:{HOST}", "basicConstraints=CA:FALSE")


def rsa(bits):
    return ("-newkey", f"rsa:{bits}")


def chain(name, *authorities):
    """The certificate NAME with those of its authorities behind it."""
    return write(f"{name}-chain.pem", b"".join(read(f"{one}.pem") for one in (name, *authorities)))


class Judges(PinctlCase):
    def pinned(self, certificate, head="", kind="pins"):
        self.write_policy(f'version = 1;\n{head}\nhosts = ( {{ name = "{HOST}"; '
                          f'{kind} = [ "{pin_of(certificate + ".pem")}" ]; }} );\n')

    def blocked(self, certificate):
        self.write_policy(f'version = 1;\nblocked_keys = [ "{pin_of(certificate + ".pem")}" ];\n'
                          f'hosts = ( {{ name = "{HOST}"; pins = [ "{pin_of("server.pem")}" ]; }} );\n')

    def configuration(self):
        with tempfile.NamedTemporaryFile("w", suffix=".cnf", dir=self.folder, delete=False) as file:
            file.write(openssl_conf(MODULE, self.policy))
        return file.name

    def explain(self, server, ca):
        # What a program comes to that asks pinning alone: "allowed" is OpenSSL's verdict too.
        found = self.json("explain", HOST, "--ca", ca, "--connect", f"::127.0.0.1:{server.port}", status=None)
        return found["verdict"] == "accepted"

    def under_provider(self, *command):
        environment = {**self.environment(), "OPENSSL_CONF": self.configuration()}
        done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False, input=b"")
        output = (done.stdout + done.stderr).decode(errors="replace")
        return done.returncode, output

    def curl(self, server, ca):
        status, output = self.under_provider("curl", "-sS", "-k", "--ciphers", "DEFAULT:@SECLEVEL=0", "--cacert", path(ca),
                                             "--connect-to", f"::127.0.0.1:{server.port}", f"https://{HOST}/")
        # The server closes the connection without an answer: nothing of that is the handshake's.
        self.assertIn(status, (35, 52, 56, 60), output)
        return status in (52, 56)

    def s_client(self, server, ca):
        status, output = self.under_provider("openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", HOST,
                                             "-CAfile", path(ca), "-cipher", "DEFAULT:@SECLEVEL=0")
        self.assertEqual(status == 0, "New, TLS" in output and "verdict=refused" not in output, output)
        return status == 0

    def gnutls_cli(self, server, ca):
        # It says yes to what it has found, when its handshake is over.
        environment = {**self.environment(), "LD_PRELOAD": PRELOAD, "PINNING_POLICY": self.policy}
        done = subprocess.run(["gnutls-cli", "--insecure", "--sni-hostname", HOST, "--verify-hostname", HOST, "--x509cafile", path(ca),
                               "--port", str(server.port), "127.0.0.1"], env=environment, capture_output=True, timeout=60,
                              check=False, input=b"")
        output = (done.stdout + done.stderr).decode(errors="replace")
        self.assertNotEqual("Handshake was completed" in output, "Error in the certificate" in output, output)
        return "Handshake was completed" in output

    def agree(self, name, allowed, chain_file=None, ca="root.pem"):
        server = Server(tls(tls_context(name, chain_file or f"{name}-chain.pem")))
        self.addCleanup(server.close)
        said = {judge.__name__: judge(server, ca) for judge in (self.explain, self.curl, self.s_client, self.gnutls_cli)}
        self.assertEqual(said, dict.fromkeys(said, allowed))

    def test_sound(self):
        self.pinned("ca")
        self.agree("server", True, "chain.pem")
        self.agree("swapped", True, "swapped-chain.pem")
        self.pinned("other")
        self.agree("server", False, "chain.pem")

    def test_root_above_a_small_key(self):
        issue("small", "/CN=Small CA", "root", CA, key=rsa(1024))
        issue("below-small", f"/CN={HOST}", "small", NAME)
        chain("below-small", "small", "root")
        for certificate in ("root", "small", "below-small"):
            self.pinned(certificate)
            self.agree("below-small", True)
        self.pinned("root", kind="anchors")
        self.agree("below-small", True)
        self.pinned("other")
        self.agree("below-small", False)

    def test_unknown_root(self):
        self.pinned("ca")
        self.agree("server", True, "chain.pem", ca="server.pem")
        self.pinned("root")
        self.agree("server", False, "chain.pem", ca="server.pem")

    def test_no_authority(self):
        issue("leafy", "/CN=Leafy", "root", ("basicConstraints=critical,CA:FALSE",))
        issue("below-leafy", f"/CN={HOST}", "leafy", NAME)
        chain("below-leafy", "leafy")
        for certificate in ("leafy", "root"):
            self.pinned(certificate)
            self.agree("below-leafy", False)

    def test_path_length(self):
        issue("short", "/CN=Short CA", "root", ("basicConstraints=critical,CA:TRUE,pathlen:0",))
        issue("long", "/CN=Long CA", "short", CA)
        issue("below-long", f"/CN={HOST}", "long", NAME)
        chain("below-long", "long", "short")
        self.pinned("long")
        self.agree("below-long", True)
        for certificate in ("short", "root"):
            self.pinned(certificate)
            self.agree("below-long", False)

    def test_name_constraints(self):
        issue("bound", "/CN=Bound CA", "root", (*CA, "nameConstraints=critical,permitted;DNS:elsewhere.example.com"))
        issue("below-bound", f"/CN={HOST}", "bound", NAME)
        chain("below-bound", "bound", "root")
        for certificate in ("bound", "root"):
            self.pinned(certificate)
            self.agree("below-bound", False)
        self.pinned("root", kind="anchors")
        self.agree("below-bound", False)
        self.pinned("below-bound")
        self.agree("below-bound", True)
        self.pinned("other")
        self.agree("below-bound", False)

    def test_other_name(self):
        issue("elsewhere", "/CN=elsewhere.example.com", "ca", ("subjectAltName=DNS:elsewhere.example.com",))
        chain("elsewhere", "ca")
        self.pinned("ca")
        self.agree("elsewhere", False)
        self.pinned("elsewhere")
        self.agree("elsewhere", True)

    def test_stuffed(self):
        self.pinned("other")
        write("stuffed-chain.pem", read("server.pem") + read("ca.pem") + read("other.pem"))
        self.agree("server", False, "stuffed-chain.pem")

    def test_large_key(self):
        issue("large", "/CN=Large CA", "root", CA, key=(*rsa(8200), "-pkeyopt", "rsa_keygen_primes:5"))
        issue("below-large", f"/CN={HOST}", "large", NAME)
        chain("below-large", "large")
        self.pinned("root")
        self.agree("below-large", False, ca="server.pem")
        self.pinned("large")
        self.agree("below-large", False, ca="server.pem")
        self.pinned("below-large")
        self.agree("below-large", True, ca="server.pem")

    def test_blocked_behind_a_crowd(self):
        issue("stranger", "/CN=Stranger", extensions=CA, key=EC)
        write("crowd-chain.pem", read("server.pem") + 110 * read("stranger.pem") + read("ca.pem"))
        self.blocked("ca")
        self.agree("server", False, "crowd-chain.pem", ca="server.pem")
        self.agree("server", False, "chain.pem", ca="server.pem")
        self.blocked("other")
        self.agree("server", True, "chain.pem", ca="server.pem")


if __name__ == "__main__":
    main()
