#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Makes the seeds of the fuzz targets, one folder for each, from the other tests and the documentation."""

import argparse
import ast
import glob
import hashlib
import importlib
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import types
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/tools"))


class Seeds:
    def __init__(self, folder):
        self.folder = folder
        self.counts = {}

    def add(self, target, data):
        data = data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape")
        if len(data) > 20000:
            return
        folder = os.path.join(self.folder, target)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, hashlib.sha256(data).hexdigest()[:16]), "wb") as file:
            file.write(data)
        self.counts[target] = self.counts.get(target, 0) + 1


def c_strings(compiler, path):
    """Every string of a C file, with its macros spelled out and adjacent literals joined."""
    flags = subprocess.run(["pkg-config", "--cflags", "cunit"], capture_output=True, text=True, check=True).stdout.split()
    includes = [f"-I{os.path.join(ROOT, folder)}" for folder in ("policy", "tests/unit", "provider", "tools")]
    text = subprocess.run([compiler, "-E", "-P", "-D_GNU_SOURCE", *includes, *flags, path], capture_output=True, text=True,
                          check=True).stdout
    literal = r'"(?:[^"\\\n]|\\.)*"'
    for joined in re.findall(rf"{literal}(?:\s*{literal})*", text):
        whole = "".join(part[1:-1] for part in re.findall(literal, joined))
        yield whole.encode("latin-1", "replace").decode("unicode_escape").encode("latin-1", "replace")


def python_strings(path):
    """Every string of a Python file, without what an f-string fills in."""
    with open(path, encoding="utf-8") as file:
        for node in ast.walk(ast.parse(file.read())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)


def settings():
    """The name of every setting that a policy may have, from the tables of its reader."""
    for name in ("document", "entry"):
        with open(os.path.join(ROOT, f"policy/{name}.c"), encoding="utf-8") as file:
            yield from re.findall(r'^    \{"(\w+)", (?:read|refuse)_', file.read(), re.M)


def add_policies(seeds, compiler):
    for name in ("parser", "entry", "compiled", "libconfig", "source", "text_memory", "snapshot"):
        for text in c_strings(compiler, os.path.join(ROOT, f"tests/unit/{name}_test.c")):
            if b"=" in text and any(word in text for word in (b"version", b"hosts", b"pinsets", b"keys")):
                seeds.add("policy_text", text)
                seeds.add("policy_grammar", text)
    for path in glob.glob(os.path.join(ROOT, "docs/**/*.md"), recursive=True) + glob.glob(os.path.join(ROOT, "README.md")):
        with open(path, encoding="utf-8") as file:
            for block in re.findall(r"```\w*\n(.*?)```", file.read(), re.S):
                if "version = 1" in block:
                    seeds.add("policy_text", block + "#----\n" + block.replace("version = 1;", ""))
                    seeds.add("policy_grammar", block)
    digest = "sha256/AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    entries = "".join(f'{name} = [ "{digest}" ]; ' for name in
                      ("pins", "backup_pins", "fingerprints", "intermediates", "anchors"))
    whole = (f'version = 1; mode = "audit"; certificate_names = "ignore"; unlisted = "observe"; blocked_keys = [ "{digest}" ]; exempt_anchors = [ "@a" ];\n'
             f'pinsets = {{ a = [ "{digest}" ]; }};\nhosts = ( {{ name = "a.example"; include_subdomains = true; ports = [ 443, 0x50 ];\n'
             f'{entries}require = "all"; mode = "enforce"; expires = "2031-05-01"; on_expiry = "enforce"; comment = "c" "d"; }},\n'
             f'{{ name = "*.b.example"; mode = "off"; }}, {{ name = "192.0.2.1"; pins = ( "@a" ); }} );\n')
    for setting in settings():
        if setting not in whole:
            sys.exit(f"{setting} is a setting, but in no seed: add it here, to policy_reference.c and to the dictionaries")
    # More hosts of one name than one bucket of the compiled form holds, some with ports far apart.
    many = ",\n".join(f'{{ name = "a.example"; ports = [ {425 + i}, {600 + i} ]; pins = [ "{digest}" ]; }}' for i in range(20))
    for text in (whole, f"version = 1; hosts = (\n{many} );\n"):
        seeds.add("policy_text", text)
        seeds.add("policy_grammar", text)


