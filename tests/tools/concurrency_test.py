# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Many writers at once: no change is lost, and readers never see half of one."""

import os
import subprocess

from pinctl_case import PINCTL, PinctlCase, main

WRITERS = 40


def pin(number):
    """A different valid digest for each number."""
    return f"{number:064x}"


class Concurrency(PinctlCase):
    def start(self, *words):
        return subprocess.Popen([PINCTL, *words], env=self.environment(), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def finish(self, running):
        for process in running:
            _, errors = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, errors)

    def test_different_hosts(self):
        self.finish([self.start("add", f"h{i}.example.com", pin(i)) for i in range(WRITERS)])
        self.assertEqual(set(self.hosts()), {f"h{i}.example.com" for i in range(WRITERS)})

    def test_one_host(self):
        self.finish([self.start("add", "x.org", pin(i)) for i in range(WRITERS)])
        self.assertEqual(len(self.hosts()["x.org"]["pins"]), WRITERS)

    def test_adding_and_removing_while_reading(self):
        self.pinctl("add", "x.org", pin(999), *[pin(i) for i in range(WRITERS)])
        running = [self.start("remove", "x.org", pin(i)) for i in range(WRITERS)]
        running += [self.start("add", "x.org", pin(1000 + i)) for i in range(WRITERS)]
        running += [self.start("check", self.policy) for _ in range(WRITERS)]
        self.finish(running)
        self.assertEqual(len(self.hosts()["x.org"]["pins"]), 1 + WRITERS)

    def test_nothing_is_left_behind(self):
        self.finish([self.start("add", f"h{i % 5}.org", pin(i)) for i in range(WRITERS)])
        self.assertEqual(sorted(os.listdir(self.dropins)), [f"host-h{i}.org.cfg" for i in range(5)])


if __name__ == "__main__":
    main()
