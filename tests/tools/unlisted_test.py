# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Hosts that no entry covers: what pinctl says of the setting, and the way of real programs from observing to a refusal."""

import os
import re
import shutil
import subprocess
import time

import live_servers as live
import pinctl_case
import system_log
from pinctl_case import CERTIFICATES, PINCTL, PinctlCase, issue, main, path, pin_of, read, write

HOST, OFF, OTHER = "api.example.com", "off.example.com", "other.example.com"
KEY = "sha256/" + "A" * 42 + "E="
DAY = 86400
PRELOAD = os.path.join(os.path.dirname(os.path.dirname(os.environ["PINNING_MODULE"])), "libpinning-preload.so")


def policy(unlisted, *hosts, mode="enforce"):
    return f'version = 1; mode = "{mode}"; unlisted = "{unlisted}"; hosts = ( {", ".join(hosts)} );\n'


class Words(PinctlCase):
    """What the verbs say of the setting."""

    def test_shown(self):
        for mode, unlisted, text in (("enforce", "observe", "hosts that no entry covers are logged"),
                                     ("enforce", "refuse", "hosts that no entry covers are refused"),
                                     ("audit", "refuse", 'are logged, and would be refused if mode were "enforce"'),
                                     ("off", "refuse", 'unlisted = "refuse" has no effect while mode is "off"')):
            self.write_policy(policy(unlisted, f'{{ name = "{HOST}"; pins = [ "{KEY}" ]; }}', mode=mode))
            self.assertIn(text, self.pinctl("list").stderr)
            self.assertIn(text, self.pinctl("show", OTHER, status=1).stdout)
            self.assertIn(text, self.pinctl("status", status=None).stdout)
            self.assertEqual(self.json("list")["unlisted"], unlisted)
            self.assertEqual(self.json("show", OTHER, status=1)["unlisted"], unlisted)
            self.assertEqual(self.json("status", status=None)["policy"]["unlisted"], unlisted)

    def test_not_set(self):
        self.write_policy(f'version = 1; hosts = ( {{ name = "{HOST}"; pins = [ "{KEY}" ]; }} );\n')
        self.assertNotIn("no entry covers", self.pinctl("list").stderr)
        self.assertEqual(self.pinctl("show", OTHER, status=1).stdout, f"{OTHER}: no entry covers the host\n")
        self.assertEqual(self.json("list")["unlisted"], "ignore")

    def test_compiled_and_had_back(self):
        """The compiled form keeps it, and the text that is had back from there has it."""
        self.write_policy(policy("refuse", f'{{ name = "{HOST}"; mode = "off"; }}'))
        self.pinctl("compile")
        self.write_policy("version = 1; nonsense\n")
        done = self.pinctl("list", status=None)
        self.assertIn("are refused", done.stderr)
        os.remove(self.policy)
        self.pinctl("restore", "--enforced")
        with open(self.policy, encoding="utf-8") as file:
            self.assertIn('unlisted = "refuse";', file.read())

    def test_check(self):
        self.write_policy(policy("refuse"))
        self.assertIn("every host is refused", self.pinctl("check").stdout)
        self.write_policy(policy("refuse", f'{{ name = "{OFF}"; ports = [ 443 ]; mode = "off"; }}'))
        self.assertIn("does not show its port is refused", self.pinctl("check").stdout)
        self.write_policy(policy("refuse", f'{{ name = "{OFF}"; mode = "off"; }}'))
        self.assertNotIn("exempts nothing", self.pinctl("check").stdout)
        self.write_policy(policy("observe", mode="off"))
        self.assertIn("has no effect", self.pinctl("check").stdout)
        self.write_policy(policy("refused"))
        self.assertIn('expected "ignore", "observe" or "refuse"', self.pinctl("check", status=1).stdout)

    def test_check_knows_apt(self):
        if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
            self.skipTest("needs a mount namespace")
        sources = os.path.join(self.folder, "apt")
        os.makedirs(f"{sources}/sources.list.d")
        write(f"{sources}/sources.list", "deb [signed-by=/x] https://one.example:8443/debian a b # https://none.example/\n"
              "deb https://listed.example/ a b\ndeb http://plain.example/ a b\n")
        write(f"{sources}/sources.list.d/a.sources", "URIs: https://user@two.example/x\n  mirror+https://THREE.example./y\n")
        write(f"{sources}/sources.list.d/old.bak", "deb https://four.example/ a b\n")

        def check(text):
            self.write_policy(text)
            return subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c",
                                   'mount --bind "$1" /etc/apt && exec "$2" check', "sh", sources, PINCTL], cwd=CERTIFICATES,
                                  env=self.environment(), capture_output=True, text=True, check=False, timeout=60).stdout

        listed = '{ name = "listed.example"; mode = "off"; }'
        found = re.search("apt's sources name (.*?): ", check(policy("refuse", listed)))
        self.assertEqual(found and set(found.group(1).split(", ")), {"one.example", "two.example", "three.example"})
        others = ", ".join(f'{{ name = "{name}.example"; mode = "off"; }}' for name in ("one", "two", "three"))
        self.assertNotIn("apt", check(policy("refuse", listed, others)))
        self.assertNotIn("apt", check(policy("observe", listed)))

    def test_status(self):
        """Only observing is not enforcing; refusing all others is."""
        self.write_policy(policy("observe"))
        self.assertRegex(self.pinctl("status", status=1).stdout, r"hosts without\s+an entry are only logged")
        self.write_policy(policy("refuse"))
        self.assertNotIn("names no host", self.pinctl("status", status=None).stdout)

    def log(self, *lines, status):
        text = "".join(system_log.traditional(f"{line} program=curl pid=1 uid=0", time.time()) for line in lines)
        return self.pinctl("log", "--file", self.write_policy(text, "auth.log"), status=status).stdout

    def test_log(self):
        observed = [f"verdict=audited reason=unlisted host=h{i}.example port=443 certificate=good key0=\"{KEY} CN=x\""
                    for i in range(30)]
        text = self.log(*observed, status=0)
        self.assertEqual(text.count("pinctl learn"), 1)
        self.assertIn("nothing was refused", re.sub(r"\s+", " ", text))
        text = re.sub(r"\s+", " ", self.log(f"verdict=refused reason=unlisted host={OTHER} port=443", status=1))
        self.assertIn(f'"pinctl add {OTHER} --mode off --policy {self.policy}"', text)
        self.assertNotIn("somebody is in between", text)


