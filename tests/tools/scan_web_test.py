# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""pinctl scan where more than one connection to one port counts: HTTP and its headers, addresses of a name, resolvers, proxies."""

import json
import os
import signal
import ssl
import subprocess
import threading
import time
import unittest

import live_servers as live
from pinctl_case import CERTIFICATES, main, path, pin_of, read, write
from scan_case import GCM, HELLO2, HELLO3, NEWEST, PORT, Scan, leaf


class Http(Scan):
    """nginx in front: what its headers are worth."""

    SITES = {"hsts": 'add_header Strict-Transport-Security "max-age=31536000; includeSubDomains";',
             "quoted": """add_header Strict-Transport-Security 'includeSubDomains; max-age="31536000"';""",
             "short": 'add_header Strict-Transport-Security "max-age=86400";',
             "host": 'add_header Strict-Transport-Security "max-age=31536000; includeSubDomainsToo";'
                     'add_header X-Content-Type-Options nosniff; add_header Content-Security-Policy "default-src \'self\'";'
                     'add_header Referrer-Policy no-referrer;',
             "framed": 'add_header Strict-Transport-Security "max-age=31536000 ; INCLUDESUBDOMAINS ;preload";'
                       'add_header X-Content-Type-Options sniff; add_header Content-Security-Policy "frame-ancestors \'none\'";'
                       'add_header Permissions-Policy "camera=()"; add_header Referrer-Policy "";',
             "far": f"""add_header Content-Security-Policy "default-src 'self' {'x' * 300}.example; FRAME-ANCESTORS 'none'"; """
                    'add_header Referrer-Policy " "; add_header Referrer-Policy no-referrer;',
             "second": """add_header Content-Security-Policy "default-src 'self'"; """
                       """add_header Content-Security-Policy "img-src *,frame-ancestors";""",
             "named": 'add_header Content-Security-Policy "default-src frame-ancestors frame-ancestors.example; x-frame-ancestors a; '
                      'frame-ancestors-x b"; add_header Content-Security-Policy-Report-Only "frame-ancestors a";',
             "zero": 'add_header Strict-Transport-Security "max-age=0";',
             "none": ""}
    PLAIN = {"redirect": "return 301 https://$host/;", "open": "return 200;", "lost": "return 302 http://$host/x;",
             "absent": "return 404;", "relative": "return 301 /x; absolute_redirect off;"}

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
                    ("short", "lost"): ["hsts-host-only", "no-redirect", "short-hsts"],
                    ("host", "relative"): ["hsts-host-only", "no-redirect"], ("framed", "redirect"): [], ("zero", "absent"): ["no-hsts"],
                    ("none", "redirect"): ["no-hsts"]}
        ports = {}
        for site, plain in expected:
            ports.update({(f"{site}.web.example", 443): self.ports[site], (f"{site}.web.example", 80): self.ports[plain]})
        found = self.scanned(ports)
        self.assertEqual({site: [code for code in self.codes(found[f"{site}.web.example", 443]) if code != "wildcard"]
                          for site, _ in expected}, {site: codes for (site, _), codes in expected.items()})
        http = found["hsts.web.example", 443]["http"]
        self.assertEqual({header["value"] for header in http.pop("headers")}, {None})
        self.assertEqual(http, {"https_status": 200, "hsts": "max-age=31536000; includeSubDomains", "http_status": 301,
                                "location": "https://hsts.web.example/"})
        headers = {header["name"]: header["value"] for header in found["host.web.example", 443]["http"]["headers"]}
        self.assertEqual(headers, {"Content-Security-Policy": "default-src 'self'", "X-Frame-Options": None,
                                   "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Permissions-Policy": None})
        self.assertIn("port 80 redirects to /x", [item["text"] for item in found["host.web.example", 443]["findings"]])
        self.assertEqual(found["zero.web.example", 443]["http"]["http_status"], 404)

    def test_headers_that_are_missing(self):
        ports = {(f"{site}.web.example", 443): self.ports[site] for site in ("hsts", "host", "framed", "far", "second", "named")}
        found = self.scanned(ports, "--headers", status=None)
        missing = {host: [item["text"] for item in report["findings"] if item["code"] == "missing-headers"]
                   for (host, _), report in found.items()}
        lead = "sends no effective header "
        self.assertEqual(missing, {
            "hsts.web.example": [lead + "Content-Security-Policy, X-Frame-Options, X-Content-Type-Options, Referrer-Policy and 1 more"],
            "host.web.example": [lead + "X-Frame-Options, Permissions-Policy"],
            "framed.web.example": [lead + "X-Content-Type-Options, Referrer-Policy"],
            "far.web.example": [lead + "X-Content-Type-Options, Permissions-Policy"],
            "second.web.example": [lead + "X-Content-Type-Options, Referrer-Policy, Permissions-Policy"],
            "named.web.example": [lead + "X-Frame-Options, X-Content-Type-Options, Referrer-Policy, Permissions-Policy"]})


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
                               "--ca", "root.pem", "--rate", "0", "--timeout", "60", f"{self.NAME}:{port}", *more],
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


