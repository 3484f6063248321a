# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Makes what the bench measures with: a chain of three P-256 certificates, policies of several sizes, configurations of
OpenSSL with and without a provider, and servers."""

import base64
import contextlib
import copy
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import measure

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from openssl_conf import openssl_conf  # noqa: E402

PINNED_HOST = "pinned.bench.example"
OTHER_HOST = "other.bench.example"
# No certificate here names these, and no interface of this machine has the address (RFC 5737).
ELSEWHERE, ELSEWHERE_ADDRESS = "elsewhere.bench.example", "192.0.2.1"

EXTENSIONS = f"""
[req]
distinguished_name = name
prompt = no
[name]
CN = {PINNED_HOST}
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:{PINNED_HOST}, DNS:{OTHER_HOST}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""

WITHOUT_PROVIDER = ""


class Scene:
    """All files are in one folder, which the caller removes."""

    def __init__(self, folder, tools, hosts):
        """tools: the folder of the programs, pinctl, pinning.so and the shim."""
        # OpenSSL looks for a module with a relative path in its own folder.
        self.folder = pathlib.Path(folder).resolve()
        self.programs = pathlib.Path(tools.programs).resolve()
        self.pinctl = pathlib.Path(tools.pinctl).resolve()
        self.module = pathlib.Path(tools.module).resolve()
        self.preload = pathlib.Path(tools.preload).resolve()
        self.algorithm = ("EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        self.sizes = sorted({1, min(1000, hosts), hosts})
        self.hosts = hosts
        self.compiled = {}
        self.make_certificates()
        self.check()

    def path(self, name):
        return self.folder / name

    def program(self, name):
        return self.programs / name

    # ---- certificates

    def openssl(self, *arguments):
        measure.run(["openssl", *arguments], measure.clean_environment(OPENSSL_CONF=self.path("extensions.cnf")))

    def make_certificate(self, name, extensions, issuer):
        key, certificate = self.path(f"{name}.key"), self.path(f"{name}.pem")
        self.openssl("genpkey", "-algorithm", *self.algorithm, "-out", key)
        # A root signs itself. Others need a request first, because releases before 3.2 have no req -CA.
        if issuer is None:
            self.openssl("req", "-x509", "-new", "-key", key, "-subj", f"/CN={name}", "-days", "30",
                         "-extensions", extensions, "-out", certificate)
            return
        request = self.path(f"{name}.csr")
        self.openssl("req", "-new", "-key", key, "-subj", f"/CN={name}", "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.path(f"{issuer}.pem"), "-CAkey",
                     self.path(f"{issuer}.key"), "-set_serial", str(len(name)), "-days", "30", "-extfile",
                     self.path("extensions.cnf"), "-extensions", extensions, "-out", certificate)

    def make_certificates(self):
        self.path("extensions.cnf").write_text(EXTENSIONS)
        self.make_certificate("root", "ca", None)
        self.make_certificate("intermediate", "ca", "root")
        self.make_certificate("leaf", "leaf", "intermediate")
        chain = self.path("leaf.pem").read_text() + self.path("intermediate.pem").read_text()
        self.path("chain.pem").write_text(chain)
        self.pin, self.issuer_pin = self.pin_of("leaf"), self.pin_of("intermediate")

    def pin_of(self, name):
        key = self.path(f"{name}.der")
        self.openssl("pkey", "-in", self.path(f"{name}.key"), "-pubout", "-outform", "DER", "-out", key)
        return base64.b64encode(hashlib.sha256(key.read_bytes()).digest()).decode()

    def with_rsa(self):
        """The same scene in a separate folder, with a chain of RSA keys."""
        other = copy.copy(self)
        other.folder = self.path("rsa")
        other.folder.mkdir()
        other.algorithm = ("RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        other.hosts = min(1000, self.hosts)
        other.compiled = {}
        other.make_certificates()
        return other

    # ---- policies and configurations

    def make_policy(self, folder, hosts, pin, last=PINNED_HOST):
        folder.mkdir(exist_ok=True)
        arguments = [self.program("make-policy"), folder, hosts, last, f"sha256/{pin}"]
        return json.loads(measure.run(arguments, measure.clean_environment()))

    def policy(self, hosts):
        """The folder of a policy with its compiled form; its last host is the pinned one."""
        # Names of one length, since each character of a path costs something.
        folder = self.path(f"policy-{hosts:07}")
        if hosts not in self.compiled:
            self.compiled[hosts] = self.make_policy(folder, hosts, self.pin)
        return folder

    def policy_of_issuer(self):
        """The same with one host, whose issuer's key is pinned."""
        folder = self.path("policy-of-issuer")
        if not folder.exists():
            self.make_policy(folder, 1, self.issuer_pin)
        return folder

    def with_entry_elsewhere(self, last):
        """Pinning with a policy whose last host is this one; no host of the bench is in it."""
        folder = self.path(f"policy-{last}")
        if not folder.exists():
            self.make_policy(folder, min(1000, self.hosts), self.pin, last)
        return self.with_provider(self.module, folder)

    def environment(self, text):
        path = self.path(f"openssl-{hashlib.sha256(text.encode()).hexdigest()[:8]}.cnf")
        path.write_text(text)
        return measure.clean_environment(OPENSSL_CONF=path)

    def with_longer_path(self, environment, more):
        """The same configuration in a file whose path is longer by this many characters."""
        if more == 0:
            return environment
        path = pathlib.Path(environment["OPENSSL_CONF"])
        longer = path.with_name(path.name + "-" * more)
        # The environment moves all data after it, so that no text crosses a page in every layout.
        longer.write_text(f"{path.read_text()}[padding]\nvalue = {'x' * 80 * more}\n")
        return {**environment, "OPENSSL_CONF": str(longer)}

    def with_no_policy(self):
        return self.with_provider(self.module, self.path("no-policy"))

    def without_provider(self):
        return self.environment(WITHOUT_PROVIDER)

    def with_provider(self, module, folder):
        return self.environment(openssl_conf(module, folder / "policy.cfg"))

    def with_nothing(self):
        """A provider that does nothing, with the same settings."""
        return self.with_provider(self.program("nothing.so"), self.policy(self.hosts))

    def with_pinning(self, hosts=None):
        return self.with_provider(self.module, self.policy(hosts or self.hosts))

    def with_pinned_issuer(self):
        return self.with_provider(self.module, self.policy_of_issuer())

    def with_shim(self, folder=None):
        policy = (folder or self.policy(self.hosts)) / "policy.cfg"
        return {**self.without_provider(), "LD_PRELOAD": str(self.preload), "PINNING_POLICY": str(policy)}

    def with_least_preload(self, folder=None):
        """A library that only loads pinning.so, to compare the shim with."""
        return {**self.with_shim(folder), "LD_PRELOAD": str(self.program("libleast-preload.so")),
                "BENCH_MODULE": str(self.module)}

    def check(self):
        """Fails unless pinning loads and enforces: a module that does neither would cost nothing and look best."""
        folder = self.path("policy-of-a-wrong-pin")
        self.make_policy(folder, 1, base64.b64encode(bytes(32)).decode())
        nothing = self.with_provider(self.program("nothing.so"), folder)
        if "\n  pinning\n" not in measure.run(["openssl", "list", "-providers"], nothing):
            raise measure.Failed("the do-nothing provider is not loaded")
        with self.server(1) as port:
            command = self.client(port, PINNED_HOST, "1.3", 0, 1)
            measure.run(command, nothing)
            for environment in (self.with_provider(self.module, folder), self.with_shim(folder),
                                self.with_least_preload(folder)):
                if measure.ends_well(command, environment):
                    raise measure.Failed("a wrong pin is accepted, so there is nothing to measure")

    # ---- servers

    @contextlib.contextmanager
    def server(self, threads, *more, under=(), environment=None):
        """The port of a server that runs until the block ends; threads 0: one thread, with fixed random numbers."""
        arguments = [*under, self.program("server"), self.path("chain.pem"), self.path("leaf.key"), str(threads), *more]
        with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env=environment or self.without_provider()) as process:
            port = process.stdout.readline().strip()
            if not port:
                raise measure.Failed("the server does not start")
            yield port
            process.stdin.close()

    def nameless(self, port, sockets, count):
        return [self.program("nameless"), port, self.path("root.pem"), sockets, count]

    def curl(self, port):
        return ["curl", "--silent", "--show-error", "--output", "/dev/null", "--cacert", self.path("root.pem"),
                "--resolve", f"{PINNED_HOST}:{port}:127.0.0.1", f"https://{PINNED_HOST}:{port}/"]

    def client(self, port, host, version, threads, count, *more):
        return [self.program("client"), port, self.path("root.pem"), host, version, threads, count, *more]
