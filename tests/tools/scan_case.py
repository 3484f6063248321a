# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What the tests of pinctl scan share: leaves and what is shown with them, servers, and a scan of many ports."""

import os
import re
import ssl
import subprocess

import live_servers as live
from pinctl_case import CERTIFICATES, EC, PinctlCase, issue, openssl, path, read, write

LEAF = "basicConstraints=CA:FALSE"
RSA = ("-newkey", "rsa:2048")
GOOD = ("-serverpref", "-cipher", "ECDHE+AESGCM", "-groups", "X25519:P-256")
RESPONDER = "authorityInfoAccess=OCSP;URI:http://127.0.0.1:1/"
PORT = 4433
GCM = "ECDHE-ECDSA-AES128-GCM-SHA256"
RSA_GCM = "ECDHE-RSA-AES128-GCM-SHA256"
# The answers of a server that takes SSL 3 (RFC 6101), and SSL 2.
HELLO3 = b"\x16\3\0\0\x2a\2\0\0\x26\3\0" + bytes(32) + b"\0\0\x0a\0"
HELLO2 = b"\x80\x0e\4\0\1\0\2\0\0\0\3\0\0\1\0\x80"
NEWEST = (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)


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
        # A sound server may need long for an answer where the machine has other things to do.
        words += () if "--timeout" in more else ("--timeout", "60")
        for (host, port), real in ports.items():
            words += ["--connect", f"{host}:{port}:127.0.0.1:{real}"]
        asked = [f"{host}:{port}" for host, port in ports if port != 80]
        found = self.json(*words, *asked, status=status, environment=environment)["hosts"]
        return {(host["host"], host["port"]): host for host in found}

    @staticmethod
    def codes(host):
        return sorted({finding["code"] for finding in host["findings"]})
