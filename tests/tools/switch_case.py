# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What the tests of pinctl enable and disable share: a file, a server, and real programs that run under the file."""

import os
import shutil
import ssl
import subprocess
import tempfile

from pinctl_case import CERTIFICATES, PinctlCase, Server, path, pin_of

MODULE = os.environ["PINNING_MODULE"]
SANITIZED = bool(os.environ.get("PINNING_SANITIZE"))

# A second module that every Debian has stands in for others: a provider is told apart by its name only.
MODULES = subprocess.run(["openssl", "version", "-m"], capture_output=True, check=True,
                         text=True).stdout.split('"')[1]
LEGACY = os.path.join(MODULES, "legacy.so")

START = "openssl_conf = init\n[init]\nproviders = list\n[list]\n"


def greet(plain):
    """Shows server.pem, and answers every request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path("chain.pem"), path("server.key"))
    with plain, context.wrap_socket(plain, server_side=True) as secure:
        secure.recv(4096)
        secure.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")


class SwitchCase(PinctlCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(greet)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def setUp(self):
        super().setUp()
        self.file = os.path.join(self.folder, "openssl.cnf")
        self.write_policy("version = 1;\nhosts = (\n"
                          f' {{ name = "127.0.0.1"; pins = [ "{pin_of("server.pem")}" ]; }},\n'
                          f' {{ name = "api.example.com"; pins = [ "{pin_of("swapped.pem")}" ]; }} );\n')

    def environment(self, **more):
        """What the provider gives OpenSSL for the life of the process looks lost after OpenSSL's own end."""
        kept = super().environment(**more)
        if SANITIZED:
            suppressions = os.path.join(CERTIFICATES, "lsan.supp")
            with open(suppressions, "w", encoding="ascii") as file:
                file.write("leak:error_library\n")
            kept["LSAN_OPTIONS"] = f"suppressions={suppressions}:print_suppressions=0"
        return kept

    def write(self, text):
        with open(self.file, "wb") as file:
            file.write(text.encode())

    def bytes(self, name=None):
        with open(name or self.file, "rb") as file:
            return file.read()

    def enable(self, *words, policy=True, **options):
        given = ("--policy", self.policy) if policy else ()
        return self.pinctl("enable", "--openssl-conf", self.file, *given, *words, **options)

    def disable(self, *words, **options):
        return self.pinctl("disable", "--openssl-conf", self.file, *words, **options)

    def under(self, *command, data=None):
        environment = self.environment(OPENSSL_CONF=self.file)
        del environment["PINNING_POLICY"]
        return subprocess.run(command, env=environment, input=data, capture_output=True, check=False, timeout=30)

    def curl(self, host):
        port = self.server.port
        return self.under("curl", "-sS", "--max-time", "20", "--cacert", path("root.pem"), "--resolve",
                          f"api.example.com:{port}:127.0.0.1", f"https://{host}:{port}/").returncode

    def providers(self):
        done = self.under("openssl", "list", "-providers")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.decode().splitlines()
        return {line.strip() for line in lines if line.startswith("  ") and not line.startswith("   ")}

    def assert_works(self, enforced):
        """TLS and digests work, and the wrong key is refused if and only if enforced."""
        if SANITIZED and enforced:
            return  # programs built without sanitizers cannot load a module built with them
        self.assertEqual(self.under("openssl", "dgst", "-sha256", data=b"x").returncode, 0)
        self.assertEqual(self.curl("127.0.0.1"), 0)
        self.assertEqual(self.curl("api.example.com"), 60 if enforced else 0)

    def assert_nothing_left(self, *names):
        self.assertEqual(self.listed(), sorted(("policy.cfg", "openssl.cnf", *names)))

    def round_trip(self, text):
        self.write(text)
        old = self.bytes()
        providers = self.providers()
        self.enable()
        self.assertTrue(self.bytes().startswith(old))
        if not SANITIZED:
            self.assertEqual(self.providers(), providers | {"pinning"})
        self.assert_works(enforced=True)
        new = self.bytes()
        self.assertIn("already enabled", self.enable(policy=False).stderr)
        self.assertEqual(self.bytes(), new)
        self.disable()
        self.assertEqual(self.bytes(), old)
        self.assertIn("pinning is not enabled", self.disable().stderr)
        self.assertEqual(self.bytes(), old)
        self.assert_works(enforced=False)
        self.assert_nothing_left()


class ImageCase(SwitchCase):
    """--root: a folder with what an image has; its links and includes mean what they mean in there."""

    def setUp(self):
        super().setUp()
        self.root = tempfile.mkdtemp(prefix="pinctl-root-")
        self.addCleanup(shutil.rmtree, self.root)
        if subprocess.run(["unshare", "--root", self.root, "true"], capture_output=True,
                          check=False).returncode not in (127, 0):
            self.skipTest("chroot is not allowed here")
        self.put("etc/pinning/policy.cfg", "version = 1;\n")
        self.put("etc/ssl/openssl.cnf", "openssl_conf = init\n.include /etc/ssl/part.cnf\n")
        self.put("etc/ssl/part.cnf", "[init]\nproviders = theirs\n[theirs]\n")
        self.put(MODULES[1:] + "/pinning.so", "")
        self.put(os.path.dirname(MODULES)[1:] + "/libpinning-preload.so", "")
        self.put("etc/systemd/system/other.service", "")
        os.makedirs(f"{self.root}/usr/lib/ssl", exist_ok=True)
        os.symlink("/etc/ssl/openssl.cnf", f"{self.root}/usr/lib/ssl/openssl.cnf")

    def environment(self, **more):
        """The leak checker needs /proc, which an image does not have."""
        kept = super().environment(**more)
        if SANITIZED:
            kept["ASAN_OPTIONS"] = f"{kept.get('ASAN_OPTIONS', '')}:detect_leaks=0"
        return kept

    def put(self, name, text):
        os.makedirs(os.path.dirname(os.path.join(self.root, name)), exist_ok=True)
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as file:
            file.write(text)

    def get(self, name):
        with open(os.path.join(self.root, name), encoding="utf-8") as file:
            return file.read()

    def tree(self):
        found = {}
        for parent, _, names in os.walk(self.root):
            found.update({os.path.join(parent, name): os.path.join(parent, name) for name in names})
        return {name: self.get(name) if os.path.isfile(name) and not os.path.islink(name) else None
                for name in found}

    def there_and_back(self, *words, changed):
        before = self.tree()
        done = self.pinctl("enable", "--root", self.root, *words)
        self.assertIn("not tested", done.stderr)
        after = self.tree()
        different = {name[len(self.root):] for name in after if after[name] != before.get(name)}
        self.assertEqual(different, set(changed))
        self.pinctl("disable", "--root", self.root, *(word for word in words if word != "--dry-run"))
        self.assertEqual(self.tree(), before)
        return after
