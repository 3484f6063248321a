#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Tests real programs with crowds that an outsider can make: of idle connections, or of addresses in one DNS answer.

    crowded.py --module .../pinning.so --preload .../libpinning-preload.so

A crowd never hides an entry, and a client that connects to the program is not taken for its server.
"""

import contextlib
import pathlib
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import world
import enforcement
import peers
import pki as pki_module
from pki import PINNED_HOST
from programs import ask, when_there

PORT, FRONT, ASYNC = 7001, 6001, 6002
BACKEND = "127.0.0.2"

ASYNCIO = """
import asyncio, ssl, sys
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
async def serve(reader, writer):
    if await reader.readline():
        try:
            _, far = await asyncio.wait_for(asyncio.open_connection(sys.argv[1], int(sys.argv[2]), ssl=context,
                                                                    server_hostname=""), 10)
            far.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
            await far.drain()
            far.close()
            writer.write(b"200\\n")
        except Exception as error:
            writer.write(b"503 " + str(error).encode() + b"\\n")
    writer.close()
async def main():
    async with await asyncio.start_server(serve, "0.0.0.0", int(sys.argv[3]), backlog=8192) as server:
        await server.serve_forever()
asyncio.run(main())
"""


def haproxy(directory, chroot):
    config = directory / "haproxy.cfg"
    config.write_text(f"""
global
  maxconn 6000
  {f"chroot {directory}" if chroot else ""}
defaults
  mode http
  timeout connect 10s
  timeout client 120s
  timeout http-request 120s
  timeout server 10s
  retries 0
frontend front
  bind 0.0.0.0:{FRONT} backlog 8192
  default_backend back
backend back
  server one {BACKEND}:{PORT} ssl verify none
