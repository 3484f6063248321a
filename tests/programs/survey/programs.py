# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""What a surveyed program is: how it is started, and what an entry by the host's name does to it."""

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
    """One run: where the program goes, whom it trusts, and a folder for its files, empty and its working directory."""

    host: str
    port: int
    ca: pathlib.Path
    verification: str
    option: str
    certificate: pathlib.Path   # of the program's own, for those that must have one
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
    """A program that stays. `ask` makes it connect and returns what its client gets; "": nobody waits for it."""

    command: list
    ask: typing.Callable[[], str] = lambda: ""
    log: str = ""  # a file of its own that it writes to, in the folder


@dataclasses.dataclass(frozen=True)
class Variant:
    """One way to set a program up, and what is known about it."""

    option: str = ""            # as the table names it
    verifications: tuple = (VERIFY, NONE)
    blind: tuple = ()           # ways that do not refuse another key in a certificate for the entry's name
    blind_foreign: tuple = ()   # the same for a certificate that speaks for other names only
    blind_address: tuple = ()   # the same for an entry by address
    nameless: bool = False      # gives no name to OpenSSL or GnuTLS
    logs: bool = True           # its process can reach the log
    noisy: bool = False         # draws on a terminal: what it prints cannot be compared


def nameless(option="", verifications=(VERIFY, NONE), **known):
    """A variant that gives OpenSSL no name: the provider has only the names in the server's certificate to go by."""
    return Variant(option, verifications, **{"nameless": True, "blind_foreign": ("provider",), **known})


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    package: str
    speak: typing.Callable
    start: typing.Callable
    variants: tuple
    sees: str = ""              # what its user sees of a refusal, word for word
    helps: str = ""             # how to have it give a name, where it does not by itself


ALL = {}


def program(name, package, speak, *variants, sees="", helps=""):
    """Notes the function below as the one that starts the program."""
    def note(start):
        ALL[name] = Program(name, package, speak, start, variants, sees, helps)
        return start
    return note


def when_there(kind, where, seconds=10):
    """A connection to a daemon of ours, as soon as it listens; none if it never does."""
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
    """The answer of a daemon of ours to one request: all of it, or until it contains something."""
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
