# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Gives the programs a separate system: names, a network that has only a loopback, a log, processes.

Programs must resolve names themselves, because the shim watches that. Daemons need fixed ports, and a log that no other
program writes to. So the runner starts itself again in namespaces of its own, as root or as the root of a user namespace.
Everything that it starts ends with it.
"""

import argparse
import contextlib
import fcntl
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from pki import OTHER_HOST, PINNED_HOST

ADDRESSES = {PINNED_HOST: "127.0.0.2", OTHER_HOST: "127.0.0.3"}
INSIDE = "PINNING_SURVEY_INSIDE"
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def enter():
    """Starts the caller again inside the namespaces; only that second process returns from here."""
    if INSIDE not in os.environ:
        user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", *user, "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child",
                              sys.executable, *sys.argv])
    raise_loopback()


def raise_loopback():
    get_flags, set_flags, set_address, up = 0x8913, 0x8914, 0x8916, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags, = struct.unpack_from("h", fcntl.ioctl(any_socket, get_flags, request), 16)
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", flags | up))
        # One address that is not loopback; without it getaddrinfo with AI_ADDRCONFIG finds nothing.
        address = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton("192.0.2.1"))
        fcntl.ioctl(any_socket, set_address, struct.pack("16s16s", b"lo:1", address))


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def furnish(directory, addresses=None, resolver="127.0.0.1"):
    """Mounts our own hosts, resolv.conf and /dev; /dev has a log that Log reads."""
    addresses = ADDRESSES if addresses is None else addresses
    hosts = directory / "hosts"
    hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in addresses.items()))
    mount("--bind", hosts, "/etc/hosts")
    (directory / "resolv.conf").write_text(f"nameserver {resolver}\noptions timeout:1 attempts:1\n")
    mount("--bind", directory / "resolv.conf", "/etc/resolv.conf")
    (directory / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files dns\n")
    mount("--bind", directory / "nsswitch.conf", "/etc/nsswitch.conf")
    devices = directory / "dev"
    devices.mkdir()
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", devices)
    for name in DEVICES:
        (devices / name).touch()
        mount("--bind", f"/dev/{name}", devices / name)
    (devices / "shm").mkdir()
    (devices / "shm").chmod(0o1777)
    (devices / "pts").mkdir()
    mount("--bind", "/dev/pts", devices / "pts")
    (devices / "ptmx").symlink_to("pts/ptmx")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        (devices / name).symlink_to(f"/proc/self/fd/{number}")
    (devices / "fd").symlink_to("/proc/self/fd")
    mount("--move", devices, "/dev")


def leave():
    """Unmounts all files of the folder, so that it can be removed."""
    for place in ("/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf"):
        subprocess.run(["umount", place], check=False)


class Log:
    """Collects what was sent to syslog, line by line."""

    def __init__(self):
        self.lines, self.lock = [], threading.Lock()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            line = self.socket.recv(65536).decode(errors="replace")
            with self.lock:
                self.lines.append(line)

    def take(self):
        """All lines since the last call. A datagram that was sent has arrived, but may not have been read yet."""
        mark = f"mark-{os.urandom(8).hex()}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
            own.sendto(mark.encode(), "/dev/log")
        while True:
            with self.lock:
                if self.lines and self.lines[-1] == mark:
                    lines, self.lines = self.lines[:-1], []
                    return lines
            threading.Event().wait(0.002)


def options():
    """Parses the command line of a script that tries both ways."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", type=pathlib.Path, required=True)
    parser.add_argument("--preload", type=pathlib.Path, required=True)
    parser.add_argument("--certificates", type=pathlib.Path)
    return parser.parse_args()


@contextlib.contextmanager
def folder():
    """A new folder that every user may enter, named after the script."""
    with tempfile.TemporaryDirectory(prefix=f"pinning-{pathlib.Path(sys.argv[0]).stem}-") as name:
        directory = pathlib.Path(name)
        directory.chmod(0o755)
        yield directory
