#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Tests openvpn over UDP, whose socket is not connected, and which gives OpenSSL no name.

    datagrams.py --module .../pinning.so --preload .../libpinning-preload.so

The shim knows the names that openvpn resolved, and openvpn has no other connection. The provider alone has only the names
in the server's certificate. The server says whether its client finished the handshake.
"""

import contextlib
import pathlib
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import world
import enforcement
import pki as pki_module
from pki import OTHER_HOST, PINNED_HOST

PORT = 7001
ADDRESS = world.ADDRESSES[PINNED_HOST]
BY_BOTH, BY_SHIM = ("provider", "shim"), ("shim",)

# (entry, host that the client gets, chain that the server shows, ways that refuse it)
CASES = (
    (PINNED_HOST, PINNED_HOST, "right", ()),
    (PINNED_HOST, PINNED_HOST, "swapped", BY_BOTH),
    (PINNED_HOST, PINNED_HOST, "foreign", BY_SHIM),
    (PINNED_HOST, PINNED_HOST, "other", BY_SHIM),
    (ADDRESS, PINNED_HOST, "right", ()),
    (ADDRESS, PINNED_HOST, "swapped", BY_SHIM),
    (ADDRESS, ADDRESS, "right", ()),
    (ADDRESS, ADDRESS, "foreign", BY_SHIM),
    (PINNED_HOST, OTHER_HOST, "other", ()),
    (ADDRESS, OTHER_HOST, "foreign", ()),
)


def openvpn(log, environment, *options):
    with open(log, "wb") as output:
        return subprocess.Popen(["openvpn", "--dev", "null", "--verb", "3", "--hand-window", "15", "--cipher", "AES-256-GCM",
                                 *map(str, options)], env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                stderr=subprocess.STDOUT)


def ended(process):
    process.terminate()
    process.wait()


def wait_for(log, words, seconds=20):
    """The first of these words that appears in the log of a program."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        text = log.read_text(errors="replace")
        for word in words:
            if word in text:
                return word
        time.sleep(0.02)
    return ""


def connect(directory, environment, pki, host, chain, protocol):
    """The outcome of one client."""
    to, by = ("tcp-client", "tcp-server") if protocol == "tcp" else ("udp", "udp")
    server_log, client_log = directory / "server.log", directory / "client.log"
    own = ("--ca", pki.root())
    with contextlib.ExitStack() as stack:
        stack.callback(ended, openvpn(server_log, {"PATH": enforcement.PATH}, "--tls-server", "--dh", "none", "--proto", by,
                                      "--local", world.ADDRESSES.get(host, host), "--lport", PORT, *own,
                                      "--cert", pki.chain("p256", chain), "--key", pki.chain_key("p256", chain)))
        if not wait_for(server_log, ("link remote: [AF_UNSPEC]", "Listening for incoming")):
            return server_log.read_text()[-300:]
        stack.callback(ended, openvpn(client_log, environment, "--tls-client", "--proto", to, "--remote", host, PORT, "--nobind",
                                      *own, "--cert", pki.chain("p256", "client"), "--key", pki.chain_key("p256", "client")))
        found = wait_for(client_log, ("Peer Connection Initiated", "verdict=refused", "AUTH_FAILED", "TLS Error"))
        if found == "verdict=refused":
            wait_for(client_log, ("TLS handshake failed", "Fatal TLS error"))
        served = "Peer Connection Initiated" in server_log.read_text(errors="replace")
    if found == "Peer Connection Initiated":
        return "accepted"
    return "refused" if found == "verdict=refused" and not served else client_log.read_text(errors="replace")[-300:]


def run(directory, options):
    pki = pki_module.Pki(options.certificates) if options.certificates else pki_module.make(directory / "pki")
    ways = (enforcement.Nothing(), enforcement.Provider(options.module.resolve(strict=True), directory),
            enforcement.Shim(options.preload.resolve(strict=True)))
    runs = failed = 0
    for protocol in ("udp", "tcp"):
        for entry, host, chain, refusing in CASES:
            policy = directory / f"policy-{entry}.cfg"
            policy.write_text(f'version = 1;\nhosts = ( {{ name = "{entry}"; pins = [ "{pki.pin("p256-right")}" ]; }} );\n')
            for way in ways:
                # A TCP socket shows its peer's address, which is enough for an entry by address.
                refused = way.name in (BY_BOTH if refusing and protocol == "tcp" and entry == ADDRESS else refusing)
                found = connect(directory, enforcement.environment(way, policy, True), pki, host, chain, protocol)
                wanted = "refused" if refused else "accepted"
                runs += 1
                failed += found != wanted
                print(f"{'ok' if found == wanted else 'FAIL'} openvpn, {protocol}, entry for {entry}, to {host}, key {chain}, "
                      f"{way.name}: {found}", flush=True)
    print(f"{runs} runs, {failed} not as expected")
    return 1 if failed else 0


def main():
    options = world.options()
    world.enter()
    with world.folder() as directory:
        world.furnish(directory)
        status = run(directory, options)
        world.leave()
    return status


if __name__ == "__main__":
    sys.exit(main())
