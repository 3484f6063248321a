# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What the tests of pinctl share: the program, certificates made once per run, a policy folder per test."""

import base64
import hashlib
import json
import os
import pty
import resource
import select
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from loopback import Server  # noqa: E402, F401
from openssl_conf import openssl_conf  # noqa: E402, F401

PINCTL = os.environ["PINCTL"]
CERTIFICATES = tempfile.mkdtemp(prefix="pinctl-test-")


def openssl(*words, data=None, before=()):
    """Runs openssl in the folder of certificates, by the command before it."""
    done = subprocess.run([*before, "openssl", *words], cwd=CERTIFICATES, input=data, capture_output=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"openssl {' '.join(words)}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def path(name):
    return os.path.join(CERTIFICATES, name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


def write(name, data):
    with open(path(name), "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path(name)


EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
CA = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")


KEY_IDENTIFIERS = ("subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid")


def issue(name, subject, issuer=None, extensions=(), key=EC, identifiers=KEY_IDENTIFIERS, days=30):
    """Makes NAME.key and NAME.pem, signed by the issuer or by itself, whatever the system's configuration.

    It was issued an hour ago: in its very first second one day more would be left of it.
    """
    write("issue.cnf", "[req]\ndistinguished_name = dn\nx509_extensions = ext\n[dn]\n[ext]\n"
          + "\n".join((*identifiers, *extensions)) + "\n")
    words = ["req", "-x509", "-config", "issue.cnf", *key, "-nodes", "-utf8", "-keyout", f"{name}.key",
             "-out", f"{name}.pem", "-days", str(days), "-subj", subject]
    if issuer is not None:
        words += ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key"]
    openssl(*words, before=("faketime", "-f", "-1h"))


def pin_of(certificate):
    """The pin of a certificate's key, worked out by other means than pinctl."""
    pem = openssl("x509", "-in", certificate, "-pubkey", "-noout")
    der = openssl("pkey", "-pubin", "-outform", "der", data=pem)
    return "sha256/" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def fingerprint_of(certificate):
    der = openssl("x509", "-in", certificate, "-outform", "der")
    return "sha256/" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def processor_time():
    """Seconds that the programs that have ended took so far: a busy machine makes no more of them."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def make_certificates():
    """root > ca > server; other: a CA of its own under the same root; swapped: the server's name, another key."""
    name = "subjectAltName=DNS:api.example.com,IP:127.0.0.1"
    issue("root", "/CN=Test Root", extensions=CA)
    issue("ca", "/O=Example/CN=Test Issuing CA", "root", CA)
    issue("other", "/CN=Unconnected CA", "root", CA)
    others = ",DNS:x.org,DNS:y.org,DNS:db.example.com"
    issue("server", "/CN=api.example.com", "ca", (name + others, "basicConstraints=CA:FALSE"))
    issue("swapped", "/CN=api.example.com", "ca", (name, "basicConstraints=CA:FALSE"))
    write("chain.pem", read("server.pem") + read("ca.pem"))
    write("swapped-chain.pem", read("swapped.pem") + read("ca.pem"))
    write("spare.pub", openssl("pkey", "-in", "other.key", "-pubout"))


# A policy where the system's is, in a mount namespace: nothing of it is seen outside. $0 is pinctl, $1 the test's folder.
SYSTEM_POLICY = """set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs -o size=1m tmpfs /var/lib
cp -a /etc "$1/etc"
rm -rf "$1/etc/pinning"
mkdir "$1/etc/pinning"
echo 'version = 1;' >"$1/etc/pinning/policy.cfg"
mount --bind "$1/etc" /etc
"""


class PinctlCase(unittest.TestCase):
    """A folder with a policy path of its own for every test; nothing of the caller's environment gets in."""

    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="pinctl-policy-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.policy = os.path.join(self.folder, "policy.cfg")
        self.dropins = os.path.join(self.folder, "policy.d")

    def environment(self, **more):
        kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
        return {**kept, "LC_ALL": "C.UTF-8", "PINNING_POLICY": self.policy, **more}

    def pinctl(self, *words, status=0, data=None, cwd=CERTIFICATES, environment=None, text=True):
        """Runs pinctl and asserts its exit status, unless that is None."""
        variables = self.environment(**(environment or {}))
        if "--root" in words:
            # LeakSanitizer needs /proc, which is not there behind chroot(2).
            variables["ASAN_OPTIONS"] = f"{variables.get('ASAN_OPTIONS', '')}:detect_leaks=0"
        done = subprocess.run([PINCTL, *words], cwd=cwd, input=data, capture_output=True, check=False,
                              timeout=300, env=variables, start_new_session=True)
        if text:
            done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        if status is not None:
            self.assertEqual(done.returncode, status, (words, done.stdout, done.stderr))
        return done

    def with_system_policy(self, script, *words, status=0, environment=None):
        """Runs a shell script, whose $2 is the first of the words, where it can do to the system's policy what it likes."""
        if shutil.which("unshare") is None or os.geteuid() != 0:
            self.skipTest("needs root and unshare")
        probe = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", self.folder], check=False,
                               stderr=subprocess.DEVNULL)
        if probe.returncode != 0:
            self.skipTest("no mount namespaces here")
        done = subprocess.run(["unshare", "-m", "sh", "-c", SYSTEM_POLICY + script, PINCTL, self.folder, *words],
                              cwd=CERTIFICATES, env=self.environment(PINNING_POLICY="", **(environment or {})),
                              capture_output=True, text=True, check=False, timeout=120)
        if status is not None:
            self.assertEqual(done.returncode, status, (done.stdout, done.stderr))
        return done

    def on_terminal(self, *command, environment=None, data=None, answers=()):
        """Runs a command on a terminal of its own. answers: pairs of what to wait for and what to type, or what
        to call for that."""
        variables = self.environment(**{"TERM": "xterm", **(environment or {})})
        child, terminal = pty.fork()
        if child == 0:
            try:
                if data is not None:
                    with open(data, "rb") as file:
                        os.dup2(file.fileno(), 0)
                os.execve(command[0], command, variables)
            finally:
                os._exit(127)
        output = b""
        answers = list(answers)
        while select.select([terminal], [], [], 60)[0]:
            try:
                output += os.read(terminal, 4096)
            except OSError:
                break
            if answers and answers[0][0] in output:
                typed = answers.pop(0)[1]
                os.write(terminal, typed() if callable(typed) else typed)
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), output.decode()

    def json(self, *words, **options):
        return json.loads(self.pinctl(*words, "--json", **options).stdout)

    def write_policy(self, text, name="policy.cfg"):
        target = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(target, 0o644)
        return target

    def snapshot(self):
        """Every file of the policy with its bytes, without the lock and the record of changes."""
        found = {}
        for parent, _, names in os.walk(self.folder):
            for name in names:
                if name != ".pinctl.lock" and not name.startswith("policy.cfg.changes"):
                    with open(os.path.join(parent, name), "rb") as file:
                        found[os.path.relpath(os.path.join(parent, name), self.folder)] = file.read()
        return found

    def listed(self):
        """What is in the folder, without the record of changes."""
        return sorted(name for name in os.listdir(self.folder) if not name.startswith("policy.cfg.changes"))

    def hosts(self):
        return {entry["name"]: entry for entry in self.json("list")["hosts"]}


def main():
    """Runs the tests of the calling file; a file without tests fails."""
    try:
        make_certificates()
        program = unittest.main(exit=False)
        sys.exit(0 if program.result.wasSuccessful() and program.result.testsRun > 0 else 1)
    finally:
        shutil.rmtree(CERTIFICATES)