@unittest.skipIf(os.environ.get("PINNING_SANITIZE"), "nothing can be loaded before the sanitizer's run time")
class DeadResolver(Scan):
    """Nobody answers what addresses a name has: the scan ends all the same, and says that there may be more."""

    def begin(self, timeout, *hosts):
        """localhost alone, or these."""
        self.asked = os.path.join(self.folder, "asked")
        environment = self.environment(LD_PRELOAD=os.environ["PINNING_DEAD_RESOLVER"], PINNING_ASKED=self.asked)
        hosts = hosts or (f"localhost:{self.start(live.tls(live.tls_context('server', 'chain.pem')))}",)
        return subprocess.Popen([os.environ["PINCTL"], "scan", "--json", "--ca", "root.pem", "--rate", "0", "--timeout", timeout,
                                 *hosts], cwd=CERTIFICATES, env=environment, stdout=subprocess.PIPE)

    def test_limit(self):
        process = self.begin("4")
        out, _ = process.communicate(timeout=100)
        (found,) = json.loads(out)["hosts"]
        self.assertTrue(os.path.exists(self.asked))
        self.assertEqual((found["error"], found["complete"], found["addresses"]), (None, False, []))
        self.assertIn("unanswered", self.codes(found))
        self.assertEqual(found["certificates"][0]["pin"], pin_of("server.pem"))

    def counting(self, gate):
        """The port of a server that answers once the gate is open, and who was there."""
        asked, handshake = [], live.tls(live.tls_context("server", "chain.pem", NEWEST))

        def serve(connection):
            asked.append(connection)
            gate.wait()
            handshake(connection)

        return self.start(serve), asked

    @staticmethod
    def wait_until(asked, count):
        ends = time.monotonic() + 90
        while len(asked) < count and time.monotonic() < ends:
            time.sleep(0.05)

    def test_others_go_on(self):
        """All is asked of another host while a name is looked up."""
        opened, gate = threading.Event(), threading.Event()
        opened.set()
        self.addCleanup(gate.set)
        (named, asked_named), (other, asked_other) = self.counting(opened), self.counting(gate)
        (alone,) = self.json("scan", "--ca", "root.pem", "--rate", "0", f"127.0.0.1:{named}", status=None)["hosts"]
        asked_named.clear()
        process = self.begin("600", f"localhost:{named}", f"127.0.0.1:{other}")
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.wait_until(asked_named, alone["connections"])
        gate.set()
        self.wait_until(asked_other, alone["connections"])
        self.assertEqual((len(asked_named), len(asked_other)), (alone["connections"], alone["connections"]))
        self.assertIsNone(process.poll())

    def test_interrupt(self):
        process = self.begin("600")
        while not os.path.exists(self.asked):
            self.assertIsNone(process.poll())
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.communicate(timeout=20)[0], b"")
        self.assertEqual(process.returncode, -signal.SIGINT)


