#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Two programs that start at once under one policy never get half an openssl.cnf, which would enforce nothing."""

import concurrent.futures
import pathlib
import sys
import tempfile
import threading
import unittest
from unittest import mock

sys.dont_write_bytecode = True
import enforcement


def write_slowly(path, text):
    """Writes as pathlib does, which empties the file first, but waits in between."""
    with open(path, "w", encoding="utf-8") as file:
        threading.Event().wait(0.2)
        file.write(text)


class Configuration(unittest.TestCase):
    def test_two_at_once(self):
        with tempfile.TemporaryDirectory() as name:
            provider = enforcement.Provider("/pinning.so", name)
            whole = enforcement.openssl_conf("/pinning.so", pathlib.Path(name) / "policy.cfg")

            def configuration(delay):
                threading.Event().wait(delay)
                path = provider.environment(pathlib.Path(name) / "policy.cfg")["OPENSSL_CONF"]
                return pathlib.Path(path).read_text(encoding="utf-8")
            with mock.patch.object(pathlib.Path, "write_text", write_slowly), concurrent.futures.ThreadPoolExecutor() as pool:
                self.assertEqual(list(pool.map(configuration, (0, 0, 0.1))), [whole] * 3)


if __name__ == "__main__":
    unittest.main()
