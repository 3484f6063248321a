# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl pin: every kind of input, and every kind of damage."""

import os

from pinctl_case import EC, PINCTL, PinctlCase, fingerprint_of, issue, main, openssl, path, pin_of, read, write


class Accepts(PinctlCase):
    def pins(self, *words, **options):
        return [entry["pin"] for entry in self.json("pin", *words, **options)]

    def test_chain_with_roles(self):
        found = self.json("pin", "chain.pem", "root.pem")
        self.assertEqual([entry["role"] for entry in found], ["leaf", "intermediate", "root"])
        self.assertEqual([entry["pin"] for entry in found], [pin_of(f"{n}.pem") for n in ("server", "ca", "root")])
        self.assertEqual(found[0]["subject"], "CN=api.example.com")
        self.assertEqual(found[0]["fingerprint"], fingerprint_of("server.pem"))
        self.assertEqual([entry["file"] for entry in found], ["chain.pem", "chain.pem", "root.pem"])

    def test_text_has_all_of_it(self):
        text = self.pinctl("pin", "chain.pem").stdout
        self.assertEqual(text, f"leaf          CN=api.example.com\n{'':14}{pin_of('server.pem')}\n"
                               f"intermediate  CN=Test Issuing CA,O=Example\n{'':14}{pin_of('ca.pem')}\n")

    def test_one_key_in_every_form(self):
        """Certificate, request, public and private key of one key pair have one pin."""
        openssl("req", "-new", "-key", "server.key", "-subj", "/CN=x", "-out", "server.csr")
        forms = {
            "server.csr": "CSR", "server.key": "key", "server.pem": "leaf",
            write("server.pub", openssl("pkey", "-in", "server.key", "-pubout")): "public key",
            write("pub.der", openssl("pkey", "-in", "server.key", "-pubout", "-outform", "der")): "public key",
            write("key.der", openssl("pkey", "-in", "server.key", "-outform", "der")): "key",
            write("csr.der", openssl("req", "-in", "server.csr", "-outform", "der")): "CSR",
            write("cert.der", openssl("x509", "-in", "server.pem", "-outform", "der")): "leaf",
            write("old.key", openssl("pkey", "-in", "server.key", "-traditional")): "key",
            write("trusted.pem", openssl("x509", "-in", "server.pem", "-trustout")): "leaf",
        }
        for file, role in forms.items():
            with self.subTest(file):
                (found,) = self.json("pin", file)
                self.assertEqual((found["role"], found["pin"]), (role, pin_of("server.pem")))

    def test_kinds_of_keys(self):
        for name, kind, shown in (("rsa", ("-newkey", "rsa:2048"), "RSA 2048"),
                                  ("ed", ("-newkey", "ed25519"), "ED25519"), ("ec", EC, "EC 256")):
            issue(name, f"/CN={name}", key=kind, extensions=("basicConstraints=CA:FALSE",))
            (found,) = self.json("pin", f"{name}.pem")
            self.assertEqual((found["pin"], found["key_type"]), (pin_of(f"{name}.pem"), shown))

    def test_bare_rsa_public_keys(self):
        """PKCS#1 holds the key alone; its pin is that of the SubjectPublicKeyInfo all the same."""
        issue("rsa", "/CN=rsa", key=("-newkey", "rsa:2048"))
        for form in ("pem", "der"):
            write(f"bare.{form}", openssl("rsa", "-in", "rsa.key", "-RSAPublicKey_out", "-outform", form))
            (found,) = self.json("pin", f"bare.{form}")
            self.assertEqual((found["role"], found["pin"]), ("public key", pin_of("rsa.pem")))

    def test_wrapped_certificates_are_named(self):
        for name, data, words in (
                ("bundle.pem", openssl("crl2pkcs7", "-nocrl", "-certfile", "chain.pem"), "openssl pkcs7"),
                ("bundle.der", openssl("crl2pkcs7", "-nocrl", "-certfile", "chain.pem", "-outform", "der"), "openssl pkcs7"),
                ("bundle.p12",
                 openssl("pkcs12", "-export", "-nokeys", "-in", "chain.pem", "-passout", "pass:"), "openssl pkcs12"),
                ("ssh", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "OpenSSH")):
            with self.subTest(name):
                done = self.pinctl("pin", write(name, data), status=3)
                self.assertEqual(done.stdout, "")
                self.assertIn(words, done.stderr)
                self.assertNotIn("damaged", done.stderr)

    def test_keys_of_one_type_differ(self):
        """A digest over too few bytes would make all keys of one type equal."""
        for kind in (("-newkey", "rsa:2048"), EC):
            issue("one", "/CN=same", key=kind)
            issue("two", "/CN=same", key=kind)
            one, two = self.pins("one.pem", "two.pem")
            self.assertNotEqual(one, two)

    def test_standard_input(self):
        for words in ((), ("-",)):
            (found,) = self.json("pin", *words, data=read("server.pem"))
            self.assertEqual(found["pin"], pin_of("server.pem"))

    def test_text_and_parameters_between_blocks(self):
        parameters = openssl("ecparam", "-name", "prime256v1")
        write("mixed.pem", b"Bag Attributes\n  name: x\n" + read("server.pem") + b"and\n" + parameters + read("ca.key"))
        done = self.pinctl("pin", "mixed.pem")
        self.assertIn(pin_of("ca.pem"), done.stdout)
        self.assertEqual(done.stderr, "")

    def test_names_several_files(self):
        self.assertIn("chain.pem:\n", self.pinctl("pin", "chain.pem", "root.pem").stdout)
        self.assertNotIn("chain.pem:", self.pinctl("pin", "chain.pem").stdout)