def add_images(seeds, program):
    folder = os.path.join(seeds.folder, "compiled_form")
    os.makedirs(folder, exist_ok=True)
    subprocess.run([program, os.path.join(seeds.folder, "policy_grammar"), folder], check=True)
    seeds.counts["compiled_form"] = len(os.listdir(folder))


def add_names(seeds, compiler):
    names = ["exact.example", "EXACT.example..", "a.wild.example", "a.b.wild.example", "x.tree.example", "in.tree.example",
             "y.in.tree.example", ".tree.example", "a..tree.example", "192.0.2.1", "::ffff:192.0.2.1", "2001:DB8::1",
             "exact.example:443", "[2001:db8::1]:443", "xn--bcher-kva.example", "bücher.example", "elsewhere.test", "a" * 64]
    for name in ("lookup", "host_name", "canonical_name"):
        names += [text for text in c_strings(compiler, os.path.join(ROOT, f"tests/unit/{name}_test.c")) if len(text) < 260]
    for name in names:
        seeds.add("peer_names", name)
        seeds.add("server_names", name if isinstance(name, bytes) else name.encode())


def add_log_lines(seeds, compiler):
    for path in ("log_test.py", "learn_test.py", "system_log.py", "monitor_test.py"):
        for text in python_strings(os.path.join(ROOT, "tests/tools", path)):
            if "verdict=" in text or "event=" in text or "MESSAGE" in text:
                seeds.add("log_line", text)
    for text in c_strings(compiler, os.path.join(ROOT, "tests/unit/log_report_test.c")):
        if b"=" in text:
            seeds.add("log_line", text)
    report = ('verdict=refused host=a.example port=443 reason=no-pin mode=enforce entry=/etc/pinning/policy.cfg:3 '
              'key0=sha256/AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= subject0="CN=a, O=b" program=curl pid=7 uid=0')
    for line in (report, "Nov 28 17:50:10 host pinning[7]: " + report, "2026-11-28T17:50:10.123456+01:00 host pinning[7]: " + report,
                 '{"MESSAGE":"%s","_UID":"0","_PID":"7","_EXE":"/usr/bin/curl","SYSLOG_IDENTIFIER":"pinning",'
                 '"__REALTIME_TIMESTAMP":"1795000000000000","_HOSTNAME":"host"}' % report.replace('"', '\\"')):
        seeds.add("log_line", line)


def add_imports(seeds):
    """The texts that the tests of each importer hand to pinctl, found by running these tests without pinctl."""
    for name in ("PINCTL", "PINNING_MODULE", "PINNING_PRELOAD"):
        os.environ.setdefault(name, "/nonexistent")
    der, pem = make_certificate(seeds.folder)
    answers = {"openssl": lambda *words, **_: der if "der" in words else pem, "read": lambda _: pem,
               "pin_of": lambda _: "", "fingerprint_of": lambda _: ""}
    for path in sorted(glob.glob(os.path.join(ROOT, "tests/tools/import_*_test.py"))):
        module = importlib.import_module(os.path.splitext(os.path.basename(path))[0])
        for name, answer in answers.items():
            if hasattr(module, name):
                setattr(module, name, answer)
        for case in list(vars(module).values()):
            # A file that is not about one format has no class with a form.
            if isinstance(case, type) and case.__module__ == module.__name__ and getattr(case, "form", None):
                add_texts(seeds, case)


def add_texts(seeds, case):
    """Each text that the tests of this class import, with the second file of a format that has two."""
    class Recording(case):
        def forget(self):
            """There is no policy."""

        def pinctl(self, *words, **_):
            if words[0] == "import":
                form = words[words.index("--format") + 1] if "--format" in words else self.form
                seeds.add("import_" + form, b"\n#----\n".join(map(whole, imported_files(form, words))))
            return types.SimpleNamespace(returncode=0, stdout='{"hosts": []}', stderr="")

    for check in [name for name in dir(case) if name.startswith("assert")]:
        setattr(Recording, check, lambda *_, **__: None)
    for test in unittest.defaultTestLoader.getTestCaseNames(case):
        recording = Recording(test)
        recording.setUp()
        try:
            getattr(recording, test)()
        except (LookupError, ValueError, OSError):
            pass  # It needs what the real pinctl makes of a text; those before it are taken.
        recording.doCleanups()