def make_more_certificates():
    """A server for each of three hosts, and another key for the first."""
    if os.path.exists(path("one.pem")):
        return
    names = ("subjectAltName=DNS:one.example.com,DNS:two.example.com,DNS:three.example.com,DNS:off.example.com,"
             "DNS:new.example.com", "basicConstraints=CA:FALSE")
    issue("ca-2", "/CN=Second CA", "root", pinctl_case.CA)
    for name, issuer in (("one", "ca"), ("two", "ca"), ("wrong", "ca-2")):
        issue(name, f"/CN={name}", issuer, names)
        write(f"{name}-chain.pem", read(f"{name}.pem") + read(f"{issuer}.pem"))


def answer(context):
    """A server that speaks enough of HTTP for all of them."""
    def serve(connection):
        with context.wrap_socket(connection, server_side=True) as secured:
            data = b""
            while b"\r\n\r\n" not in data:
                more = secured.recv(4096)
                if not more:
                    return
                data += more
            secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
            secured.unwrap()
    return serve


PYTHON = """
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[3])
with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as plain, \\
     context.wrap_socket(plain, server_hostname=sys.argv[1]) as secured:
    secured.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
    sys.exit(0 if b"200 OK" in secured.recv(100) else 1)
"""
PERL = """
use IO::Socket::SSL; my ($host, $port, $ca) = @ARGV;
my $s = IO::Socket::SSL->new(PeerAddr => "127.0.0.1:$port", SSL_hostname => $host, SSL_verifycn_name => $host, SSL_ca_file => $ca,
    SSL_verify_mode => SSL_VERIFY_PEER) or exit 1;
print $s "GET / HTTP/1.0\\r\\n\\r\\n"; my $line = <$s>; exit($line =~ /200 OK/ ? 0 : 1);
"""
# What each does for HOST at a port of the loopback; a program's words, and what it is given on its standard input.
REQUEST = "GET / HTTP/1.0\r\n\r\n"
PROGRAMS = {
    "curl": lambda host, port: (["curl", "-sS", "--cacert", "root.pem", "--resolve", f"{host}:{port}:127.0.0.1",
                                 f"https://{host}:{port}/"], ""),
    "curl -k": lambda host, port: (["curl", "-sSk", "--resolve", f"{host}:{port}:127.0.0.1", f"https://{host}:{port}/"], ""),
    "python3": lambda host, port: (["/usr/bin/python3", "-c", PYTHON, host, str(port), "root.pem"], ""),
    "openssl": lambda host, port: (["openssl", "s_client", "-quiet", "-verify_return_error", "-verify_hostname", host, "-CAfile",
                                    "root.pem", "-servername", host, "-connect", f"127.0.0.1:{port}"], REQUEST),
    "perl": lambda host, port: (["perl", "-e", PERL, host, str(port), "root.pem"], ""),
    "gnutls-cli": lambda host, port: (["gnutls-cli", "--x509cafile", "root.pem", "--sni-hostname", host, "--verify-hostname",
                                       host, "-p", str(port), "127.0.0.1"], REQUEST),
    "socat": lambda host, port: (["socat", "-t5", "-", f"OPENSSL:127.0.0.1:{port},cafile=root.pem,snihost={host},commonname={host}"],
                                 REQUEST),
    "git": lambda host, port: (["git", "-c", "http.sslCAInfo=" + path("root.pem"), "-c",
                                f"http.curloptResolve={host}:{port}:127.0.0.1", "ls-remote", f"https://{host}:{port}/x.git"], ""),
    "php": lambda host, port: (["php", "-r", f"""exit(@file_get_contents('https://127.0.0.1:{port}/', false,
        stream_context_create(['ssl' => ['cafile' => 'root.pem', 'peer_name' => '{host}']])) === 'hi' ? 0 : 1);"""], ""),
    "ruby": lambda host, port: (["ruby", "-ropenssl", "-rsocket", "-e", f"""c = OpenSSL::SSL::SSLContext.new; c.ca_file = 'root.pem'
        c.verify_mode = OpenSSL::SSL::VERIFY_PEER; s = OpenSSL::SSL::SSLSocket.new(TCPSocket.new('127.0.0.1', {port}), c)
        s.hostname = '{host}'; s.connect; s.post_connection_check('{host}'); s.write("GET / HTTP/1.0\\r\\n\\r\\n")
        exit(s.readpartial(100).include?('200 OK') ? 0 : 1)"""], ""),
}


