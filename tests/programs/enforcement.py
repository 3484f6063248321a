# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""Puts a program under a policy, and reads what the log says of the program."""

import os
import pathlib
import re
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from openssl_conf import openssl_conf  # noqa: E402

# Only Debian's directories: a user's own python3 or curl is not what is tested.
PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


class Nothing:
    """Without pinning, for comparison with the other ways."""

    name = "none"

    def environment(self, _policy):
        return {}


class Provider:
    """Only through the OpenSSL configuration."""

    name = "provider"

    def __init__(self, module, directory):
        self.module, self.directory = module, pathlib.Path(directory)

    def environment(self, policy):
        config = self.directory / f"{policy.stem}.cnf"
        if not config.exists():
            # In one step, because another run may read it: given half a file, OpenSSL continues without us and says nothing.
            new = config.with_name(f"{config.name}.{threading.get_ident()}")
            new.write_text(openssl_conf(self.module, policy))
            new.replace(config)
        return {"OPENSSL_CONF": str(config)}


class Shim:
    """Only through the preloaded library; OpenSSL keeps the system's configuration."""

    name = "shim"

    def __init__(self, library):
        self.library = library

    def environment(self, policy):
        return {"LD_PRELOAD": str(self.library), "PINNING_POLICY": str(policy)}


def environment(enforcement, policy, with_log, runtime=None):
    """
    The whole environment of a program, with nothing of the caller's. If our libraries were built with a sanitizer but the
    program was not, the sanitizer's run time has to be loaded first.
    """
    result = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    if with_log:
        result["PINNING_DEBUG"] = "1"
    result |= enforcement.environment(policy)
    if runtime:
        result["LD_PRELOAD"] = f"{runtime} {result.get('LD_PRELOAD', '')}".strip()
        # The programs leak at exit, which is not our fault; so is a thread that another one forked from.
        result |= {"ASAN_OPTIONS": "detect_leaks=0", "TSAN_OPTIONS": "die_after_fork=0"}
    return result


def log_lines(output):
    """
    The verdicts in the log, each as a dictionary of its key=value pairs. The program's own messages contain the report too,
    but not at the beginning of a line.
    """
    pairs = re.compile(r'(\w+)=("[^"]*"|\S*)')
    return [dict((key, value.strip('"')) for key, value in pairs.findall(line))
            for line in output.splitlines() if line.startswith("verdict=")]
