# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""
Makes each program of docs/troubleshooting.md connect to a server with a swapped key, and looks for every line that the
document quotes. The drivers of the program tests run the programs.

The environment variable PINNING_MODULE names what was built.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import documents
from sandbox import SOURCE, servers

import enforcement
import pki

DRIVERS = SOURCE / "tests" / "programs" / "drivers"
DOCUMENT = SOURCE / "docs" / "troubleshooting.md"
# Programs that use GnuTLS; only the shim reaches them.
BY_SHIM = {"git", "wget"}


def command(program, port, certificates):
    if program == "s_client-summary":  # the driver leaves out this line
        return ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", pki.PINNED_HOST]
    return [DRIVERS / program, "connect", pki.PINNED_HOST, str(port), certificates.root(), "verify,tls1.3"]


def comparable(text):
    return re.sub(r"_ssl\.c:\d+", "_ssl.c:N", text)


def missing_lines(block, output):
    return [line for line in comparable(block.text).splitlines() if line not in comparable(output)]


def check(blocks, certificates, policy, directory):
    provider = enforcement.Provider(os.environ["PINNING_MODULE"], directory)
    shim = enforcement.Shim(os.environ["PINNING_PRELOAD"])
    chain, key = certificates.chain("p256", "swapped"), certificates.chain_key("p256", "swapped")
    wrong = []
    with servers.HttpsServers().serve(chain, key) as https, servers.PostgresServers(directory).serve(chain, key) as postgres:
        for block in blocks:
            program = block.words[0]
            way = shim if program in BY_SHIM else provider
            done = subprocess.run(command(program, postgres if program == "psql" else https, certificates),
                                  env=enforcement.environment(way, policy, with_log=False), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
            output = done.stdout.decode(errors="replace")
            if done.returncode == 0 or missing_lines(block, output):
                wrong.append(f"{block.place}: {program} leaves with {done.returncode} and does not print\n"
                             + "\n".join(missing_lines(block, output)) + f"\nbut\n{output}")
    return wrong


def main():
    blocks = [block for block in documents.read(DOCUMENT) if block.kind == "text" and block.words]
    named = {block.words[0].split("-summary")[0] for block in blocks}
    # All three drivers of python3 print the same.
    forgotten = {path.name for path in DRIVERS.iterdir()} - named - {"python-asyncio", "python-http"}
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)  # PostgreSQL's user needs to pass through
        certificates = pki.make(pathlib.Path(directory) / "pki")
        policy = pathlib.Path(directory) / "policy.cfg"
        policy.write_text(f'version = 1;\nhosts = ( {{ name = "{pki.PINNED_HOST}"; '
                          f'pins = [ "{certificates.pin("p256-right")}" ]; }} );\n')
        wrong = check(blocks, certificates, policy, directory)
    wrong += [f"{DOCUMENT.name} has no message of {program}" for program in sorted(forgotten)]
    if wrong or not blocks:
        sys.exit("\n".join(wrong) or "no messages were found")
    print(f"{len(blocks)} messages of programs are as the document says")


main()
