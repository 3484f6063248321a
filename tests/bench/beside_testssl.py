#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
Compares pinctl scan and testssl.sh on the same servers, those of tests/tools/scan_test.py or scan_web_test.py: what each
finds, with how many connections, in how many seconds of clock and processor. Prints the table of docs/grades.md.

    PINCTL=build/dev/bin/pinctl tests/bench/beside_testssl.py [--web | --services] [--only NAME,NAME...] [--at-once N]

testssl.sh also asks everything that pinctl asks; --questions=-U makes it try attacks. --web: nginx and its headers, with
--questions=-h. --services: the servers of weak_services.py, which says what is wrong with each.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
import scan_test as zoo  # noqa: E402
import scan_web_test as web_zoo  # noqa: E402
import weak_services as services  # noqa: E402
from pinctl_case import CERTIFICATES, make_certificates, path  # noqa: E402

# A finding of pinctl, and the same finding of testssl.sh: its identifier, and a part of its text.
SAME = {
    "tls10": ("TLS1|TLS1_1|TLS1_2|BEAST.*", ""), "tls11": ("TLS1_1|TLS1_2", ""), "null-cipher": ("cipherlist_NULL", ""),
    "anonymous": ("cipherlist_aNULL", ""), "cbc": ("cipherlist_AVERAGE|cipherlist_OBSOLETED|LUCKY13", ""),
    "no-aead": ("cipherlist_STRONG|cipher_negotiated", ""), "client-order": ("cipher_order", ""), "weak-key": ("cert_keySize", ""),
    "weak-signature": ("cert_signatureAlgorithm", ""), "chain-incomplete": ("cert_chain_of_trust", ""),
    "not-trusted": ("cert_chain_of_trust", ""), "wrong-name": ("cert_trust", ""), "chain-order": ("certs_list_ordering_problem", ""),
    "chain-needless": ("certs_list_ordering_problem", ""), "expired": ("cert_expirationStatus|cert_chain_of_trust", ""),
    "expires-soon": ("cert_expirationStatus", ""), "long-life": ("cert_extlifeSpan|cert_validityPeriod", ""),
    "revoked": ("cert_ocspRevoked|OCSP_stapling|cert_revocation.*", ""), "must-staple": ("cert_mustStapleExtension", ""),
    "tiny-dh": ("LOGJAM.*", ""), "weak-dh": ("LOGJAM.*", ""), "no-hsts": ("HSTS.*", ""), "short-hsts": ("HSTS_time", ""),
    "hsts-host-only": ("HSTS_subdomains", ""), "rc4": ("cipherlist_LOW", ""), "triple-des": ("cipherlist_3DES_IDEA", ""),
    "export-cipher": ("cipherlist_EXPORT", ""),
    "no-staple": ("OCSP_stapling", ""), "staple-old": ("cert_ocspRevoked", ""), "staple-wrong": ("cert_ocspRevoked", ""),
}
# Findings that all servers share: the certificate has no revocation information, and ends in 30 days. pinctl warns at 10.
ALWAYS = {"cert_revocation", "cert_notAfter", "cert_expirationStatus"}


def host_and_port(name):
    if name in web_zoo.Http.SITES:
        return f"{name}.web.example", 443
    port, _ = services.STARTTLS.get(name, (zoo.PORT, None))
    return zoo.host_of(name), port


class Counter:
    """A relay in front of a server that counts connections."""

    def __init__(self, port):
        self.count, self.there = 0, port
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            here, _ = self.listener.accept()
            self.count += 1
            try:
                there = socket.create_connection(("127.0.0.1", self.there))
            except OSError:
                here.close()
                continue
            for pair in ((here, there), (there, here)):
                threading.Thread(target=self.pass_on, args=pair, daemon=True).start()

    @staticmethod
    def pass_on(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def measured(command, **more):
    """(output of a command, its seconds by the clock, processor seconds of it and all its children)"""
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, check=False, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, time.monotonic() - begun, sum(after[:2]) - sum(before[:2])


def by_pinctl(ports):
    counters = {name: Counter(port) for name, port in ports.items()}
    words = ["scan", "--json", "--rate", "0", "--warning", "10", "--ca", path("root.pem")]
    for name, counter in counters.items():
        words += ["--connect", "{}:{}:127.0.0.1:{}".format(*host_and_port(name), counter.port)]
    out, seconds, processor = measured([os.environ["PINCTL"], *words, *("{}:{}".format(*host_and_port(name)) for name in ports)],
                                       env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})
    found = {host["host"]: sorted({item["code"] for item in host["findings"]}) for host in json.loads(out)["hosts"]}
    return {name: (found[host_and_port(name)[0]], counters[name].count) for name in ports}, seconds, processor


