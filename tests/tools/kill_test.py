# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""kill -9 at random moments of many writers: no file is ever torn, and no change that was completed is lost.

PINNING_KILL_OPERATIONS says how many pinctl are started (default 200), PINNING_KILL_SEED repeats a run."""

import os
import random
import signal
import struct
import subprocess
import threading
import time

from pinctl_case import PINCTL, PinctlCase, main

OPERATIONS = int(os.environ.get("PINNING_KILL_OPERATIONS", "200"))
SEED = int(os.environ.get("PINNING_KILL_SEED", random.randrange(1 << 32)))
WRITERS = 4
HOSTS = 6  # of each writer
PRESENT, ABSENT, UNKNOWN = "present", "absent", "unknown"


def pin(number):
    return f"{number:064x}"


class Writer(threading.Thread):
    """Adds and removes hosts of its own, and knows of each whether it has to be there."""

    def __init__(self, case, number):
        super().__init__()
        self.environment = case.environment(TMPDIR=case.temporary)
        self.random = random.Random(SEED * WRITERS + number)
        self.hosts = {f"h{i}.w{number}.example": ABSENT for i in range(HOSTS)}
        self.pins = number * 1000000
        self.usual = 0.05  # seconds that one takes
        self.killed = self.completed = 0
        self.surprises = []

    def run(self):
        for _ in range(OPERATIONS // WRITERS):
            self.step()

    def start_and_perhaps_kill(self, words):
        """The exit status, and what it said."""
        began = time.monotonic()
        process = subprocess.Popen([PINCTL, *words], env=self.environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
        killer = threading.Timer(self.random.uniform(0, 1.5 * self.usual), process.kill)
        if self.random.random() < 0.7:
            killer.start()
        _, errors = process.communicate(timeout=120)
        killer.cancel()
        if process.returncode == 0:
            self.usual = 0.9 * self.usual + 0.1 * (time.monotonic() - began)
        return process.returncode, errors

    def step(self):
        host = self.random.choice(list(self.hosts))
        before = self.hosts[host]
        kind = self.random.choice(("add", "add", "remove", "compile"))
        self.pins += 1
        status, errors = self.start_and_perhaps_kill(
            {"add": ("add", host, pin(self.pins)), "remove": ("remove", host), "compile": ("compile",)}[kind])
        self.killed += status == -signal.SIGKILL
        self.completed += status == 0
        expected = [0, -signal.SIGKILL]
        if kind == "remove" and before != PRESENT:
            expected.append(3)  # there is none
        if status not in expected:
            self.surprises.append((kind, host, before, status, errors))
        if kind == "compile":
            return
        settled = {"add": {0: PRESENT}, "remove": {0: ABSENT, 3: ABSENT}}[kind].get(status)
        # One that was killed may have come to its end or not; what it was to bring about may have been so before.
        if settled is None:
            settled = before if before == {"add": PRESENT, "remove": ABSENT}[kind] else UNKNOWN
        self.hosts[host] = settled


class Reader(threading.Thread):
    """Looks at the policy all the time, like the processes of a system."""

    def __init__(self, case):
        super().__init__()
        self.case = case
        self.stop = threading.Event()
        self.looks = 0
        self.torn = []

    def run(self):
        while not self.stop.is_set():
            self.look_at_form()
            done = subprocess.run([PINCTL, "check"], env=self.case.environment(), capture_output=True, text=True,
                                  check=False, timeout=120)
            # A policy that changes at every one of its attempts to list it is no torn one.
            if done.returncode != 0 and "while it was" not in done.stdout + done.stderr:
                self.torn.append(done.stdout + done.stderr)
            self.looks += 1

    def look_at_form(self):
        """Opened or absent; of the bytes that were opened every one is there."""
        try:
            with open(self.case.form, "rb") as file:
                image = file.read()
        except FileNotFoundError:
            return
        if len(image) < 24 or image[:8] != b"PINIMAGE" or struct.unpack_from("=Q", image, 16)[0] != len(image):
            self.torn.append(f"{self.case.form}: {len(image)} bytes: {image[:24]!r}")


class Kill(PinctlCase):
    def setUp(self):
        super().setUp()
        self.form = os.path.join(self.folder, "policy.db")
        self.temporary = os.path.join(self.folder, "temporary")
        os.mkdir(self.temporary)
        self.write_policy(f'version = 1;\nhosts = ( {{ name = "own.example"; pins = [ "{pin(1)}" ]; }} );\n')

    def compiled_state(self):
        return self.json("status", status=None, environment={"OPENSSL_CONF": "/nonexistent"})["policy"]["compiled"]["state"]

    def run_all(self):
        writers = [Writer(self, number) for number in range(WRITERS)]
        reader = Reader(self)
        for thread in (*writers, reader):
            thread.start()
        for writer in writers:
            writer.join()
        reader.stop.set()
        reader.join()
        self.assertEqual(reader.torn, [])
        self.assertGreater(reader.looks, 0)
        return writers

    def check_hosts(self, writers):
        self.pinctl("check")
        present = set(self.hosts())
        self.assertIn("own.example", present)
        for writer in writers:
            for host, state in writer.hosts.items():
                if state != UNKNOWN:
                    self.assertEqual(host in present, state == PRESENT, host)

    def test_kill(self):
        print(f"seed {SEED}, {OPERATIONS} operations", flush=True)
        writers = self.run_all()
        self.assertEqual([surprise for writer in writers for surprise in writer.surprises], [])
        killed, completed = (sum(getattr(writer, name) for writer in writers) for name in ("killed", "completed"))
        print(f"{killed} killed, {completed} completed")
        self.assertGreater(killed, OPERATIONS / 10)
        self.assertGreater(completed, OPERATIONS / 10)
        self.assertIn(self.compiled_state(), ("absent", "stale", "current"))
        self.check_hosts(writers)
        # Nobody holds the lock, and the next change clears away what was left.
        done = self.pinctl("add", "end.example", pin(2))
        self.assertNotIn("waiting", done.stderr)
        self.assertEqual(self.compiled_state(), "current")
        self.check_hosts(writers)
        left = [name for name in self.listed() + os.listdir(self.dropins)
                if not name.endswith(".cfg") and name not in (".pinctl.lock", "policy.d", "policy.db", "temporary")]
        self.assertEqual(left, [])


if __name__ == "__main__":
    main()