class Interrupted(Scan):
    def test_what_is_there_is_shown(self):
        """One host says nothing more; the other has said all."""
        handshake, seen = live.tls(live.tls_context("server", "chain.pem", NEWEST)), []

        def serve(connection):
            seen.append(time.monotonic())
            handshake(connection)

        sound, silent = self.start(serve), self.start(live.silent)
        needed = self.scanned({("api.example.com", PORT): sound}, status=None)["api.example.com", PORT]["connections"]
        del seen[:]
        words = ("scan", "--json", "--ca", "root.pem", "--rate", "0", "--timeout", "600", f"api.example.com:{PORT}", f"db.example.com:{PORT}",
                 "--connect", f"api.example.com::127.0.0.1:{sound}", "--connect", f"db.example.com::127.0.0.1:{silent}")
        process = subprocess.Popen([os.environ["PINCTL"], *words], cwd=CERTIFICATES, env=self.environment(), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        while len(seen) < needed:
            self.assertIsNone(process.poll())
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
        found = json.loads(out)
        self.assertEqual(([host["host"] for host in found["hosts"]], found["interrupted_of"], process.returncode), (["api.example.com"], 2, 3))
        self.assertIn("interrupted: 1 of 2 hosts were checked", said)


class Proxies(Scan):
    """All questions to one port go one way: elsewhere another machine may answer to the name."""

    HOST = "api.example.com"

    def asked(self, port, *more, **variables):
        found = self.scanned({(self.HOST, PORT): port}, *more, status=None, environment=variables)
        return found[self.HOST, PORT]

    def test_old_versions(self):
        context = live.tls_context("server", "chain.pem", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2), GCM)
        behind = self.start(live.proxy_to(self.start(live.old_ssl(context, HELLO3, HELLO2))))
        direct = self.start(live.old_ssl(context))
        proxy = f"http://127.0.0.1:{behind}"
        for variables, by_proxy in (({"https_proxy": proxy}, True), ({"HTTPS_PROXY": proxy}, True), ({"all_proxy": proxy}, True),
                                    ({"https_proxy": "", "ALL_PROXY": proxy}, True), ({"http_proxy": proxy}, False),
                                    ({"https_proxy": proxy, "no_proxy": self.HOST}, False),
                                    ({"https_proxy": proxy, "http_proxy": f"http://127.0.0.1:{direct}"}, True)):
            with self.subTest(str(variables)):
                found = self.asked(direct, **variables)
                self.assertEqual((found["error"], found["ssl3"], found["ssl2"]), (None, by_proxy, by_proxy))

    def test_plain_http(self):
        """Also by CONNECT: what a proxy says by itself is no word of the host's."""
        def answer(connection):
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 301 Moved\r\nLocation: https://api.example.com/\r\n\r\n")

        tls = self.start(live.tls(live.tls_context("server", "chain.pem", NEWEST)))
        proxy, refuses = (f"http://127.0.0.1:{self.start(serve)}" for serve in (live.proxy_to(self.start(answer)), answer))
        for variables, status in (({"http_proxy": proxy}, 301), ({"http_proxy": refuses}, 0), ({"http_proxy": proxy, "no_proxy": self.HOST}, 0)):
            with self.subTest(str(variables)):
                found = self.scanned({(self.HOST, 443): tls}, "--timeout", "3", status=None, environment=variables)[self.HOST, 443]
                self.assertEqual((found["error"], found["http"]["http_status"]), (None, status))

    def test_requests_before_tls(self):
        context = live.tls_context("server", "chain.pem", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2), GCM)
        holder = live.closed_port()
        self.addCleanup(holder.close)
        nobody = holder.getsockname()[1]
        for protocol in ("postgres", "ldap"):
            with self.subTest(protocol):
                port = self.start(getattr(live, protocol)(context))
                proxy = f"http://127.0.0.1:{self.start(live.proxy_to(port))}"
                self.assertIsNone(self.asked(nobody, "--starttls", protocol, https_proxy=proxy)["error"])
                self.assertIsNone(self.asked(port, "--starttls", protocol, http_proxy=f"http://127.0.0.1:{nobody}")["error"])
                self.assertIsNotNone(self.asked(port, "--starttls", protocol, https_proxy=f"http://127.0.0.1:{nobody}")["error"])


if __name__ == "__main__":
    main()
