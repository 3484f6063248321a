#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Tests that pinning works in Debian's tor, which exports functions with names that libconfig also has.

tor runs under the provider and under the shim, with a policy as text and compiled. Its only bridge is a TLS server of this
test. The policy is edited by hand meanwhile: tor keeps running, connects before the edit, and is refused afterwards.

    tor_test.py --pki FOLDER --module FILE --preload FILE --pinctl FILE"""

import argparse
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'lib'))
from loopback import Server  # noqa: E402
from openssl_conf import openssl_conf  # noqa: E402
DEADLINE = 40
SKIPPED = 77


class CountingServer(Server):
    """Counts the handshakes that were completed."""

    def __init__(self, pki):
        self.handshakes = 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # In TLS 1.3 the server has completed its handshake only when the client has answered.
        self.context.load_cert_chain(f'{pki}/chain-bad.pem', f'{pki}/key-bad.pem')
        super().__init__(self.count)

    def count(self, connection):
        with self.context.wrap_socket(connection, server_side=True):
            self.handshakes += 1


def write_policy(pki, path, host):
    """Changes a policy in place, as an editor does."""
    with open(f'{pki}/policy-good.cfg', encoding='utf-8') as file:
        pin = re.search('sha256/[^"]*', file.read())[0]
    text = f'version = 1;\nhosts = ( {{ name = "{host}"; include_subdomains = true; pins = [ "{pin}" ]; }} );\n'
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    os.chmod(path, 0o644)


def environment(way, folder, policy, options):
    env = {name: value for name, value in os.environ.items() if not name.startswith(('PINNING_', 'SSL_', 'OPENSSL_'))}
    env['PINNING_DEBUG'] = '1'
    env['PINNING_POLICY'] = policy
    env['OPENSSL_CONF'] = '/dev/null'
    if way == 'provider':
        env['OPENSSL_CONF'] = f'{folder}/openssl.cnf'
        with open(env['OPENSSL_CONF'], 'w', encoding='utf-8') as file:
            file.write(openssl_conf(options.module, policy))
    else:
        env['LD_PRELOAD'] = options.preload
    return env


def wait_until(tor, what):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end and tor.poll() is None:
        if what():
            return True
        time.sleep(0.05)
    return False


def read(path):
    with open(path, encoding='utf-8', errors='replace') as file:
        return file.read()


def watch(tor, server, policy, output, pki):
    """An error message, or None if nothing is wrong."""
    if not wait_until(tor, lambda: server.handshakes >= 2):
        return f'before the edit: status {tor.poll()}, {server.handshakes} handshakes'
    # tor sends random names, but always of this domain.
    write_policy(pki, policy, 'com')
    if not wait_until(tor, lambda: 'verdict=refused' in read(output)):
        return f'after the edit: status {tor.poll()}, nothing was refused'
    time.sleep(1)
    return f'after the refusal: status {tor.poll()}' if tor.poll() is not None else None


def run(way, compiled, options):
    with tempfile.TemporaryDirectory(prefix='tor-') as folder:
        policy, output, torrc = f'{folder}/policy.cfg', f'{folder}/output', f'{folder}/torrc'
        write_policy(options.pki, policy, 'unrelated.test.example')
        if compiled:
            subprocess.run([options.pinctl, 'compile', '--policy', policy], check=True, stdout=subprocess.DEVNULL)
        server = CountingServer(options.pki)
        with open(torrc, 'w', encoding='utf-8') as file:
            file.write(f'DataDirectory {folder}/data\nSocksPort 0\nUseBridges 1\nBridge 127.0.0.1:{server.port}\n')
        with open(output, 'w', encoding='utf-8') as file:
            tor = subprocess.Popen(['tor', '-f', torrc, '--defaults-torrc', torrc], stdout=file, stderr=subprocess.STDOUT,
                                   env=environment(way, folder, policy, options))
        wrong = watch(tor, server, policy, output, options.pki)
        tor.kill()
        tor.wait()
        server.listener.close()
        print(f'tor by the {way}, policy {"compiled" if compiled else "as text"}: {wrong or "as expected"}', flush=True)
        if wrong:
            print(read(output)[-3000:])
        return wrong is None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ('pki', 'module', 'preload', 'pinctl'):
        parser.add_argument(f'--{name}', required=True, type=os.path.abspath)
    options = parser.parse_args()
    if shutil.which('tor') is None:
        print('no tor here')
        return SKIPPED
    results = [run(way, compiled, options) for way in ('provider', 'shim') for compiled in (False, True)]
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