class Refuses(PinctlCase):
    def refused(self, data, expected, status=3):
        write("damaged", data)
        done = self.pinctl("pin", "damaged", status=status)
        self.assertEqual(done.stdout, "")
        self.assertIn("damaged: ", done.stderr)
        self.assertIn(expected, done.stderr)

    def test_damaged_pem(self):
        pem = read("server.pem")
        body = pem.split(b"\n")
        self.refused(pem[:300], "expected whole PEM blocks")
        self.refused(pem.replace(b"-----END CERTIFICATE-----\n", b""), "expected whole PEM blocks")
        self.refused(pem.replace(b"-----BEGIN CERT", b"----BEGIN CERT"), "expected whole PEM blocks")
        self.refused(pem.replace(body[3], b"!" + body[3][1:]), "expected whole PEM blocks")
        self.refused(b"\n".join([body[0], *body[2:]]), "a whole DER certificate")

    def test_damage_after_a_good_block_prints_nothing(self):
        self.refused(read("server.pem") + read("ca.pem")[:200], "expected whole PEM blocks")
        self.refused(read("server.pem") + read("ca.key").replace(b"\nM", b"\nN", 1), "private key")
        spoilt = openssl("pkey", "-in", "ca.key", "-pubout").replace(b"\nM", b"\nN", 1)
        self.refused(read("server.pem") + spoilt, "a public key")

    def test_damaged_der(self):
        der = openssl("x509", "-in", "server.pem", "-outform", "der")
        for data in (der[:-1], der + b"\0", der[1:], b"\x30\x03\x02\x01\x01", os.urandom(64)):
            self.refused(data, "expected a certificate")
        key = openssl("pkey", "-in", "server.key", "-outform", "der")
        self.refused(key + b"\0", "expected a certificate")

    def test_nothing_in_it(self):
        self.refused(b"", "expected a certificate")
        self.refused(b"hello\n", "expected a certificate")
        self.refused(openssl("ecparam", "-name", "prime256v1"), "expected a certificate")

    def test_options_about_servers_need_one(self):
        for option in (("--ca", "root.pem"), ("--starttls", "smtp"), ("--connect", "::127.0.0.1:1"), ("--timeout", "3")):
            for files in (("server.pem",), ("server.pem", "ca.pem"), ("-",), ()):
                done = self.pinctl("pin", *files, *option, status=2, data=b"")
                self.assertIn("need a server", done.stderr)
                self.assertEqual(done.stdout, "")

    def test_files_that_cannot_be_read(self):
        self.assertIn("absent.pem: No such file", self.pinctl("pin", "absent.pem", status=3).stderr)
        self.assertIn("Is a directory", self.pinctl("pin", ".", status=3).stderr)

    def test_one_bad_file_among_good_ones(self):
        write("damaged", read("server.pem")[:100])
        done = self.pinctl("pin", "damaged", "root.pem", status=3)
        self.assertIn(pin_of("root.pem"), done.stdout)
        self.assertNotIn("leaf", done.stdout)


class EncryptedKeys(PinctlCase):
    def setUp(self):
        super().setUp()
        openssl("pkey", "-in", "server.key", "-aes128", "-passout", "pass:secret", "-out", "secret.key")

    def test_no_terminal(self):
        for words, data in ((("secret.key",), None), (("-",), read("secret.key"))):
            done = self.pinctl("pin", *words, data=data, status=3)
            self.assertIn("encrypted, and there is no terminal", done.stderr)
            self.assertEqual(done.stdout, "")

    def answer(self, passphrase):
        """The key comes on standard input, the passphrase from the terminal."""
        return self.on_terminal(PINCTL, "pin", "-", data=path("secret.key"),
                                answers=[(b"Passphrase:", passphrase + b"\n")])

    def test_right_passphrase(self):
        status, output = self.answer(b"secret")
        self.assertEqual(status, 0, output)
        self.assertIn("the private key is encrypted", output)
        self.assertIn(pin_of("server.pem"), output)
        self.assertNotIn("secret\r\n", output)

    def test_wrong_passphrase(self):
        status, output = self.answer(b"guess")
        self.assertEqual(status, 3, output)
        self.assertIn("cannot be decrypted", output)
        self.assertNotIn("sha256/", output)


if __name__ == "__main__":
    main()
