# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl speaks to servers with the providers of the machine's openssl.cnf, but never with pinning itself."""

import os

import live_servers as live
from pinctl_case import CA, PinctlCase, issue, main, openssl, pin_of, write

HOST = "api.example.com"
MODULE = os.environ["PINNING_MODULE"]
DIGEST_PROVIDER = os.environ["PINNING_DIGEST_PROVIDER"]


class Providers(PinctlCase):
    def setUp(self):
        super().setUp()
        # Signed with a digest that only the provider "legacy" has.
        issue("roots", "/CN=Old Root", extensions=CA, key=("-newkey", "rsa:2048"))
        write("old.csr", openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "old.key", "-subj", f"/CN={HOST}"))
        write("old.ext", f"subjectAltName=DNS:{HOST}\nbasicConstraints=CA:FALSE\n")
        write("old.pem", openssl("x509", "-req", "-in", "old.csr", "-CA", "roots.pem", "-CAkey", "roots.key", "-md4",
                                 "-extfile", "old.ext", "-days", "30", "-provider", "legacy", "-provider", "default"))
        self.assertIn(b"md4WithRSA", openssl("x509", "-in", "old.pem", "-noout", "-text"))
        self.write_policy(f'version = 1; hosts = ( {{ name = "{HOST}"; pins = [ "{pin_of("roots.pem")}" ]; }} );\n')
        server = live.Server(live.tls(live.tls_context("old")))
        self.addCleanup(server.close)
        self.words = ("monitor", "--no-history", "--warning", "10", "--ca", "roots.pem", "--connect", f"::127.0.0.1:{server.port}")

    def found(self, providers, **more):
        """What is found under a configuration with these lines about providers."""
        configuration = self.write_policy("openssl_conf = init\n[init]\nproviders = list\nssl_conf = ssl\n[ssl]\n"
                                          "system_default = narrow\n[narrow]\nMinProtocol = TLSv1.3\nMaxProtocol = TLSv1.2\n"
                                          "[list]\n" + providers, "openssl.cnf")
        environment = {"OPENSSL_CONF": configuration, **more}
        (host,) = self.json(*self.words, status=1, environment=environment)["hosts"]
        return host

    def test_legacy(self):
        """The root's key counts only where its signature can be verified."""
        default, legacy = "default = d\n[d]\nactivate = 1\n", "legacy = l\n[l]\nactivate = 1\n"
        both = "default = d\nlegacy = l\n[d]\nactivate = 1\n[l]\n"
        without = self.found(default)
        self.assertEqual((without["seen"], without["verdict"]), (True, "refused"))
        self.assertEqual(self.found(both + "activate = 1\n")["verdict"], "accepted")
        # Named, but not activated; and without "default", which pinctl needs itself.
        self.assertEqual(self.found(both + "identity = legacy\n")["verdict"], "refused")
        self.assertEqual(self.found(legacy)["verdict"], "accepted")
        # What stands behind one that cannot be loaded.
        self.assertEqual(self.found("absent = a\n" + legacy + "[a]\nmodule = /absent.so\nactivate = 1\n")["verdict"], "accepted")

    def test_whatever_a_provider_claims(self):
        """One that has an algorithm of its own under a usual name does not come first."""
        found = self.found(f"claiming = c\nlegacy = l\n[c]\nmodule = {DIGEST_PROVIDER}\nactivate = 1\n[l]\nactivate = 1\n")
        self.assertEqual([key["pin"] for key in found["keys"]], [pin_of("old.pem"), pin_of("roots.pem")])

    def test_pinning_itself_is_left_out(self):
        refusing = self.write_policy(f'version = 1; hosts = ( {{ name = "{HOST}"; pins = [ "{pin_of("other.pem")}" ]; }} );\n', "other.cfg")
        for name, section in (("pinning", f"module = {MODULE}"), ("mine", f"identity = pinning\nmodule = {MODULE}"),
                              ("mine", f"module = {MODULE}"), ("1.pinning", f"module = {MODULE}")):
            with self.subTest((name, section)):
                lines = f"{name} = p\nlegacy = l\n[p]\n{section}\npolicy = {refusing}\nactivate = 1\n[l]\nactivate = 1\n"
                self.assertEqual(self.found(lines)["verdict"], "accepted")
                traced = self.pinctl(*self.words, status=1, environment={"OPENSSL_CONF": os.path.join(self.folder, "openssl.cnf"),
                                                               "LD_DEBUG": "files"})
                self.assertIn("legacy.so", traced.stderr)
                self.assertNotIn("pinning.so [0];  dynamically loaded", traced.stderr)
                self.assertNotIn("file=" + MODULE, traced.stderr)

    def test_a_broken_configuration(self):
        """Servers are looked at nevertheless."""
        for text in ("[", "openssl_conf = absent\n", "openssl_conf = i\n[i]\nproviders = absent\n",
                     "openssl_conf = i\n[i]\nproviders = l\n[l]\nx = $absent\n",
                     "openssl_conf = i\n[i]\nproviders = l\n[l]\nx = s\n[s]\nmodule = /etc/passwd\nactivate = 1\n"):
            configuration = self.write_policy(text, "broken.cnf")
            (host,) = self.json(*self.words, status=1, environment={"OPENSSL_CONF": configuration})["hosts"]
            self.assertEqual((host["seen"], host["verdict"]), (True, "refused"), text)


if __name__ == "__main__":
    main()