def by_testssl(name, port, limit, questions):
    counter = Counter(port)
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        command = ["timeout", str(limit), "testssl", "--quiet", "--warnings", "off", "--color", "0", "--nodns", "none", "--ip", "127.0.0.1",
                   "--add-ca", path("root.pem"), *questions, *(("-t", services.STARTTLS[name][1]) if name in services.STARTTLS else ()),
                   "--jsonfile", report,
                   f"{host_and_port(name)[0]}:{counter.port}"]
        begun = time.monotonic()
        process = subprocess.Popen(["/usr/bin/time", "-f", "%U %S", "-o", os.path.join(folder, "time"), *command],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        status = process.wait()
        seconds = time.monotonic() - begun
        processor = sum(map(float, pathlib.Path(folder, "time").read_text().splitlines()[-1].split()))
        try:
            said = json.loads(pathlib.Path(report).read_text())
        except (OSError, ValueError):
            said = []
    found = [[item["id"].split(" ")[0], item["severity"], item["finding"]] for item in said]
    return {"said": found, "status": status, "connections": counter.count, "seconds": seconds, "processor": processor}


def compared(name, codes, said):
    """(what both found, what only pinctl found, what only testssl.sh found)"""
    bad = [item for item in said if item[1] in ("LOW", "MEDIUM", "HIGH", "CRITICAL") or item[:2] == ["cert_ocspRevoked", "WARN"]]
    both, left = [], []
    matched = set()
    for code in codes:
        ident, part = SAME.get(code, (None, ""))
        fits = [item for item in bad if ident and re.fullmatch(ident, item[0]) and part.lower() in item[2].lower()]
        matched |= {item[0] for item in fits}
        (both if fits else left).append(code)
    alone = sorted({item[0] for item in bad if item[0] not in matched and item[0] not in ALWAYS})
    return both, left, alone


def print_table(ours, theirs):
    print("| server | both | pinctl alone | testssl.sh alone | connections |\n|---|---|---|---|---|")
    for name in theirs:
        both, left, alone = compared(name, ours[name][0], theirs[name]["said"])
        print(f"| {name} | {', '.join(both)} | {', '.join(left)} | {', '.join(alone)} | {ours[name][1]} / {theirs[name]['connections']} |")
    print(f"testssl.sh: {sum(item['connections'] for item in theirs.values())} connections, "
          f"{sum(item['seconds'] for item in theirs.values()):.0f} s one after the other, "
          f"{sum(item['processor'] for item in theirs.values()):.0f} s of a processor")


def started(names, which):
    """The ports of the running servers, and a function that ends them."""
    if which.services:
        running = services.Services()
        return {name: port for name, port in running.ports.items() if name in (names or running.ports)}, running.close
    if which.web:
        case = web_zoo.Http("test_headers")
        case.setUp()
        return {name: port for name, port in case.ports.items() if name in (names or web_zoo.Http.SITES)}, case.doCleanups
    zoo.Zoo.setUpClass()
    return {name: port for name, port in zoo.Zoo.servers.ports.items() if name in (names or zoo.ZOO)}, zoo.Zoo.servers.close


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", help="names of servers, parted by commas")
    parser.add_argument("--web", action="store_true", help="ask the nginx of the test instead")
    parser.add_argument("--services", action="store_true", help="ask nginx, haproxy, Postfix and PostgreSQL instead")
    parser.add_argument("--at-once", type=int, default=1)
    parser.add_argument("--limit", type=int, default=900)
    parser.add_argument("--questions", default="-p -s -f -P -S", help="options of testssl.sh")
    parser.add_argument("--raw", help="write all results to this file")
    parser.add_argument("--table", nargs="+", help="only print the table of these files")
    options = parser.parse_args()
    if options.table:
        for file in options.table:
            print_table(**json.loads(pathlib.Path(file).read_text()))
        return
    make_certificates()
    ports, end = started(options.only and options.only.split(","), options)
    ours, seconds, processor = by_pinctl(ports)
    print(f"pinctl: {len(ports)} servers, {sum(count for _, count in ours.values())} connections, {seconds:.1f} s, "
          f"{processor:.1f} s of a processor", flush=True)
    for name, (found, _) in ours.items():
        if found != sorted(services.EXPECTED.get(name, found)):
            print(f"{name}: expected {services.EXPECTED[name]}, found {found}")
    theirs = {}
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        asked = {pool.submit(by_testssl, name, port, options.limit, options.questions.split()): name for name, port in ports.items()}
        for future in concurrent.futures.as_completed(asked):
            theirs[asked[future]] = future.result()
            print(asked[future], {key: value for key, value in future.result().items() if key != "said"}, file=sys.stderr, flush=True)
            if options.raw:
                pathlib.Path(options.raw).write_text(json.dumps({"ours": ours, "theirs": theirs}, indent=1))
    print_table(ours, theirs)
    end()
    shutil.rmtree(CERTIFICATES)


if __name__ == "__main__":
    main()
