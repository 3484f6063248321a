# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Defines a surveyed program: how it is started, and what an entry for the host's name does to it."""

import contextlib
import dataclasses
import pathlib
import socket
import time
import typing

VERIFY, NONE = "verify", "none"
BOTH_WAYS = ("provider", "shim")


@dataclasses.dataclass(frozen=True)
class Case:
    """One run: the server, the CA, and an empty folder for the program's files, which is its working directory."""

    host: str
    port: int
    ca: pathlib.Path
    verification: str
    option: str
    certificate: pathlib.Path   # a client certificate, for programs that must have one
    key: pathlib.Path
    directory: pathlib.Path

    def verifies(self):
        return self.verification == VERIFY

    def by_verification(self, verified, other):
        return verified if self.verifies() else other

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path


@dataclasses.dataclass(frozen=True)
class Once:
    """A program that ends by itself."""

    command: list
    stdin: bytes = b""


@dataclasses.dataclass(frozen=True)
class Service:
    """A program that keeps running. `ask` makes it connect and returns what its client gets; "": nobody waits for it."""

    command: list
    ask: typing.Callable[[], str] = lambda: ""
    log: str = ""  # a file in the folder that it logs to


@dataclasses.dataclass(frozen=True)
class Variant:
    """One way to set up a program, and the facts about it."""

    option: str = ""            # its name in the table
    verifications: tuple = (VERIFY, NONE)
    blind: tuple = ()           # ways that do not refuse another key in a certificate for the entry's name
    blind_foreign: tuple = ()   # the same for a certificate that speaks for other names only
    blind_address: tuple = ()   # the same for an entry by address
    nameless: bool = False      # gives no name to OpenSSL or GnuTLS
    logs: bool = True           # its process can reach the log
    noisy: bool = False         # draws on a terminal: what it prints cannot be compared


def nameless(option="", verifications=(VERIFY, NONE), **known):
    """A variant that gives OpenSSL no name, so the provider has only the names in the server's certificate."""
    return Variant(option, verifications, **{"nameless": True, "blind_foreign": ("provider",), **known})


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    package: str
    speak: typing.Callable
    start: typing.Callable
    variants: tuple
    sees: str = ""              # the message of a refusal that its user sees, word for word
    helps: str = ""             # how to make it give a name, if it does not by default


ALL = {}


def program(name, package, speak, *variants, sees="", helps=""):
    """Registers the function below as the one that starts the program."""
    def note(start):
        ALL[name] = Program(name, package, speak, start, variants, sees, helps)
        return start
    return note


def when_there(kind, where, seconds=10):
    """A connection to a daemon of ours, once it listens; None if it never does."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        connection = socket.socket(kind)
        try:
            connection.settimeout(10)
            connection.connect(where)
            return connection
        except OSError:
            connection.close()
            time.sleep(0.02)
    return None


def ask_bytes(kind, where, request, wait_for=b""):
    """The answer of a daemon of ours to one request: all of it, or until it contains `wait_for`."""
    connection = when_there(kind, where)
    if not connection:
        return b"it does not listen"
    received = b""
    with connection, contextlib.suppress(OSError):
        connection.sendall(request)
        while part := connection.recv(65536):
            received += part
            if wait_for and wait_for in received:
                break
    return received


def ask(*arguments):
    return ask_bytes(*arguments).decode(errors="replace")


def get_from_proxy(port):
    return lambda: ask(socket.AF_INET, ("127.0.0.1", port), b"GET / HTTP/1.0\r\nHost: proxy\r\n\r\n")
