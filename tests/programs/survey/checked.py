#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Tests real programs that give OpenSSL no name, and compare the certificate's names themselves after the handshake.

    checked.py --module .../pinning.so --preload .../libpinning-preload.so

nginx gets an address, so it resolves no name, and its check of the certificate is all that the shim can see. The provider
uses the names in the certificate, and cannot use a wildcard.
"""

import contextlib
import pathlib
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import world
import enforcement
import peers
import pki as pki_module
from pki import OTHER_HOST, PINNED_HOST
from programs import ask, when_there

PORT, FRONT = 7001, 6001
ADDRESS = world.ADDRESSES[PINNED_HOST]
# {chain: outcome without pinning, under the provider and under the shim}
ALL, SHIM_ONLY, BOTH = "accepted accepted accepted", "accepted accepted refused", "accepted refused refused"


class Cases:
    def __init__(self, directory, options):
        self.directory = directory
        self.pki = pki_module.Pki(options.certificates) if options.certificates else pki_module.make(directory / "pki")
        self.log = world.Log()
        self.ways = (enforcement.Nothing(), enforcement.Provider(options.module.resolve(strict=True), directory),
                     enforcement.Shim(options.preload.resolve(strict=True)))
        self.policy = directory / "policy.cfg"
        self.policy.write_text(f'version = 1;\nhosts = ( {{ name = "{PINNED_HOST}"; '
                               f'pins = [ "{self.pki.pin("p256-right")}" ]; }} );\n')
        self.ca = directory / "ca.pem"
        self.ca.write_bytes(pathlib.Path(self.pki.root()).read_bytes())
        self.ca.chmod(0o644)
        self.failed = 0

    def run(self, title, start, chain, wanted, speak, *arguments):
        found = []
        with peers.serving({PORT: speak}, self.pki, chain) as (peer,):
            for way in self.ways:
                with tempfile.TemporaryDirectory(dir=self.directory) as folder:
                    peer.take(0)
                    start(self, pathlib.Path(folder), enforcement.environment(way, self.policy, False), *arguments)
                    peer.wait(10)
                    found.append("accepted" if any(record.data for record in peer.take()) else "refused")
        good = " ".join(found) == wanted
        self.failed += not good
        print(f"{'ok' if good else 'FAIL'} {title}, {chain}: {' '.join(found)}", flush=True)


def nginx(cases, folder, environment, verify, name):
    config = folder / "nginx.conf"
    config.write_text(f"""
worker_processes 1;
daemon off;
user root;
pid {folder}/pid;
env PINNING_POLICY;
events {{ worker_connections 16; }}
http {{
  access_log off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{FRONT};
    location / {{
      proxy_pass https://{ADDRESS}:{PORT};
      proxy_ssl_verify {verify};
      proxy_ssl_verify_depth 4;
      proxy_ssl_trusted_certificate {cases.ca};
      proxy_ssl_name {name};
    }}
  }}
}}
""")
    with open(folder / "output", "wb") as output:
        process = subprocess.Popen(["nginx", "-p", folder, "-c", config, "-e", folder / "error.log"], env=environment,
                                   cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    try:
        when_there(socket.AF_INET, ("127.0.0.1", FRONT)).close()
        ask(socket.AF_INET, ("127.0.0.1", FRONT), b"GET / HTTP/1.0\r\nHost: proxy\r\n\r\n")
    finally:
        process.terminate()
        process.wait()


def mariadb(cases, folder, environment):
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(["mariadb", "--no-defaults", "--ssl", f"--ssl-ca={cases.ca}", "--ssl-verify-server-cert", "-h",
                        PINNED_HOST, "-P", str(PORT), "-u", "tester", "--batch", "-e", "do 1"], env=environment, cwd=folder,
                       capture_output=True, timeout=15, check=False)


def main():
    options = world.options()
    world.enter()
    with world.folder() as directory:
        world.furnish(directory)
        cases = Cases(directory, options)
        for chain, wanted in (("right", ALL), ("swapped", BOTH), ("starred", SHIM_ONLY)):
            cases.run("nginx, proxy_ssl_verify on", nginx, chain, wanted, peers.http, "on", PINNED_HOST)
        cases.run("nginx, proxy_ssl_verify off", nginx, "starred", ALL, peers.http, "off", PINNED_HOST)
        cases.run("nginx, host without an entry", nginx, "other", ALL, peers.http, "on", OTHER_HOST)
        for chain, wanted in (("right", ALL), ("swapped", BOTH), ("starred", SHIM_ONLY)):
            cases.run("mariadb --ssl-verify-server-cert", mariadb, chain, wanted, peers.mysql)
        world.leave()
    print(f"{cases.failed} not as expected")
    return 1 if cases.failed else 0


if __name__ == "__main__":
    sys.exit(main())
