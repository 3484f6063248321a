#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Runs curl in user namespaces, in which root, the owner of the policy, has no number.

    contained.py --module .../pinning.so --preload .../libpinning-preload.so

A pin works there as outside, and connections to a host without an entry are the same.
"""

import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import enforcement
import pki as pki_module
import servers
import world
from pki import OTHER_HOST, PINNED_HOST

SOMEBODY = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"]
CONTAINERS = {
    "as somebody": SOMEBODY,
    "unshare -U": [*SOMEBODY, "unshare", "--user"],
    "unshare -Ur": [*SOMEBODY, "unshare", "--user", "--map-root-user"],
    "unshare -U as root": ["unshare", "--user"],
    "bwrap": [*SOMEBODY, "bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"],
    "bwrap as root of its own": [*SOMEBODY, "bwrap", "--unshare-user", "--uid", "0", "--ro-bind", "/", "/", "--dev", "/dev",
                                 "--proc", "/proc"],
}
# (host, chain, expected outcome under the policy)
CASES = ((PINNED_HOST, "right", "accepted"), (PINNED_HOST, "swapped", "refused"), (OTHER_HOST, "other", "accepted"))


def curl(prefix, environment, host, port, ca):
    # The environment is set inside, because the program that makes the container is not tested.
    inside = ["env", *(f"{name}={value}" for name, value in environment.items())]
    return subprocess.run([*prefix, *inside, "curl", "--silent", "--show-error", "--max-time", "20", "--cacert", ca,
                           "--connect-to", f"{host}:{port}:127.0.0.1:{port}", f"https://{host}:{port}/"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def prepare(directory, options):
    """Puts our libraries, the policy and the CA where everybody can read them; root owns all of them."""
    pki = pki_module.Pki(options.certificates) if options.certificates else pki_module.make(directory / "pki")
    library = directory / "lib"
    subprocess.run(["cp", "-rL", options.preload.resolve(strict=True).parent, library], check=True)
    module = options.module.resolve(strict=True)
    (directory / "root.pem").write_bytes(pki.root().read_bytes())
    (directory / "policy.cfg").write_text(
        f'version = 1;\nhosts = ( {{ name = "{PINNED_HOST}"; pins = [ "{pki.pin("p256-right")}" ]; }} );\n')
    return pki, (enforcement.Nothing(), enforcement.Provider(library / module.parent.name / module.name, directory),
                 enforcement.Shim(library / options.preload.name))


def run(directory, options):
    pki, ways = prepare(directory, options)
    runs = failed = 0
    for host, chain, wanted in CASES:
        with servers.HttpsServers().serve(pki.chain("p256", chain), pki.chain_key("p256", chain)) as port:
            for name, prefix in CONTAINERS.items():
                for way in ways:
                    environment = enforcement.environment(way, directory / "policy.cfg", False)
                    done = curl(prefix, environment, host, port, directory / "root.pem")
                    found = {0: "accepted", 60: "refused"}.get(done.returncode, done.stdout.decode(errors="replace"))
                    expected = "accepted" if way is ways[0] else wanted
                    runs += 1
                    failed += found != expected
                    print(f"{'ok' if found == expected else 'FAIL'} {name}, {host}, {chain} key, {way.name}: {found}")
    print(f"{runs} runs, {failed} not as expected")
    return 1 if failed else 0


def main():
    options = world.options()
    if os.geteuid() != 0:
        sys.exit("contained.py: needs root, who has to own the policy")
    os.umask(0o022)
    with world.folder() as directory:
        return run(directory, options)


if __name__ == "__main__":
    sys.exit(main())
