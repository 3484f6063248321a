# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The pinning authors
"""How a program comes under a policy, and what the log then says of it."""

import os
import pathlib
import re
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from openssl_conf import openssl_conf  # noqa: E402

# Debian's directories and no others: a python3 or a curl of somebody's own is not what is tested.
PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"


class Nothing:
    """Without us: what the other ways are compared with."""

    name = "none"

    def environment(self, _policy):
        return {}


class Provider:
    """Through the OpenSSL configuration alone."""

    name = "provider"

    def __init__(self, module, directory):
        self.module, self.directory = module, pathlib.Path(directory)

    def environment(self, policy):
        config = self.directory / f"{policy.stem}.cnf"
        if not config.exists():
            # At once, for another run may be looking for it: with half of it OpenSSL goes on without us, and says nothing.
            new = config.with_name(f"{config.name}.{threading.get_ident()}")
            new.write_text(openssl_conf(self.module, policy))
            new.replace(config)
        return {"OPENSSL_CONF": str(config)}


class Shim:
    """Through the preloaded library alone; OpenSSL keeps the system's configuration."""

    name = "shim"

    def __init__(self, library):
        self.library = library

    def environment(self, policy):
        return {"LD_PRELOAD": str(self.library), "PINNING_POLICY": str(policy)}


def environment(enforcement, policy, with_log, runtime=None):
    """
    The whole environment of a program: nothing of the caller's own gets in. Libraries of ours that were built with a
    sanitizer need its run time to be there first, in a program that was not.
    """
    result = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    if with_log:
        result["PINNING_DEBUG"] = "1"
    result |= enforcement.environment(policy)
    if runtime:
        result["LD_PRELOAD"] = f"{runtime} {result.get('LD_PRELOAD', '')}".strip()
        # The programs leave much behind when they end, which is theirs; a thread that another forked from is as well.
        result |= {"ASAN_OPTIONS": "detect_leaks=0", "TSAN_OPTIONS": "die_after_fork=0"}
    return result


def log_lines(output):
    """
    The verdicts that were logged, each as a dictionary of its key=value pairs. The report also stands in what
    the program itself says, but there it does not begin the line.
    """
    pairs = re.compile(r'(\w+)=("[^"]*"|\S*)')
    return [dict((key, value.strip('"')) for key, value in pairs.findall(line))
            for line in output.splitlines() if line.startswith("verdict=")]