class Walk(PinctlCase):
    """From a policy that only observes to one that refuses, as docs/operators-guide.md has it."""

    def setUp(self):
        super().setUp()
        make_more_certificates()
        self.ports, self.shown = {}, {}
        self.lines = []
        for host in ("one", "two", "off", "new"):
            self.serve(f"{host}.example.com", "two" if host == "two" else "one")

    def serve(self, host, name):
        self.shown[host] = answer(live.tls_context(name, f"{name}-chain.pem"))
        if host not in self.ports:
            server = live.Server(lambda connection: self.shown[host](connection))
            self.addCleanup(server.close)
            self.ports[host] = server.port

    def run_program(self, name, host):
        """Whether the program got its answer, and what the process logged."""
        words, data = PROGRAMS[name](host, self.ports[host])
        done = subprocess.run(words, cwd=CERTIFICATES, input=data, capture_output=True, text=True, check=False, timeout=60,
                              env=self.environment(PINNING_DEBUG="1", LD_PRELOAD=PRELOAD, HOME=self.folder,
                                                   GIT_TERMINAL_PROMPT="0", **system_log.provider(self.folder)))
        logged = [line for line in done.stderr.splitlines() if line.startswith(("verdict=", "event="))]
        self.lines += logged
        # gnutls-cli leaves with its input. git is told that there is no repository, but only by the server.
        good = "200 OK" in done.stdout or done.stdout.endswith("hi") or done.returncode == 0 or "Handshake was completed" in done.stdout or (
            name == "git" and "not valid" in done.stderr)
        return good, logged

    def programs(self):
        found = [name for name in PROGRAMS if shutil.which(name.split()[0])]
        if "perl" in found and subprocess.run(["perl", "-MIO::Socket::SSL", "-e", ""], check=False, capture_output=True).returncode:
            found.remove("perl")
        return found

    def test_from_observe_to_enforce(self):
        self.write_policy(policy("observe"))
        hosts = ("one.example.com", "two.example.com")
        programs = self.programs()
        for name in programs:
            for host in hosts:
                good, logged = self.run_program(name, host)
                self.assertTrue(good, (name, host, logged))
                verdicts = [line for line in logged if line.startswith("verdict=")]
                self.assertEqual(len(verdicts), 1, (name, logged))
                self.assertIn(f"verdict=audited reason=unlisted host={host} ", verdicts[0], name)
                self.assertIn("certificate=good ", verdicts[0], name)
        self.assertGreaterEqual(len(programs), 4, programs)
        # A log of twenty days, of which the last line is of now.
        now, log = int(time.time()), os.path.join(self.folder, "auth.log")
        self.write_policy("".join(system_log.rfc3339(line, now - days * DAY) for days in (20, 0) for line in self.lines), "auth.log")
        routes = [word for host in hosts for port in (443, self.ports[host])
                  for word in ("--connect", f"{host}:{port}:127.0.0.1:{self.ports[host]}")]
        learn = ("learn", "--file", log, "--no-history", "--ca", "root.pem", "--system-anchors", "root.pem", *routes, "--yes")
        self.pinctl(*learn, "--mode", "enforce")
        self.assertEqual(set(self.hosts()), set(hosts))
        self.assertEqual(self.hosts()[hosts[0]]["intermediates"], [pin_of("ca.pem")])
        self.pinctl("add", "off.example.com", "--mode", "off")
        self.pinctl("check")
        # And now nobody else.
        self.write_policy(policy("refuse"))
        self.serve("two.example.com", "wrong")
        for name in programs:
            self.assertTrue(self.run_program(name, "one.example.com")[0], name)
            good, logged = self.run_program(name, "off.example.com")
            self.assertEqual((good, logged), (True, []), name)
            good, logged = self.run_program(name, "two.example.com")
            self.assertFalse(good, name)
            self.assertIn("verdict=refused reason=no-intermediate host=two.example.com ", "\n".join(logged), name)
            good, logged = self.run_program(name, "new.example.com")
            self.assertFalse(good, name)
            self.assertIn("verdict=refused reason=unlisted host=new.example.com ", "\n".join(logged), name)

    def test_once_for_each_host_and_key(self):
        """One process, many connections: one line for each host, and one more where the key is another one."""
        self.write_policy(policy("observe"))
        code = ("import socket, ssl, sys\n"
                "context = ssl.create_default_context(cafile='root.pem')\n"
                "for word in sys.argv[1:] * 20:\n"
                "    host, port = word.split(':')\n"
                "    with socket.create_connection(('127.0.0.1', int(port))) as plain, "
                "context.wrap_socket(plain, server_hostname=host) as secured:\n"
                "        secured.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')\n"
                "        assert secured.recv(100)\n")
        server = live.Server(answer(live.tls_context("wrong", "wrong-chain.pem")))
        self.addCleanup(server.close)
        words = [f"{host}:{self.ports[host]}" for host in ("one.example.com", "two.example.com")] + [f"one.example.com:{server.port}"]
        done = subprocess.run(["/usr/bin/python3", "-c", code, *words], cwd=CERTIFICATES, capture_output=True, text=True,
                              check=True, timeout=60, env=self.environment(PINNING_DEBUG="1", **system_log.provider(self.folder)))
        lines = [line for line in done.stderr.splitlines() if line.startswith("verdict=")]
        self.assertEqual(sorted(re.search(r"host=(\S+) .*key0=\"(\S+) ", line).groups() for line in lines),
                         sorted([("one.example.com", pin_of("one.pem")), ("two.example.com", pin_of("two.pem")),
                                 ("one.example.com", pin_of("wrong.pem"))]))

    def test_paused(self):
        """A pause of the whole machine lets unlisted hosts pass, one of another host does not."""
        self.write_policy(policy("refuse", f'{{ name = "{HOST}"; pins = [ "{KEY}" ]; }}'))
        self.assertFalse(self.run_program("curl", "new.example.com")[0])
        self.pinctl("pause", HOST, "--for", "1h")
        self.assertFalse(self.run_program("curl", "new.example.com")[0])
        self.pinctl("pause", "--for", "1h")
        good, logged = self.run_program("curl", "new.example.com")
        self.assertTrue(good)
        self.assertRegex(logged[0], "^verdict=audited reason=unlisted host=new.example.com port=(unknown|[0-9]+) paused=")
        self.pinctl("resume")
        self.assertFalse(self.run_program("curl", "new.example.com")[0])


if __name__ == "__main__":
    main()
