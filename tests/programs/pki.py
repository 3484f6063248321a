#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Makes the certificates of the program tests with the openssl command.

One root with two intermediates, A and B, and below them leaves of every key type, all for the same two
names. A second root, which signed none of them, stands for "the wrong CA".

    root -+- A -+- right      the key that the policies pin
          |     +- swapped    same names, same issuer, another key of the same type
          |     +- misnamed, client, expired
          |                   of the pinned issuer, but for another host, for a client, and too old
          +- B --- elsewhere  same names, the other issuer
    stranger

A chain is a file as a server sends it: leaf, intermediate and, in two of them, the pinned certificate added at the end,
although it has nothing to do with the leaf.
"""

import base64
import hashlib
import pathlib
import subprocess
import sys

PINNED_HOST = "pinned.test.example"
OTHER_HOST = "other.test.example"

# openssl req -newkey wants its own words for the key types.
KEY_TYPES = {
    "rsa": ["-newkey", "rsa:2048"],
    "p256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ed25519": ["-newkey", "ed25519"],
}

# leaf -> its issuer
LEAVES = {"right": "a", "swapped": "a", "elsewhere": "b", "misnamed": "a", "client": "a", "expired": "a"}

# chain -> the certificates in the order in which the server sends them; the first is the server's own
CHAINS = {
    "right": ("right", "a"),
    "swapped": ("swapped", "a"),
    "elsewhere": ("elsewhere", "b"),
    "appended-leaf": ("swapped", "a", "right"),
    "appended-issuer": ("elsewhere", "b", "a"),
    "misnamed": ("misnamed", "a"),
    "client": ("client", "a"),
    "expired": ("expired", "a"),
}

# Chains whose certificates have other names: a host without an entry, and somebody else's host.
OTHER_NAMES = {"other": OTHER_HOST, "foreign": "foreign.test.example", "starred": "*.test.example"}

# A configuration of our own, because the system's adds extensions. The identifiers are there because newer programs
# (Python 3.13) verify strictly by RFC 5280.
def leaf_section(section, *names, usage="serverAuth"):
    return f"""
[{section}]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {usage}
subjectAltName = {", ".join(f"DNS:{name}" for name in names)}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[intermediate]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
""" + leaf_section("leaf", PINNED_HOST, OTHER_HOST) + "".join(leaf_section(*item) for item in OTHER_NAMES.items()) + \
    leaf_section("misnamed", "elsewhere.test.example") + leaf_section("client", PINNED_HOST, OTHER_HOST, usage="clientAuth")


class Pki:
    """The paths of the certificates in one directory. Makes none of them."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def certificate(self, name):
        return self.directory / f"{name}.pem"

    def key(self, name):
        return self.directory / f"{name}.key"

    def root(self):
        return self.certificate("root")

    def stranger(self):
        return self.certificate("stranger")

    def chain(self, key_type, name):
        return self.directory / f"chain-{key_type}-{name}.pem"

    def chain_key(self, key_type, name):
        return self.key(f"{key_type}-{CHAINS.get(name, (name,))[0]}")

    def pin(self, name):
        """The digest of a certificate's public key, spelt as in a policy."""
        pem = openssl("x509", "-in", self.certificate(name), "-noout", "-pubkey")
        der = openssl("pkey", "-pubin", "-outform", "DER", stdin=pem)
        return "sha256/" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def openssl(*arguments, stdin=b""):
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(map(str, arguments))}: {done.stderr.decode()}")
    return done.stdout


def issue(pki, name, section, key_type, issuer=None):
    signed_by = ["-CA", pki.certificate(issuer), "-CAkey", pki.key(issuer)] if issuer else []
    openssl("req", "-x509", *KEY_TYPES[key_type], "-nodes", "-config", pki.directory / "req.cnf",
            "-extensions", section, "-subj", f"/O=Pinning tests/CN={name}", "-days", "30",
            "-keyout", pki.key(name), "-out", pki.certificate(name), *signed_by)


def expire(pki, name, issuer):
    """Issues a certificate for the same key again, with a date of expiry in the past."""
    config = pki.directory / "req.cnf"
    request = openssl("req", "-new", "-config", config, "-subj", f"/O=Pinning tests/CN={name}", "-key", pki.key(name))
    signing = ("x509", "-req", "-CA", pki.certificate(issuer), "-CAkey", pki.key(issuer), "-extfile", config,
               "-extensions", "leaf")
    try:
        # OpenSSL 3.4 and later make no certificate that ends before it begins.
        made = openssl(*signing, "-not_before", "20200101000000Z", "-not_after", "20200102000000Z", stdin=request)
    except RuntimeError:
        made = openssl(*signing, "-days", "-1", stdin=request)
    pki.certificate(name).write_bytes(made)


def certificate_name(key_type, name):
    return f"{key_type}-{name}" if name in LEAVES or name in OTHER_NAMES else name


def make(directory):
    """Fills a directory, replacing files of an earlier run, which may have expired."""
    pki = Pki(directory)
    pki.directory.mkdir(parents=True, exist_ok=True)
    (pki.directory / "req.cnf").write_text(CONFIG)
    issue(pki, "root", "root", "p256")
    issue(pki, "stranger", "root", "p256")
    issue(pki, "a", "intermediate", "p256", "root")
    issue(pki, "b", "intermediate", "p256", "root")
    for key_type in KEY_TYPES:
        for leaf, issuer in LEAVES.items():
            section = leaf if leaf in ("misnamed", "client") else "leaf"
            issue(pki, certificate_name(key_type, leaf), section, key_type, issuer)
        expire(pki, certificate_name(key_type, "expired"), LEAVES["expired"])
        for name in OTHER_NAMES:
            issue(pki, f"{key_type}-{name}", name, key_type, "a")
        for chain, names in {**CHAINS, **{name: (name, "a") for name in OTHER_NAMES}}.items():
            parts = [pki.certificate(certificate_name(key_type, name)).read_text() for name in names]
            pki.chain(key_type, chain).write_text("".join(parts))
    return pki


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: pki.py DIRECTORY")
    make(sys.argv[1])
