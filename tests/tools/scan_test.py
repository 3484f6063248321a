# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl scan over a zoo of servers, each with its own faults: a table of findings, none missed and none invented."""

import os
import ssl
import time

import live_servers as live
from pinctl_case import CA, EC, issue, main, openssl, path, pin_of, read, write
from scan_case import GCM, GOOD, HELLO2, HELLO3, LEAF, PORT, RESPONDER, RSA, RSA_GCM, Scan, Servers, dated, host_of, leaf, response, shown

MUST_STAPLE = "tlsfeature=status_request"


def make_zoo_certificates():
    issue("rsaca", "/CN=RSA CA", "root", CA, RSA)
    issue("sub", "/CN=Below", "ca", CA)
    issue("deep", "/CN=Deep", "sub", CA)
    leaf("good")
    leaf("rsa", key=RSA)
    leaf("small", key=("-newkey", "rsa:1024"))
    leaf("sha1", key=(*EC, "-sha1"))
    leaf("alone", chain=())
    leaf("order", issuer="sub", chain=("ca", "sub"))
    leaf("needless", chain=("ca", "other"))
    leaf("rooted", chain=("ca", "root"))
    leaf("double")
    shown("double", "double", "ca")
    leaf("long", issuer="deep", chain=("deep", "sub", "ca"))
    leaf("misnamed", san="elsewhere.example")
    leaf("star", san="*.zoo.example")
    dated("expired", "-days", "-1")
    dated("soon", "-days", "5")
    dated("life", "-days", "900")
    issue("selfmade", "/CN=selfmade", None, (f"subjectAltName=DNS:{host_of('selfmade')}", LEAF))
    shown("selfmade")
    leaf("unstapled", RESPONDER)
    leaf("must", MUST_STAPLE)
    for name in ("stapled", "old", "revoked", "foreign"):
        leaf(name, RESPONDER, MUST_STAPLE, issuer="rsaca")
    response("stapled", "stapled")
    response("old", "old", old=True)
    response("revoked", "revoked", revoked=True)
    response("foreign", "stapled")
    leaf("forged", RESPONDER, issuer="rsaca")
    response("forged", "forged")
    write("forged.der", read("forged.der")[:-1] + bytes([read("forged.der")[-1] ^ 1]))
    write("dh1024.pem", openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "dh_rfc5114:1"))
    write("dh1536.pem", openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:modp_1536"))


def server(*words, name=None):
    """How a server is started, and whose certificate it has, where it is not its own."""
    return words, name


def suites(*names):
    return "-serverpref", "-cipher", ":".join(names) + ":@SECLEVEL=0"


WITH_RSA = {"name": "rsa"}

# A host, its server, and all that is to be found.
ZOO = {
    "good": (server(*GOOD), []),
    "tls10": (server("-tls1", *suites("ECDHE+AES")), ["cbc", "no-aead", "no-tls13", "tls10"]),
    "tls11": (server("-tls1_1", *suites("ECDHE+AES")), ["cbc", "no-aead", "no-tls13", "tls11"]),
    "every": (server("-min_protocol", "TLSv1", *suites(GCM, "ECDHE-ECDSA-AES128-SHA")), ["cbc", "tls10", "tls11"]),
    "tls12": (server("-tls1_2", *GOOD), ["no-tls13"]),
    "tls13": (server("-tls1_3"), []),
    "null": (server("-min_protocol", "TLSv1.2", *suites(GCM, "ECDHE-ECDSA-NULL-SHA")), ["null-cipher"]),
    "anonymous": (server("-min_protocol", "TLSv1.2", *suites(GCM, "AECDH-AES256-SHA")), ["anonymous", "cbc"]),
    "static": (server("-min_protocol", "TLSv1.2", *suites(RSA_GCM, "AES128-GCM-SHA256"), **WITH_RSA), ["static-rsa"]),
    "cbc": (server("-tls1_2", "-serverpref", "-cipher", "ECDHE-ECDSA-AES128-SHA256"), ["cbc", "no-aead", "no-tls13"]),
    "tinydh": (server("-min_protocol", "TLSv1.2", *suites("DHE-RSA-AES128-GCM-SHA256"), "-dhparam", "dh1024.pem", **WITH_RSA), ["tiny-dh"]),
    "weakdh": (server("-min_protocol", "TLSv1.2", *suites("DHE-RSA-AES128-GCM-SHA256"), "-dhparam", "dh1536.pem", **WITH_RSA), ["weak-dh"]),
    "group": (server("-tls1_2", *suites(RSA_GCM), "-groups", "P-256:P-224", "-sigalgs", "RSA+SHA256", **WITH_RSA), ["no-tls13", "weak-group"]),
    "sha1sign": (server("-tls1_2", *suites(RSA_GCM), "-sigalgs", "RSA+SHA256:RSA+SHA1", **WITH_RSA),
                 ["no-tls13", "sha1-handshake"]),
    "client": (server("-cipher", "ECDHE+AESGCM"), ["client-order"]),
    "small": (server("-min_protocol", "TLSv1.2", *suites("ECDHE+AESGCM")), ["weak-key"]),
    "sha1": (server("-min_protocol", "TLSv1.2", *suites("ECDHE+AESGCM")), ["weak-signature"]),
    "alone": (server(*GOOD), ["chain-incomplete"]),
    "order": (server(*GOOD), ["chain-order"]),
    "needless": (server(*GOOD), ["chain-needless"]),
    "rooted": (server(*GOOD), ["chain-needless"]),
    "double": (server(*GOOD), ["chain-needless"]),
    "long": (server(*GOOD), ["chain-long"]),
    "misnamed": (server(*GOOD), ["wrong-name"]),
    "star": (server(*GOOD), ["wildcard"]),
    "expired": (server(*GOOD), ["expired"]),
    "soon": (server(*GOOD), ["expires-soon"]),
    "life": (server(*GOOD), ["long-life"]),
    "selfmade": (server(*GOOD), ["not-trusted"]),
    "unstapled": (server(*GOOD), ["no-staple"]),
    "must": (server(*GOOD), ["must-staple"]),
    "stapled": (server(*GOOD, "-status_file", "stapled.der"), []),
    "old": (server(*GOOD, "-status_file", "old.der"), ["staple-old"]),
    "revoked": (server(*GOOD, "-status_file", "revoked.der"), ["revoked"]),
    "foreign": (server(*GOOD, "-status_file", "foreign.der"), ["staple-wrong"]),
    "forged": (server(*GOOD, "-status_file", "forged.der"), ["staple-wrong"]),
}


class Zoo(Scan):
    @classmethod
    def setUpClass(cls):
        cls.servers = Servers()
        cls.addClassCleanup(cls.servers.close)
        make_zoo_certificates()
        for name, ((words, certificate), _) in ZOO.items():
            own = name
            if certificate or not os.path.exists(path(f"{name}.key")):
                leaf(f"{name}-own", san=host_of(name), key=RSA if certificate == "rsa" else EC)
                own = f"{name}-own"
            cls.servers.start(name, words, own)
        cls.servers.wait()

    def test_findings(self):
        ports = {(host_of(name), PORT): port for name, port in self.servers.ports.items()}
        begun = time.monotonic()
        found = self.scanned(ports)
        seconds = time.monotonic() - begun
        self.assertEqual({name: self.codes(found[host_of(name), PORT]) for name in ZOO},
                         {name: sorted(expected) for name, (_, expected) in ZOO.items()})
        self.assertEqual([host["error"] for host in found.values() if host["error"]], [])
        self.assertTrue(all(host["complete"] for host in found.values()))
        connections = sum(host["connections"] for host in found.values())
        print(f"{len(found)} servers, {connections} connections, {seconds:.1f} s")

    def one(self, name, *more, status=0, **options):
        ports = {(host_of(name), PORT): self.servers.ports[name]}
        return self.scanned(ports, *more, status=status, **options)[host_of(name), PORT]

    def test_suites_and_their_order(self):
        every = self.one("every", status=1)
        versions = {version["version"]: version for version in every["versions"]}
        old = ["ECDHE-ECDSA-AES128-SHA"]
        self.assertEqual({name: [suite["name"] for suite in version["suites"]] for name, version in versions.items()
                          if name != "TLSv1.3"}, {"TLSv1.2": [GCM, *old], "TLSv1.1": old, "TLSv1": old})
        self.assertEqual(len(versions["TLSv1.3"]["suites"]), 3)
        self.assertEqual((versions["TLSv1.2"]["order"], versions["TLSv1"]["order"]), ("server", "unknown"))
        self.assertEqual(versions["TLSv1.2"]["suites"][0]["group"], "x25519")
        client = self.one("client")
        self.assertEqual([version["order"] for version in client["versions"]], ["client", "client", "unknown", "unknown"])
        tiny = self.one("tinydh", status=1)
        self.assertEqual(tiny["versions"][1]["suites"], [{"name": "DHE-RSA-AES128-GCM-SHA256", "number": 0x9e, "group": None,
                                                          "dh_bits": 1024}])

    def test_groups_and_signatures(self):
        good = self.one("good")
        self.assertEqual(good["groups"], ["x25519", "secp256r1"])
        self.assertEqual(good["signatures"], ["ecdsa_secp256r1_sha256"])
        self.assertEqual(self.one("group", status=1)["signatures"], ["rsa_pkcs1_sha256"])
        # Up to TLS 1.2 the curve of the server's key has to stay among the groups.
        older = self.one("tls12", status=1)
        self.assertEqual((older["groups"], older["complete"]), (["x25519", "secp256r1"], True))
        # One connection for each thing accepted, one for each refusal, one for each order, and one each for SSL 3, SSL 2 and
        # what OpenSSL lacks.
        self.assertEqual(good["connections"], 3 + 1 + 1 + 2 + 1 + 1 + 1 + 1 + 2 + 1 + 1 + 1 + 3)

    def test_certificates(self):
        good = self.one("good")
        self.assertEqual([(shown["role"], shown["subject"]) for shown in good["certificates"]],
                         [("leaf", "CN=good"), ("intermediate", "CN=Test Issuing CA,O=Example")])
        self.assertEqual(good["certificates"][0]["pin"], pin_of("good.pem"))
        self.assertEqual((good["ocsp_response"], self.one("stapled")["ocsp_response"]), (False, True))
        self.assertEqual((good["timestamps"], good["timestamp_logs"], good["http"]), ([], 0, None))

    def test_several_keys(self):
        leaf("twice", san=host_of("twice"))
        leaf("twice-rsa", san=host_of("twice"), key=RSA)
        servers = Servers()
        self.addCleanup(servers.close)
        servers.start("twice", (*GOOD, "-dcert", "twice-rsa.pem", "-dkey", "twice-rsa.key"), "twice")
        servers.wait()
        found = self.scanned({(host_of("twice"), PORT): servers.ports["twice"]}, status=0)[host_of("twice"), PORT]
        self.assertEqual([shown["pin"] for shown in found["other_certificates"]], [pin_of("twice-rsa.pem")])
        # The command that is proposed does pin both.
        command = found["pin_command"].split()
        self.assertEqual(command[:2], ["pinctl", "add"])
        self.pinctl(*command[1:])
        entry = self.hosts()[host_of("twice")]
        self.assertEqual((sorted(entry["pins"]), entry["ports"]),
                         (sorted([pin_of("twice.pem"), pin_of("twice-rsa.pem")]), [PORT]))

    def test_nothing_to_pin(self):
        """A chain that does not verify, or a name that is not covered: no command leads to its pin."""
        for name in ("selfmade", "misnamed", "expired"):
            with self.subTest(name):
                self.assertIsNone(self.one(name, status=1)["pin_command"])

    def test_public_roots(self):
        """By the roots of the system, timestamps are looked for: another finding, and no other."""
        by_default = self.one("good", ca=(), environment={"SSL_CERT_FILE": path("root.pem")}, status=1)
        self.assertEqual(self.codes(by_default), ["few-timestamps"])
        self.assertEqual(self.codes(self.one("good", ca=("--ca", "swapped.pem"), status=1)), ["not-trusted"])

    def test_table(self):
        words = ("scan", "--ca", "root.pem", "--rate", "0", "--warning", "10", f"{host_of('tls10')}:{PORT}",
                 "--connect", f"::127.0.0.1:{self.servers.ports['tls10']}")
        text = self.pinctl(*words, status=1).stdout
        self.assertRegex(text, r"(?m)^tls10\.zoo\.example:4433 grade B, 4 findings, \d+ connections$")
        self.assertRegex(text, r"(?m)^  TLSv1 +ECDHE-ECDSA-AES256-SHA, ECDHE-ECDSA-AES128-SHA \(server's order\)$")
        self.assertRegex(text, r"(?m)^warning +tls10 +accepts TLS 1\.0 +turn off TLS 1\.0$")
        self.assertRegex(text, r"(?m)^  to raise it: turn off TLS 1\.0; turn on AES-GCM or ChaCha20-Poly1305$")
        self.assertRegex(text, r"(?m)^  older +SSL 3 refused, SSL 2 refused$")

    def test_grades(self):
        for name, grade, score in (("tls13", "A+", 93), ("client", "A+", 93), ("tls12", "A-", 93), ("every", "B", 91),
                                   ("small", "C", 90), ("null", "F", 77), ("misnamed", "F", 93)):
            with self.subTest(name):
                found = self.one(name, status=None)
                self.assertEqual((found["grade"], found["score"]), (grade, score))

    def test_fail_below(self):
        self.one("tls12", status=1)
        self.one("tls12", "--fail-below", "A-")
        self.one("tls12", "--fail-below", "A", status=1)
        self.one("every", "--fail-below", "A-", status=1)
        self.one("every", "--fail-below", "B")

    def test_baseline(self):
        ports = {(host_of(name), PORT): self.servers.ports[name] for name in ("tls12", "every")}
        words = ["scan", "--ca", "root.pem", "--rate", "0", "--warning", "10", *(f"{host}:{port}" for host, port in ports)]
        for (host, port), real in ports.items():
            words += ["--connect", f"{host}:{port}:127.0.0.1:{real}"]
        before = self.pinctl(*words, "--json", status=1).stdout
        everything = self.write_policy(before, "before.json")
        text = self.pinctl(*words, "--baseline", everything).stdout
        self.assertEqual(text.count("nothing new"), 2)
        self.assertIn("grade B, 0 findings", text)
        less = self.write_policy(before.replace('"tls11"', '"something-else"'), "less.json")
        found = self.json(*words, "--baseline", less, status=1)["hosts"]
        self.assertEqual([item["code"] for host in found for item in host["findings"] if not item["known"]], ["tls11"])
        # A report about other hosts knows nothing of these.
        other = self.write_policy(before.replace("zoo.example", "other.example"), "other.json")
        found = self.json(*words, "--baseline", other, status=1)["hosts"]
        self.assertFalse(any(item["known"] for host in found for item in host["findings"]))
        for wrong in ("[]", "{}", '{"hosts": 1}', "no JSON"):
            with self.subTest(wrong):
                self.assertIn("expected what", self.pinctl(*words, "--baseline", self.write_policy(wrong, "wrong.json"),
                                                           status=3).stderr)
        self.pinctl(*words, "--baseline", "none.json", status=3)

    def test_baseline_is_read_before_anybody_is_asked(self):
        asked = []
        port = self.start(lambda connection: asked.append(connection))
        words = ("scan", "api.example.com", "--rate", "0", "--timeout", "4", "--connect", f"::127.0.0.1:{port}", "--baseline")
        for wrong in ("none.json", self.write_policy("{}", "wrong.json")):
            done = self.pinctl(*words, wrong, status=3)
            self.assertEqual((done.stdout, asked), ("", []))
        self.pinctl(*words, self.write_policy('{"hosts": []}', "right.json"), status=1)
        self.assertNotEqual(asked, [])

    def test_rate(self):
        begun = time.monotonic()
        found = self.one("tls13", "--rate", "20")
        self.assertGreaterEqual(time.monotonic() - begun, (found["connections"] - 1) / 20)


class Old(Scan):
    """SSL 3 and 2, which no library here speaks: servers that answer a ClientHello with the bytes of RFC 6101 and of the draft."""

    ANSWERS = {
        "ssl3": (HELLO3, None, (True, False)),
        "ssl2": (None, HELLO2, (False, True)),
        "both": (HELLO3, HELLO2, (True, True)),
        "alert": (b"\x15\3\0\0\2\2\x28", b"\x80\3\0\0\1", (False, False)),
        "newer": (HELLO3[:9] + b"\3\1" + HELLO3[11:], HELLO2[:5] + b"\3\1" + HELLO2[7:], (False, False)),
        "without-ciphers": (b"", HELLO2[:9] + b"\0\0" + HELLO2[11:], (None, False)),
        "rubbish": (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", (False, False)),
        "short": (HELLO3[:8], HELLO2[:4], (None, None)),
    }

    def test_answers(self):
        context = live.tls_context("server", "chain.pem", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3), GCM)
        ports = {(f"{name}.example", PORT): self.start(live.old_ssl(context, ssl3, ssl2))
                 for name, (ssl3, ssl2, _) in self.ANSWERS.items()}
        found = self.scanned(ports, "--timeout", "15")
        self.assertEqual({name: (found[f"{name}.example", PORT]["ssl3"], found[f"{name}.example", PORT]["ssl2"])
                          for name in self.ANSWERS}, {name: expected for name, (_, _, expected) in self.ANSWERS.items()})
        for name, (_, _, (ssl3, ssl2)) in self.ANSWERS.items():
            host = found[f"{name}.example", PORT]
            codes = set(self.codes(host))
            self.assertEqual(("ssl3" in codes, "ssl2" in codes, "unanswered" in codes, host["complete"]),
                             (ssl3 or False, ssl2 or False, False, True), name)

    def test_nothing_else(self):
        found = self.scanned({("old.example", PORT): self.start(live.old_ssl(None, HELLO3)),
                              ("none.example", PORT): self.start(live.old_ssl(None))})
        old = found["old.example", PORT]
        self.assertEqual((old["error"], old["grade"], self.codes(old)), (None, "C", ["no-tls13", "ssl3"]))
        self.assertIn("the TLS handshake failed", found["none.example", PORT]["error"])

    def test_table(self):
        port = self.start(live.old_ssl(live.tls_context("server", "chain.pem"), HELLO3))
        text = self.pinctl("scan", "--ca", "root.pem", "--rate", "0", f"api.example.com:{PORT}", "--connect", f"::127.0.0.1:{port}",
                           status=1).stdout
        self.assertRegex(text, r"(?m)^  older +SSL 3 accepted, SSL 2 refused$")
        self.assertRegex(text, r"(?m)^critical +ssl3 +accepts SSL 3 \(POODLE\) +turn off SSL 3$")


if __name__ == "__main__":
    main()
