# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl scan over a zoo of servers, each with its own faults: a table of findings, none missed and none invented."""

import json
import os
import re
import ssl
import subprocess
import time

import live_servers as live
from pinctl_case import CA, CERTIFICATES, EC, PinctlCase, issue, main, openssl, path, pin_of, read, write

LEAF = "basicConstraints=CA:FALSE"
RSA = ("-newkey", "rsa:2048")
GOOD = ("-serverpref", "-cipher", "ECDHE+AESGCM", "-groups", "X25519:P-256")
RESPONDER = "authorityInfoAccess=OCSP;URI:http://127.0.0.1:1/"
MUST_STAPLE = "tlsfeature=status_request"
PORT = 4433


def host_of(name):
    return f"{name}.zoo.example"


def leaf(name, *more, issuer="ca", key=EC, san=None, chain=None):
    """NAME.pem for the host of this name, and NAME-chain.pem: the certificates named by `chain`, which are shown with it."""
    issue(name, f"/CN={name}", issuer, (f"subjectAltName=DNS:{san or host_of(name)}", LEAF, *more), key)
    shown(name, *((issuer,) if chain is None else chain))


def shown(name, *others):
    write(f"{name}-chain.pem", b"".join(read(f"{other}.pem") for other in others))


def dated(name, *words):
    """A leaf with other dates, issued in two steps."""
    leaf(name, issuer=None, chain=())
    write(f"{name}.pem", openssl("x509", "-in", f"{name}.pem", "-CA", "ca.pem", "-CAkey", "ca.key", *words))
    shown(name, "ca")


def element(data, at):
    """The start of the contents and the end of a DER element."""
    length, begins = data[at + 1], at + 2
    if length >= 0x80:
        begins += length - 0x80
        length = int.from_bytes(data[at + 2:begins], "big")
    return begins, begins + length


def response(name, certificate, old=False, revoked=False, issuer="rsaca"):
    """NAME.der: what an OCSP responder says of a certificate. old: until the year before, and signed as such."""
    serial = openssl("x509", "-in", f"{certificate}.pem", "-noout", "-serial").decode().strip().split("=")[1]
    state = "R\t301231235959Z\t240101000000Z" if revoked else "V\t301231235959Z\t"
    write(f"{name}.index", f"{state}\t{serial}\tunknown\t/CN={certificate}\n")
    openssl("ocsp", "-index", f"{name}.index", "-CA", f"{issuer}.pem", "-rsigner", f"{issuer}.pem", "-rkey",
            f"{issuer}.key", "-issuer", f"{issuer}.pem", "-cert", f"{certificate}.pem", "-ndays", "1", "-resp_no_certs",
            "-respout", f"{name}.der")
    if old:
        data = read(f"{name}.der")
        basic = data.index(bytes.fromhex("2b0601050507300101")) + 9
        begins, _ = element(data, basic)
        begins, _ = element(data, begins)
        contents, ends = element(data, begins)
        changed = re.sub(rb"20\d\d(\d{10}Z)", rb"2001\1", data[begins:ends])
        signature = openssl("dgst", "-sha256", "-sign", f"{issuer}.key", data=changed)
        # An RSA signature has a fixed length, and is the end of it.
        write(f"{name}.der", data[:begins] + changed + data[ends:-len(signature)] + signature)


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


GCM = "ECDHE-ECDSA-AES128-GCM-SHA256"
RSA_GCM = "ECDHE-RSA-AES128-GCM-SHA256"
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