""")
    return ["haproxy", "-db", "-f", config], FRONT, b"GET / HTTP/1.0\r\nHost: proxy\r\n\r\n"


def asyncio_server(directory, _chroot):
    script = directory / "server.py"
    script.write_text(ASYNCIO)
    return ["/usr/bin/python3", script, BACKEND, str(PORT), str(ASYNC)], ASYNC, b"go\n"


class Crowd:
    """Connections to a server of ours that stay open and silent, from one address or each from its own."""

    def __init__(self, port, size, source):
        self.sockets = []
        for number in range(size):
            here = source or f"127.2.{number // 250}.{number % 250 + 1}"
            self.sockets.append(socket.create_connection(("127.0.0.1", port), 20, (here, 0)))

    def close(self):
        for each in self.sockets:
            each.close()


def talk(server, arguments, directory, environment, size, source):
    """The answer of the server while such a crowd is connected to it."""
    command, port, request = server(directory, *arguments)
    with open(directory / "output", "wb") as output:
        process = subprocess.Popen([str(word) for word in command], env=environment, cwd=directory, stdout=output,
                                   stderr=subprocess.STDOUT)
    try:
        when_there(socket.AF_INET, ("127.0.0.1", port)).close()
        with contextlib.closing(Crowd(port, size, source)):
            return ask(socket.AF_INET, ("127.0.0.1", port), request)
    finally:
        process.terminate()
        process.wait()


class Resolver:
    """Answers every name with the same addresses, over TCP, because a datagram has no room for so many."""

    def __init__(self, addresses):
        self.addresses = addresses
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(("127.0.0.1", 53))
        self.streams = socket.create_server(("127.0.0.1", 53))
        for work in (self._send_to_tcp, self._answer):
            threading.Thread(target=work, daemon=True).start()

    def _send_to_tcp(self):
        while True:
            query, client = self.datagrams.recvfrom(4096)
            self.datagrams.sendto(query[:2] + b"\x83\x80" + query[4:6] + bytes(6) + query[12:], client)

    def _answer(self):
        while True:
            connection, _ = self.streams.accept()
            with connection, contextlib.suppress(OSError, struct.error):
                connection.settimeout(5)
                # glibc asks for IPv4 and IPv6 addresses on one connection.
                while size := connection.recv(2, socket.MSG_WAITALL):
                    query = connection.recv(struct.unpack("!H", size)[0], socket.MSG_WAITALL)
                    reply = peers.dns_answer(query, self.addresses)
                    connection.sendall(struct.pack("!H", len(reply)) + reply)


class Cases:
    def __init__(self, directory, options):
        self.directory = directory
        self.pki = pki_module.Pki(options.certificates) if options.certificates else pki_module.make(directory / "pki")
        self.log = world.Log()
        self.none = enforcement.Nothing()
        self.provider = enforcement.Provider(options.module.resolve(strict=True), directory)
        self.shim = enforcement.Shim(options.preload.resolve(strict=True))
        self.runs = self.failed = 0

    def environment(self, way, host):
        policy = self.directory / f"policy-{host}.cfg"
        policy.write_text(f'version = 1;\nhosts = ( {{ name = "{host}"; pins = [ "{self.pki.pin("p256-right")}" ]; }} );\n')
        return enforcement.environment(way, policy, False)

    def expect(self, title, way, found, wanted):
        self.runs += 1
        if found != wanted:
            self.failed += 1
        print(f"{'ok' if found == wanted else 'FAIL'} {title}, {way.name}: {found}", flush=True)

    def crowd(self, name, server, arguments, size, *, entry=BACKEND, source=None, refused=True, ways=()):
        with tempfile.TemporaryDirectory(dir=self.directory) as folder:
            for way in (self.none, *(ways or (self.provider, self.shim))):
                answer = talk(server, arguments, pathlib.Path(folder), self.environment(way, entry), size, source)
                word = "refused" if "503" in answer[:20] else "accepted" if "200" in answer[:20] else repr(answer[:60])
                self.expect(f"{name}, {size} idle clients from {source or 'as many addresses'}, entry for {entry}", way, word,
                            "refused" if refused and way is not self.none else "accepted")

    def many_addresses(self, peer):
        """redis-cli without --sni: only the shim knows the name, and it must keep it for the first address too."""
        Resolver([BACKEND] + [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(299)])
        for way in (self.none, self.shim):
            peer.take(0)
            done = subprocess.run(["redis-cli", "--tls", "--insecure", "-h", PINNED_HOST, "-p", str(PORT), "PING"],
                                  env=self.environment(way, PINNED_HOST), capture_output=True, timeout=30, check=False)
            records = peer.take()
            word = "accepted" if any(record.data for record in records) else "refused" if records else f"{done.stderr!r}"
            self.expect("redis-cli, 300 addresses of the name", way, word, "accepted" if way is self.none else "refused")


def main():
    options = world.options()
    world.enter()
    wanted = 20000
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < wanted:
        sys.exit("crowded.py: the limit of open files is too low")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
    with world.folder() as directory:
        world.furnish(directory, addresses={})
        cases = Cases(directory, options)
        with peers.serving({PORT: peers.http}, cases.pki, "swapped"):
            cases.crowd("haproxy", haproxy, (False,), 255)
            cases.crowd("haproxy, chroot", haproxy, (True,), 4100, source="127.0.0.1")
            cases.crowd("asyncio", asyncio_server, (False,), 255)
            # A client is not our server: an entry for the client's address must not apply to the backend.
            cases.crowd("haproxy", haproxy, (False,), 1, entry="127.0.0.9", source="127.0.0.9", refused=False)
            cases.crowd("asyncio", asyncio_server, (False,), 1, entry="127.0.0.9", source="127.0.0.9", refused=False)
        with peers.serving({PORT: peers.redis}, cases.pki, "swapped") as (peer,):
            cases.many_addresses(peer)
        world.leave()
    print(f"{cases.runs} runs, {cases.failed} not as expected")
    return 1 if cases.failed else 0


if __name__ == "__main__":
    sys.exit(main())