def imported_files(form, words):
    yield words[1]
    second = words[words.index("--pins") + 1] if "--pins" in words else os.path.splitext(words[1])[0] + ".pins"
    if form == "chromium" and os.path.exists(second):
        yield second


def whole(path):
    with open(path, "rb") as file:
        return file.read()


def make_certificate(folder):
    """A certificate in DER and in PEM."""
    key, certificate = (os.path.join(folder, name) for name in ("key.pem", "certificate.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=a",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    with open(certificate, "rb") as file:
        pem = file.read()
    os.remove(key)
    os.remove(certificate)
    return ssl.PEM_cert_to_DER_cert(pem.decode()), pem


def add_recipes(seeds):
    """Chains: ways, key, list; then for each certificate subject, issuer, key, signer, flags and three more bytes."""
    leaf, issuer, root = bytes([0, 1, 0, 1, 32, 0, 0, 0]), bytes([1, 2, 1, 2, 1, 0, 0, 0]), bytes([2, 2, 2, 2, 1, 0, 0, 0])
    forged = bytes([0, 1, 0, 3, 32, 0, 0, 0])
    damaged = bytes([0, 1, 0, 1, 96, 60, 1, 255])
    for ways in range(64):
        for chain in (leaf + issuer + root, forged + issuer + root, leaf + root + issuer, damaged + issuer + root, leaf):
            for key, kind in ((0, 0), (1, 1), (2, 2), (1, 0)):
                if (ways + key) % 4 == 0:
                    seeds.add("proven_path", bytes([ways, key, kind]) + chain)


def handshake_messages(records):
    """The handshake messages in unencrypted TLS records: type, length and content."""
    stream = b""
    while len(records) >= 5 and records[0] == 22:
        length = int.from_bytes(records[3:5], "big")
        stream += records[5:5 + length]
        records = records[5 + length:]
    while len(stream) >= 4:
        length = 4 + int.from_bytes(stream[1:4], "big")
        yield stream[:length]
        stream = stream[length:]


def server_flight(server, client):
    """The answer of a server to the ClientHello of a client."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    for side in (client.wrap_bio(to_client, to_server, server_hostname="a.example"),
                 server.wrap_bio(to_server, to_client, server_side=True)):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            pass
    return to_client.read()


def add_server_messages(seeds):
    """Real messages of each kind of key exchange, and damaged ones."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = os.path.join(folder, "key"), os.path.join(folder, "certificate")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a.example", "-keyout", key, "-out",
                        certificate], check=True, capture_output=True)
        group = os.path.join(folder, "group")
        subprocess.run(["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", group],
                       check=True, capture_output=True)
        for version, suites in ((ssl.TLSVersion.TLSv1_3, "ALL"), (ssl.TLSVersion.TLSv1_2, "ECDHE"), (ssl.TLSVersion.TLSv1_2, "DHE"),
                                (ssl.TLSVersion.TLSv1_2, "kRSA"), (ssl.TLSVersion.TLSv1_2, "ADH"), (ssl.TLSVersion.TLSv1_1, "ECDHE")):
            server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            server.load_cert_chain(certificate, key)
            server.load_dh_params(group)
            client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
            for context in (server, client):
                context.set_ciphers(f"{suites}:@SECLEVEL=0")
                context.minimum_version = context.maximum_version = version
            messages = [message for message in handshake_messages(server_flight(server, client)) if len(message) < 2000]
            for flag in (b"\0", b"\1"):
                seeds.add("server_messages", flag + b"".join(len(message).to_bytes(2, "big") + message for message in messages))
                for message in messages:
                    for at in range(0, min(len(message), 60), 3):
                        damaged = message[:at] + bytes([message[at] ^ 0xff]) + message[at + 1:]
                        seeds.add("server_messages", flag + len(damaged).to_bytes(2, "big") + damaged)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", required=True, help="the program fuzz-images")
    parser.add_argument("--compiler", default="cc")
    parser.add_argument("folder")
    options = parser.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    seeds = Seeds(options.folder)
    add_policies(seeds, options.compiler)
    add_images(seeds, options.images)
    add_names(seeds, options.compiler)
    add_log_lines(seeds, options.compiler)
    add_imports(seeds)
    add_recipes(seeds)
    add_server_messages(seeds)
    for target, count in sorted(seeds.counts.items()):
        print(f"{target:<20} {count}")


if __name__ == "__main__":
    main()