class Servers:
    """openssl s_server for each of the zoo; the ports on which they listen."""

    def __init__(self):
        self.processes = []
        self.ports = {}

    def start(self, name, words, certificate):
        command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", f"{certificate}.pem", "-key",
                   f"{certificate}.key", *words]
        if os.path.getsize(path(f"{certificate}-chain.pem")) > 0:
            command += ["-cert_chain", f"{certificate}-chain.pem"]
        process = subprocess.Popen(command, cwd=CERTIFICATES, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        self.processes.append((name, process))

    def wait(self):
        for name, process in self.processes:
            for line in process.stdout:
                if found := re.match(rb"ACCEPT .*:(\d+)", line):
                    self.ports[name] = int(found.group(1))
                    break
            else:
                raise AssertionError(f"{name}: s_server ends")

    def close(self):
        for _, process in self.processes:
            process.kill()
            process.wait()
            process.stdout.close()


class Scan(PinctlCase):
    def start(self, serve):
        started = live.Server(serve)
        self.addCleanup(started.close)
        return started.port

    def scanned(self, ports, *more, status=1, ca=("--ca", "root.pem"), environment=None):
        """{(host, port): what the JSON says}; ports: {(host, port): where it really listens}."""
        words = ["scan", *ca, "--warning", "10", *more]
        words += () if "--rate" in more else ("--rate", "0")
        for (host, port), real in ports.items():
            words += ["--connect", f"{host}:{port}:127.0.0.1:{real}"]
        asked = [f"{host}:{port}" for host, port in ports if port != 80]
        found = self.json(*words, *asked, status=status, environment=environment)["hosts"]
        return {(host["host"], host["port"]): host for host in found}

    @staticmethod
    def codes(host):
        return sorted({finding["code"] for finding in host["findings"]})


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
        # One connection for each thing accepted, one for each refusal, one for each order.
        self.assertEqual(good["connections"], 3 + 1 + 1 + 2 + 1 + 1 + 1 + 1 + 2 + 1 + 1 + 1)

    def test_certificates(self):
        good = self.one("good")
        self.assertEqual([(shown["role"], shown["subject"]) for shown in good["certificates"]],
                         [("leaf", "CN=good"), ("intermediate", "CN=Test Issuing CA,O=Example")])
        self.assertEqual(good["certificates"][0]["pin"], pin_of("good.pem"))
        self.assertEqual((good["ocsp_response"], self.one("stapled")["ocsp_response"]), (False, True))
        self.assertEqual((good["timestamps"], good["http"]), (0, None))

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
        self.assertIn("SSL 3 and 2 were not looked at", text)

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

    def test_rate(self):
        begun = time.monotonic()
        found = self.one("tls13", "--rate", "20")
        self.assertGreaterEqual(time.monotonic() - begun, (found["connections"] - 1) / 20)


class Http(Scan):
    """nginx in front: what its headers are worth."""

    SITES = {"hsts": 'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains";',
             "quoted": """add_header Strict-Transport-Security 'includeSubDomains; max-age="31536000"';""",
             "short": 'add_header Strict-Transport-Security "max-age=86400";',
             "zero": 'add_header Strict-Transport-Security "max-age=0";',
             "none": ""}
    PLAIN = {"redirect": "return 301 https://$host/;", "open": "return 200;", "lost": "return 302 http://$host/x;",
             "absent": "return 404;"}

    def setUp(self):
        super().setUp()
        self.ports = dict(zip([*self.SITES, *self.PLAIN], live.free_ports(len(self.SITES) + len(self.PLAIN))))
        leaf("web", san="*.web.example")
        write("web-all.pem", read("web.pem") + read("ca.pem"))
        blocks = [f"server {{ listen 127.0.0.1:{self.ports[name]} ssl; {line} location / {{ return 200; }} }}"
                  for name, line in self.SITES.items()]
        blocks += [f"server {{ listen 127.0.0.1:{self.ports[name]}; {line} }}" for name, line in self.PLAIN.items()]
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        self.write_policy(f"""daemon off; pid {self.folder}/pid; error_log stderr; events {{}}
http {{ access_log off; {temporary} ssl_certificate {path("web-all.pem")}; ssl_certificate_key {path("web.key")};
ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM; ssl_prefer_server_ciphers on; {" ".join(blocks)} }}""", "nginx.conf")
        process = subprocess.Popen(["/usr/sbin/nginx", "-c", os.path.join(self.folder, "nginx.conf"), "-e", "stderr"],
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        live.wait_for(self.ports.values())

    def test_headers(self):
        expected = {("hsts", "redirect"): [], ("quoted", "open"): ["no-redirect"],
                    ("short", "lost"): ["no-redirect", "short-hsts"], ("zero", "absent"): ["no-hsts"],
                    ("none", "redirect"): ["no-hsts"]}
        ports = {}
        for site, plain in expected:
            ports.update({(f"{site}.web.example", 443): self.ports[site], (f"{site}.web.example", 80): self.ports[plain]})
        found = self.scanned(ports)
        self.assertEqual({site: [code for code in self.codes(found[f"{site}.web.example", 443]) if code != "wildcard"]
                          for site, _ in expected}, {site: codes for (site, _), codes in expected.items()})
        self.assertEqual(found["hsts.web.example", 443]["http"],
                         {"https_status": 200, "hsts": "max-age=31536000; includeSubDomains", "http_status": 301,
                          "location": "https://hsts.web.example/"})
        self.assertEqual(found["zero.web.example", 443]["http"]["http_status"], 404)


class Addresses(Scan):
    """One name, several addresses: a place of a service may have a key of its own, or no server."""

    NAME = "cdn.zoo.example"

    def place(self, address, name, port=0):
        write(f"{name}-whole.pem", read(f"{name}.pem") + read("ca.pem"))
        server = live.Server(live.tls(live.tls_context(name, f"{name}-whole.pem")), address, port)
        self.addCleanup(server.close)
        return server.port

    def scan_name(self, port, *addresses, more=()):
        """With a file of hosts of its own, as no other program sees it."""
        hosts = self.write_policy("".join(f"{address} {self.NAME}\n" for address in addresses), "hosts")
        done = subprocess.run(["bwrap", "--dev-bind", "/", "/", "--bind", hosts, "/etc/hosts", os.environ["PINCTL"], "scan",
                               "--ca", "root.pem", "--rate", "0", "--timeout", "5", f"{self.NAME}:{port}", *more],
                              cwd=CERTIFICATES, env=self.environment(), capture_output=True, check=False, timeout=120)
        return done.stdout.decode()

    def test_keys_that_differ(self):
        leaf("cdn")
        leaf("cdn2", san=self.NAME)
        port = self.place("127.0.0.1", "cdn")
        self.place("127.0.0.2", "cdn2", port)
        self.place("127.0.0.3", "cdn", port)
        self.place("::1", "cdn2", port)
        where = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "::1")
        (found,) = json.loads(self.scan_name(port, *where, more=("--json",)))["hosts"]
        pins = {entry["address"]: entry["pin"] for entry in found["addresses"]}
        one, two = pin_of("cdn.pem"), pin_of("cdn2.pem")
        self.assertEqual(pins, {"127.0.0.1": one, "127.0.0.2": two, "127.0.0.3": one, "127.0.0.4": None, "::1": two})
        texts = {item["code"]: item["text"] for item in found["findings"]}
        self.assertEqual(texts["several-keys"], "its 5 addresses show 2 different keys")
        self.assertEqual(texts["address-silent"], "1 of its 5 addresses showed no key")
        self.assertIn(one, found["pin_command"])
        self.assertIn(two, found["pin_command"])
        text = " ".join(self.scan_name(port, *where).split())
        self.assertIn("It shows 2 keys, and may have more elsewhere", text)
        self.assertIn("127.0.0.4: ", text)

    def test_keys_that_agree(self):
        leaf("cdn")
        port = self.place("127.0.0.1", "cdn")
        self.place("::1", "cdn", port)
        (found,) = json.loads(self.scan_name(port, "127.0.0.1", "::1", more=("--json",)))["hosts"]
        self.assertEqual({entry["pin"] for entry in found["addresses"]}, {pin_of("cdn.pem")})
        self.assertEqual([item["code"] for item in found["findings"] if item["code"] in ("several-keys", "address-silent")], [])
        (found,) = json.loads(self.scan_name(port, "127.0.0.1", more=("--json",)))["hosts"]
        self.assertEqual(found["addresses"], [])


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

    def test_starttls(self):
        context = live.tls_context("server", "chain.pem", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2), GCM)
        for protocol in ("smtp", "imap", "pop3", "ftp", "postgres", "ldap"):
            with self.subTest(protocol):
                port = self.start(getattr(live, protocol)(context))
                found = self.scanned({("api.example.com", PORT): port}, "--starttls", protocol, status=None)
                found = found["api.example.com", PORT]
                self.assertEqual((found["error"], found["certificates"][0]["pin"]), (None, pin_of("server.pem")))
                self.assertEqual([version["accepted"] for version in found["versions"]][:2], [False, True])

    def test_without_renegotiation_info(self):
        leaf("unsafe", san="api.example.com")
        write("unsafe-all.pem", read("unsafe.pem") + read("ca.pem"))
        (port,) = live.free_ports(1)
        process = subprocess.Popen(["gnutls-serv", "--quiet", "--port", str(port), "--x509certfile", "unsafe-all.pem",
                                    "--x509keyfile", "unsafe.key", "--priority",
                                    "NORMAL:-VERS-ALL:+VERS-TLS1.2:-SIGN-ALL:+SIGN-ECDSA-SHA256:-CIPHER-ALL:+AES-128-GCM:-KX-ALL:+ECDHE-ECDSA:"
                                    "%DISABLE_SAFE_RENEGOTIATION"], cwd=CERTIFICATES, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        live.wait_for([port])
        found = self.scanned({("api.example.com", PORT): port})["api.example.com", PORT]
        self.assertEqual(self.codes(found), ["insecure-renegotiation", "no-tls13"])

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
